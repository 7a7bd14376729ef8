/** What is known of a record before it is parsed. The first three are readable, the others are faults. */
export const SHAPE = {
  plain: 0,
  /** Has a quote somewhere, none of them doubled. */
  quoted: 1,
  /** Has doubled quotes inside a quoted cell. */
  escaped: 2,
  unclosedQuote: 3,
  strayQuote: 4,
  tooLong: 5,
} as const;

/** Where the records of a buffer lie: a struct of arrays, filled anew by every call of a splitter. */
export interface Extents {
  count: number;
  /** First byte of each record. */
  readonly starts: Uint32Array;
  /** Byte after each record, its line terminator excluded. */
  readonly ends: Uint32Array;
  /** Physical lines between the start of the buffer and each record. */
  readonly lines: Uint32Array;
  /** One of SHAPE for each record. */
  readonly shapes: Uint8Array;
  /** Bytes up to the end of the last record taken, with its terminator and the blank lines passed over. */
  consumed: number;
  consumedLines: number;
  /** The record at `consumed` has no end within the limit. */
  oversize: boolean;
  /** No cell has a character that JSON escapes; false as well where nobody has looked. */
  isPlain: boolean;
  /** The JSON array ended; `consumed` stands before its bracket. */
  closed: boolean;
}

/**
 * Finds the records of `buffer` from byte 0 on, until the limits of a block are reached. A record whose end is not in the
 * buffer is left for the next call, unless `isFinal` says that nothing follows.
 */
export type Splitter = (buffer: Uint8Array, isFinal: boolean) => Extents;

export function createExtents(rowsMax: number): Extents {
  return {
    count: 0,
    starts: new Uint32Array(rowsMax),
    ends: new Uint32Array(rowsMax),
    lines: new Uint32Array(rowsMax),
    shapes: new Uint8Array(rowsMax),
    consumed: 0,
    consumedLines: 0,
    oversize: false,
    isPlain: false,
    closed: false,
  };
}

export function resetExtents(extents: Extents): void {
  extents.count = 0;
  extents.consumed = 0;
  extents.consumedLines = 0;
  extents.oversize = false;
  extents.isPlain = false;
  extents.closed = false;
}

// oxlint-disable-next-line max-params -- once per record
export function addRecord(extents: Extents, start: number, end: number, line: number, shape: number): void {
  const index = extents.count;
  extents.starts[index] = start;
  extents.ends[index] = end;
  extents.lines[index] = line;
  extents.shapes[index] = shape;
  extents.count = index + 1;
}
