import { describe, expect, it } from 'vitest';
import { createRowSkips } from '../../../../src/mapping/rows/skipped-rows.ts';

const skips = (...texts: readonly string[]) => createRowSkips([{ index: 1, name: 'status', texts }]);
const ofJson = (texts: readonly string[], json: Readonly<Record<string, unknown>>) => skips(...texts)?.({ json });

describe('rows that a mapping leaves out', () => {
  it('are those whose text is one of the list, or begins as one that ends in *', () => {
    const isSkipped = skips('gone', '$*');
    expect(isSkipped?.(['7', 'gone'])).toBe(true);
    expect(isSkipped?.(['7', '$identify'])).toBe(true);
    expect(isSkipped?.(['7', 'going'])).toBe(false);
    expect(isSkipped?.(['7', ''])).toBe(false);
    expect(ofJson(['true', '5'], { status: true })).toBe(true);
    expect(ofJson(['true', '5'], { status: 5 })).toBe(true);
    expect(ofJson(['true'], { status: false })).toBe(false);
    expect(createRowSkips([])).toBeNull();
  });

  it('are those without a value, for an empty text', () => {
    expect(skips('')?.(['7', ''])).toBe(true);
    expect(skips('')?.(['7'])).toBe(true);
    for (const json of [{}, { status: null }, { status: '' }]) expect(ofJson([''], json)).toBe(true);
    for (const status of [0, false, {}, ['']]) expect(ofJson([''], { status })).toBe(false);
    expect(ofJson(['gone'], {})).toBe(false);
  });
});
