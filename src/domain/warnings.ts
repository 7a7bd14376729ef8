/** What is worth knowing about rows that are sent all the same: counted by code and column, never with a value. */

/** The codes are part of the JSON output: add, never rename. */
export const WARNINGS = {
  not_string: 'not a text, sent as it stands',
  not_number: 'not a number, sent as text',
  not_boolean: 'not a boolean, sent as text',
  not_json: 'not JSON, sent as text',
  milliseconds: 'milliseconds, sent as seconds',
  microseconds: 'microseconds, sent as seconds',
  nanoseconds: 'nanoseconds, sent as seconds',
  repeated_hour:
    'a time that a clock change repeats, taken for its first occurrence: write it with an offset if it is the second',
  unended_line: 'the last line has no line end: it may have been cut off',
  held_back: 'the last line is not whole yet: it is left for the next run of the same command',
  unknown_field: 'no field of an event, not sent',
} as const satisfies Record<string, string>;

export type WarningCode = keyof typeof WARNINGS;

export interface Warning {
  readonly code: WarningCode;
  /** The column, or the field of a JSON row; null for the rest, once there are too many to list. */
  readonly column: string | null;
  /** Rows, or values where a row has several. */
  readonly count: number;
}

/** Fields of JSON rows have any names: what comes after this many different warnings is counted by its code alone. */
const LISTED_MAX = 100;

export interface WarningCounts {
  add(code: WarningCode, column: string | null, count: number): void;
  list(): readonly Warning[];
  clear(): void;
}

export function createWarningCounts(): WarningCounts {
  const byCode = new Map<WarningCode, Map<string | null, number>>();
  let listed = 0;
  return {
    add(code, column, count) {
      let columns = byCode.get(code);
      if (columns === undefined) byCode.set(code, (columns = new Map()));
      const before = columns.get(column);
      if (before !== undefined) columns.set(column, before + count);
      else if (listed < LISTED_MAX && column !== null) {
        listed += 1;
        columns.set(column, count);
      } else columns.set(null, (columns.get(null) ?? 0) + count);
    },
    list: () =>
      [...byCode].flatMap(([code, columns]) => [...columns].map(([column, count]) => ({ code, column, count }))),
    clear() {
      if (byCode.size === 0) return;
      byCode.clear();
      listed = 0;
    },
  };
}
