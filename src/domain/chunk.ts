/**
 * What flows from reading to sending: chunks of some hundred rows, never single rows. A chunk is a struct of arrays,
 * so that it crosses a thread boundary by transferring a few buffers and costs the collector almost nothing.
 */

import type { Warning } from './warnings.ts';

/** Between two operations, in a chunk as in a request. */
export const COMMA = 0x2c;

/**
 * A place between two rows of a source. `offset` counts bytes of the source's UTF-8 text: what is left after
 * decompressing and transcoding, which for a plain UTF-8 file is the file itself, byte order mark included.
 */
export interface Position {
  /** Data rows before this place (the header is no row; a blank line is none). */
  readonly row: number;
  /** Physical lines before this place, header included. */
  readonly line: number;
  /** Bytes before this place. */
  readonly offset: number;
  /** Lower-case hex SHA-256 of those bytes. */
  readonly hash: string;
}

/** Why a row can never be sent. The text codes are part of the JSON and failures output: add, never rename. */
export type InvalidCode =
  | 'cut_off' // the last row has no line end, and may name somebody else than it should: not deleted, not suppressed
  | 'unparsable' // not CSV or JSON: unclosed quote, bad JSON, bad UTF-8, cut off at the end
  | 'wrong_cell_count'
  | 'no_identifier'
  | 'no_event_name'
  | 'bad_identifier'
  | 'bad_operation' // an NDJSON operation that the API has no action for, or that lacks a required field
  | 'bad_timestamp'
  | 'bad_value' // the mapping demands a type which this cell is not
  | 'too_long' // over one of the byte limits
  | 'too_many'; // over a count limit (300 attributes)

/** Why a row was left out on purpose. */
export type SkipCode =
  | 'skip_option' // --skip
  | 'duplicate_event' // equal in every respect to an event just before
  | 'header_again' // a row that is exactly the header: files joined end to end
  | 'skip_rows' // by a value, as the mapping file says
  | 'unchanged' // an identify equal to the same person's previous one
  | 'recent' // --skip-recent
  | 'sent_before'; // not one of the recent events that --skip-recent had left out

/** A row of a chunk that is settled before sending: it can never be sent. */
export interface InvalidRow {
  /** Index of the row in its chunk: 0 is the chunk's first row. */
  readonly index: number;
  readonly code: InvalidCode;
  /** One sentence for people: names column, lengths and limits, never a value. */
  readonly message: string;
  /** 1-based column (CSV), when one cell is at fault. */
  readonly column?: number;
  /** Name of the column or JSON path at fault. */
  readonly field?: string;
}

/** A request of its own, for an operation that does not travel in a v2 batch. */
export interface SingleRequest {
  readonly method: 'PUT' | 'POST' | 'DELETE';
  /** Path with its `/api/...` prefix, already percent-encoded. */
  readonly path: string;
}

/** The operations of a chunk, side by side in one buffer. The functions below read and write this layout. */
export interface PackedOperations {
  readonly count: number;
  /** Index of each operation's row in the chunk, ascending. */
  readonly rows: Uint32Array;
  /**
   * For keeping order: hashes of every identifier that an operation names (its person, an e-mail that it sets, both sides of
   * a merge), never 0. Two persons may share a hash: they then merely share a lane.
   */
  readonly keys: Int32Array;
  /** End of each operation's keys in `keys`: those of operation i are `keys[i ? keyEnds[i-1] : 0 .. keyEnds[i]]`. */
  readonly keyEnds: Uint32Array;
  /** By which kinds of identifiers the operations address people and objects: see `kinds.ts`. */
  readonly kinds: number;
  /** End of each operation in `body`. Operation i is `body[i ? ends[i-1]+1 : 0 .. ends[i]]`: one comma lies between two. */
  readonly ends: Uint32Array;
  /** UTF-8 JSON of the operations as they are sent, joined by commas; for a single it is that request's body (may be empty). */
  readonly body: Uint8Array;
  /** Operations (by index) that go as requests of their own. */
  readonly singles: ReadonlyMap<number, SingleRequest>;
  /** Operations (by index) that must not be sent without a decision: recent events while nobody chose. */
  readonly guarded: ReadonlySet<number>;
  /** The name by which each is kept in order, where that is not the persons in its bytes. Its hash is then its only key. */
  readonly orderingKeys?: readonly string[];
}

export interface PreparedChunk {
  readonly start: Position;
  readonly end: Position;
  /** Rows read in this chunk = operations + invalid + skipped. */
  readonly rows: number;
  readonly operations: PackedOperations;
  readonly invalid: readonly InvalidRow[];
  /** Rows left out on purpose, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipCode, number>>>;
  /**
   * Indexes of the rows that were left out as unchanged; absent when there are none. Whoever reads them again knows no longer what they
   * repeat, and must not send them after newer rows of their person.
   */
  readonly unchanged?: readonly number[];
  /** The source text of the chunk, `start.offset` to `end.offset`: record i is found again by `recordsOf`. */
  readonly raw: Uint8Array;
  /** See `RowBlock.unended`. */
  readonly unended?: Position;
  /** Cells that did not fit their column's type and stayed strings, milliseconds converted, and the like. */
  readonly warnings: readonly Warning[];
}

/** The first byte of operation `index` in `body`. */
export function operationStart({ ends }: Pick<PackedOperations, 'ends'>, index: number): number {
  return index === 0 ? 0 : (ends[index - 1] ?? 0) + 1;
}

/** The byte after its last. */
export function operationEnd({ ends }: Pick<PackedOperations, 'ends'>, index: number): number {
  return ends[index] ?? 0;
}

/** The bytes of operations `from` to `to` (exclusive), with the commas between them: a view, not a copy. */
export function operationBytes(
  operations: Pick<PackedOperations, 'ends' | 'body'>,
  from: number,
  to = from + 1,
): Uint8Array {
  return operations.body.subarray(operationStart(operations, from), operationEnd(operations, to - 1));
}

/** The place in `keys` of the first key of operation `index`. */
export function keysStart({ keyEnds }: Pick<PackedOperations, 'keyEnds'>, index: number): number {
  return index === 0 ? 0 : (keyEnds[index - 1] ?? 0);
}

/** The place after its last key. */
export function keysEnd({ keyEnds }: Pick<PackedOperations, 'keyEnds'>, index: number): number {
  return keyEnds[index] ?? 0;
}

/** An operation that is packed one by one: what comes from rows of a file is packed in bulk, by `mapping/rows/packer.ts`. */
export interface LooseOperation {
  /** Index of its row in the chunk. */
  readonly row: number;
  readonly bytes: Uint8Array;
  readonly keys: readonly number[];
  readonly kinds: number;
  readonly single?: SingleRequest | undefined;
  readonly isGuarded?: boolean;
}

export function packOperations(loose: readonly LooseOperation[]): PackedOperations {
  const count = loose.length;
  const body = new Uint8Array(loose.reduce((sum, { bytes }) => sum + bytes.length, Math.max(0, count - 1)));
  const ends = new Uint32Array(count);
  const keyEnds = new Uint32Array(count);
  const keys: number[] = [];
  const singles = new Map<number, SingleRequest>();
  const guarded = new Set<number>();
  let kinds = 0;
  let end = 0;
  loose.forEach((operation, index) => {
    if (index > 0) body[end++] = COMMA;
    body.set(operation.bytes, end);
    ends[index] = end += operation.bytes.length;
    for (const key of operation.keys) keys.push(key);
    keyEnds[index] = keys.length;
    kinds |= operation.kinds;
    if (operation.single) singles.set(index, operation.single);
    if (operation.isGuarded === true) guarded.add(index);
  });
  return {
    count,
    rows: Uint32Array.from(loose, ({ row }) => row),
    keys: Int32Array.from(keys),
    keyEnds,
    kinds,
    ends,
    body,
    singles,
    guarded,
  };
}

/** A chunk of operations that no source text stands behind. */
export function chunkWithoutText(start: Position, end: Position, operations: PackedOperations): PreparedChunk {
  return {
    start,
    end,
    rows: operations.count,
    operations,
    invalid: [],
    skipped: {},
    raw: new Uint8Array(),
    warnings: [],
  };
}
