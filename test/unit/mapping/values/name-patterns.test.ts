import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNamePatterns, placeOf, snakeCase } from '../../../../src/mapping/values/name-patterns.ts';

const free = (): boolean => false;

describe('a pattern of names', () => {
  it.for([
    ['tag (metadata)', '* (metadata)', 'tag'],
    ['Birthday (customer.metafields.facts.birth_date)', '* (customer.metafields.*)', 'facts.birth_date)'],
    ['properties.$os', 'properties.$*', 'os'],
    ['properties.plan', 'properties.*', 'plan'],
    ['two\nlines', '*', 'two\nlines'],
    ['context_', 'context_*', ''],
  ])('%j goes with %j', ([name = '', pattern, captured]) => {
    const best = createNamePatterns([
      '*',
      'properties.*',
      '* (metadata)',
      'context_*',
      'properties.$*',
      '* (customer.metafields.*)',
    ]);
    expect(best(name)).toEqual({
      pattern,
      captured: pattern?.includes('metafields') === true ? 'facts.birth_date' : captured,
    });
  });

  it('has nothing to say of other names, whatever letters it is made of', () => {
    const best = createNamePatterns(['a.b*', '(x)*[y]', String.raw`\d*`]);
    for (const name of ['a.', 'aXb', '(x)[z]', '7', '']) expect(best(name)).toBeNull();
    expect(best('(x)1[y]')?.captured).toBe('1');
    expect(best(String.raw`\d7`)?.captured).toBe('7');
  });

  it('with one star fits what begins and ends as it does', () => {
    assert(
      property(string(), string(), string(), (before, middle, after) => {
        if ((before + after).includes('*')) return;
        expect(createNamePatterns([`${before}*${after}`])(before + middle + after)).not.toBeNull();
      }),
    );
  });
});

describe('the place of a column that fits a pattern', () => {
  it('is what the star stands for, in snake case where that is asked for', () => {
    expect(placeOf({ to: ['meta', '*'], isSnake: false }, 'x Big Plan', 'Big Plan', free)).toEqual([
      'meta',
      'Big Plan',
    ]);
    expect(placeOf({ to: ['*'], isSnake: true }, 'Big Plan', 'Big Plan', free)).toEqual(['big_plan']);
    expect(placeOf({ to: ['a_*'], isSnake: false }, 'x', '$&', free)).toEqual(['a_$&']);
  });

  it('is another one when that is taken', () => {
    const taken = new Set(['name', 'name_metadata']);
    const isTaken = ([name = '']: readonly string[]): boolean => taken.has(name);
    expect(placeOf({ to: ['*'], isSnake: false }, 'name (metadata)', 'name', isTaken)).toEqual(['name_metadata_2']);
  });
});

describe('snake case', () => {
  it.for([
    ['First Name', 'first_name'],
    ['Which letters would you like to get?\n(choose any)', 'which_letters_would_you_like_to_get'],
    ['createdAt', 'created_at'],
    ['Größe in m²', 'größe_in_m²'],
    ['  ', ''],
    ['???', ''],
    ['a__b--c', 'a_b_c'],
  ])('of %j is %j', ([text = '', name]) => expect(snakeCase(text)).toBe(name));

  it('ends with a whole word, in at most 100 bytes', () => {
    const name = snakeCase('wörter '.repeat(50));
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(100);
    expect(name).toMatch(/^(wörter_)*wörter$/);
    expect(snakeCase('x'.repeat(200))).toBe('');
  });
});
