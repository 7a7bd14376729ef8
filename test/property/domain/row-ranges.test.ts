import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countRows,
  countWithin,
  createRowLookup,
  decodeRanges,
  encodeRanges,
  mergeRanges,
  rangesAfter,
  rangesOf,
  subtractRanges,
} from '../../../src/domain/row-ranges.ts';
import type { RowRanges } from '../../../src/domain/ledger.ts';

const rows = fc.uniqueArray(fc.integer({ min: 1, max: 80 }), { maxLength: 60 });
const members = (ranges: RowRanges): number[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
const ascending = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);

/** Ranges are as few as they can be: ascending, apart, and none next to another. */
function assertTidy(ranges: RowRanges): void {
  ranges.forEach(([first, last], i) => {
    expect(first).toBeLessThanOrEqual(last);
    if (i > 0) expect(first).toBeGreaterThan((ranges[i - 1]?.[1] ?? 0) + 1);
  });
}

describe('row ranges', () => {
  it('hold exactly the rows they were made of, and their text says the same', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const ranges = rangesOf(list);
        assertTidy(ranges);
        expect(members(ranges)).toEqual(ascending(list));
        expect(countRows(ranges)).toBe(list.length);
        expect(decodeRanges(encodeRanges(ranges))).toEqual(ranges);
      }),
    );
  });

  it('merge, subtract and cut as sets do', () => {
    fc.assert(
      fc.property(rows, rows, fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 }), (a, b, row, width) => {
        const [left, right] = [rangesOf(a), rangesOf(b)];
        const merged = mergeRanges([...left, ...right]);
        assertTidy(merged);
        expect(members(merged)).toEqual(ascending([...new Set([...a, ...b])]));
        expect(members(subtractRanges(left, right))).toEqual(ascending(a.filter((one) => !b.includes(one))));
        expect(members(rangesAfter(left, row))).toEqual(ascending(a.filter((one) => one > row)));
        expect(countWithin(left, row, row + width)).toBe(a.filter((one) => one >= row && one <= row + width).length);
      }),
    );
  });

  it('answer for any row, asked in any order', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.integer({ min: 0, max: 90 })), (list, questions) => {
        const has = createRowLookup(rangesOf(list));
        for (const row of questions) expect(has(row)).toBe(list.includes(row));
      }),
    );
  });
});
