import { describe, expect, it } from 'vitest';
import type { MadeRow } from '../../support/chunks.ts';
import { windowChunkOf } from '../../support/chunks.ts';
import { personsOf } from '../../../src/domain/person.ts';
import { createHeldPersons } from '../../../src/pipeline/held.ts';
import { createLinks } from '../../../src/pipeline/links.ts';

function rowOf(operation: object): MadeRow {
  const body = JSON.stringify({ type: 'person', ...operation });
  return { body, persons: personsOf(body) };
}

const identify = (identifiers: object, attributes: object = {}): MadeRow =>
  rowOf({ action: 'identify', identifiers, attributes });

describe('rows behind a failed one', () => {
  it.each([
    ['a third identifier', identify({ cio_id: 'a1' }, { id: '7', email: 'a@b.c' }), identify({ email: 'A@b.c' })],
    [
      'an e-mail that the failed row sets',
      identify({ email: 'old@b.c' }, { email: 'new@b.c' }),
      identify({ email: 'new@b.c' }),
    ],
    ['a number that the failed row sets as id', identify({ email: 'a@b.c' }, { id: 7 }), identify({ id: '7' })],
    [
      'either side of a merge',
      rowOf({ action: 'merge', primary: { id: '7' }, secondary: { email: 'a@b.c' } }),
      identify({ email: 'a@b.c' }),
    ],
    [
      'an anonymous id',
      identify({ id: '7' }, { email: 'a@b.c', phone: '+49', anonymous_id: 'x' }),
      rowOf({ action: 'event', name: 'e', identifiers: { anonymous_id: 'x' } }),
    ],
  ])('are held when they are addressed by %s', (_, failed, later) => {
    const held = createHeldPersons([], createLinks());
    const chunk = windowChunkOf(0, [failed, later, identify({ id: 'somebody else' })]);
    held.add(chunk, 0);
    expect([held.has(chunk, 1), held.has(chunk, 2)]).toEqual([true, false]);
    // Another process knows them from the journal.
    const [known, sent] = [createHeldPersons(failed.persons, createLinks()), windowChunkOf(10, [later])];
    expect(known.has(sent, 0)).toBe(true);
  });
});
