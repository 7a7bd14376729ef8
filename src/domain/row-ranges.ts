import type { RowRanges } from './ledger.ts';

/** Ranges of single row numbers, given in any order. */
export function rangesOf(rows: readonly number[]): RowRanges {
  const sorted = rows.every((row, i) => i === 0 || row > (rows[i - 1] ?? 0)) ? rows : [...rows].sort((a, b) => a - b);
  return mergeRanges(sorted.map((row) => [row, row] as const));
}

/** One ascending list without overlaps or neighbours. */
export function mergeRanges(ranges: RowRanges): RowRanges {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const open = merged.at(-1);
    if (open && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

export function countRows(ranges: RowRanges): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** What is in `ranges` and not in `without`; both ascending and separate. */
export function subtractRanges(ranges: RowRanges, without: RowRanges): RowRanges {
  const left: (readonly [number, number])[] = [];
  let at = 0;
  for (const [first, last] of ranges) {
    let from = first;
    while (at > 0 && (without[at - 1]?.[1] ?? 0) >= from) at--;
    for (let hole = without[at]; hole !== undefined && hole[0] <= last; hole = without[at]) {
      if (hole[0] > from) left.push([from, hole[0] - 1]);
      from = Math.max(from, hole[1] + 1);
      at++;
    }
    if (from <= last) left.push([from, last]);
  }
  return left;
}

/** The part of the ranges beyond `row`. */
export function rangesAfter(ranges: RowRanges, row: number): RowRanges {
  return ranges.filter(([, last]) => last > row).map(([first, last]) => [Math.max(first, row + 1), last] as const);
}

/** How many rows of the ranges lie between `first` and `last`, both included. */
export function countWithin(ranges: RowRanges, first: number, last: number): number {
  return ranges.reduce((sum, range) => sum + Math.max(0, Math.min(range[1], last) - Math.max(range[0], first) + 1), 0);
}

/** Whether a row lies in the ranges. Asked in ascending order it costs nothing: it remembers where it was. */
export function createRowLookup(ranges: RowRanges): (row: number) => boolean {
  let at = 0;
  return (row) => {
    if (at > 0 && (ranges[at - 1]?.[1] ?? 0) >= row) at = 0;
    for (let range = ranges[at]; range !== undefined && range[1] < row; range = ranges[at]) at++;
    const range = ranges[at];
    return range !== undefined && range[0] <= row;
  };
}

/** Compact text for the journal: `5+3,12` stands for 5 to 7 and 12; each start is written as the step from the end before. */
export function encodeRanges(ranges: RowRanges): string {
  let end = 0;
  return ranges
    .map(([first, last]) => {
      const text = last > first ? `${first - end}+${last - first}` : `${first - end}`;
      end = last;
      return text;
    })
    .join(',');
}

export function decodeRanges(text: string): RowRanges {
  let end = 0;
  if (text === '') return [];
  return text.split(',').map((part) => {
    const [step = '0', length = '0'] = part.split('+');
    const first = end + Number(step);
    end = first + Number(length);
    return [first, end] as const;
  });
}
