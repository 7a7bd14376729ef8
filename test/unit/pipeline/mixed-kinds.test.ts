import { describe, expect, it } from 'vitest';
import { kindsOfSubjects } from '../../../src/domain/kinds.ts';
import { createMixedKinds } from '../../../src/pipeline/mixed-kinds.ts';

const BY_ID = kindsOfSubjects([['id:7']]);
const BY_EMAIL = kindsOfSubjects([['email:a@b.c']]);
const BY_BOTH = kindsOfSubjects([['id:7', 'email:a@b.c']]);

describe('rows that name people by different kinds of identifiers', () => {
  it('go side by side as long as they have a kind in common', () => {
    const { wayOf } = createMixedKinds();
    expect([wayOf(BY_ID, false), wayOf(BY_BOTH, false), wayOf(BY_ID | BY_BOTH, false)]).toEqual([
      'side by side',
      'side by side',
      'side by side',
    ]);
    expect(wayOf(BY_EMAIL, false)).toBe('later');
  });

  it('wait for all that is under way when the kind changes, and go side by side again', () => {
    const { wayOf } = createMixedKinds();
    wayOf(BY_ID, true);
    expect([wayOf(BY_EMAIL, false), wayOf(BY_EMAIL, true), wayOf(BY_EMAIL, false)]).toEqual([
      'later',
      'side by side',
      'side by side',
    ]);
  });

  it('go in one lane where both kinds are in one chunk, until that is long past', () => {
    const { wayOf } = createMixedKinds();
    wayOf(BY_ID, true);
    expect([wayOf(BY_ID | BY_EMAIL, false), wayOf(BY_ID | BY_EMAIL, true), wayOf(BY_ID | BY_EMAIL, false)]).toEqual([
      'later',
      'in one lane',
      'in one lane',
    ]);
    const ways = Array.from({ length: 20 }, () => wayOf(BY_ID, false));
    expect([ways[0], ways.at(-1)]).toEqual(['in one lane', 'later']);
    expect(wayOf(BY_ID, true)).toBe('side by side');
  });

  it('are told apart by person: the two of a merge have no kind in common, and an anonymous event is of nobody yet', () => {
    const merge = kindsOfSubjects([['id:7'], ['email:a@b.c']]);
    expect(createMixedKinds().wayOf(merge, true)).toBe('in one lane');
    expect(createMixedKinds().wayOf(BY_ID | kindsOfSubjects([['anonymous_id:x']]), true)).toBe('side by side');
    expect(createMixedKinds().wayOf(kindsOfSubjects([['object:1:acme'], ['cio_object_id:o1']]), true)).toBe(
      'in one lane',
    );
  });
});
