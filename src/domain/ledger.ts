import type { Position } from './chunk.ts';
import type { Tally, UndeliveredState } from './outcome.ts';

/** Row numbers as ascending, separate ranges: `[first, last]`, both included. */
export type RowRanges = readonly (readonly [number, number])[];

/** A row that did not arrive, with what is needed to send it again when its file is gone. */
export interface UndeliveredRow {
  readonly row: number;
  /** Physical line in the source on which the row begins; 0 when it has none. */
  readonly line: number;
  readonly state: UndeliveredState;
  readonly code: string;
  /** One sentence without any value of the row. */
  readonly reason: string;
  readonly column: number | null;
  readonly field: string | null;
  /** Exact person strings, as `personsOf` gives them; empty when the row has none. */
  readonly persons: readonly string[];
  /** The serialised operation with its ULID; null when it could not be made. */
  readonly payload: Uint8Array | null;
  /** Method and path, when it goes as a request of its own: `POST /api/v1/...`. */
  readonly single: string | null;
  /** The row as it stands in the source, byte for byte, without its line end. */
  readonly record: string;
}

/** A batch of which (some) rows are settled. */
export interface SettledRows {
  /** Its intent ends with this; undefined when the rows never had one. */
  readonly batch: number | undefined;
  readonly rows: RowRanges;
  readonly delivered: number;
  /** Rows that were left out and are counted now: see `PreparedChunk.unchanged`. */
  readonly skipped?: number;
  readonly undelivered: readonly UndeliveredRow[];
  /** Rows of the batch that stay in doubt (stopped half-way through halving it). */
  readonly inDoubt: RowRanges;
}

/** Rows up to here are settled without a gap. Rows that needed no request are counted now, exactly once. */
export interface Passed {
  readonly position: Position;
  /** Without those that were counted before. */
  readonly skipped: number;
  readonly invalid: readonly UndeliveredRow[];
  /** The place before the last row, when that has no line end: see `RowBlock.unended`. */
  readonly unended?: Position | undefined;
}

/** Everything that moves in one transaction: what is counted and what it counts. */
export interface Change {
  /** Batches about to be sent: committed before their first byte leaves. */
  readonly intents: readonly { readonly batch: number; readonly rows: RowRanges }[];
  /** Intents whose batch was never sent. */
  readonly withdrawn: readonly number[];
  readonly settled: readonly SettledRows[];
  readonly passed: Passed | undefined;
  /** End of the furthest chunk with a row that an intent or a settlement names, when it has moved. */
  readonly reach?: Position | undefined;
  /** Rows read so far by the run as a whole, for `status`. */
  readonly rowsRead: number;
}

/** What a run finds when it starts: nothing, or the state in which an earlier process left it. */
export interface LedgerState {
  readonly tally: Tally;
  readonly checkpoint: Position | null;
  /** Rows beyond the checkpoint that are settled. */
  readonly settled: RowRanges;
  /** Rows beyond the checkpoint with an intent and no settlement. */
  readonly inDoubt: RowRanges;
  /** Persons with a failed row: their later rows stay behind it. */
  readonly failedPersons: readonly string[];
  readonly nextBatch: number;
}

/** The journal as one run sees it. */
export interface Ledger {
  state(): LedgerState;
  /** All or nothing, durable when it returns. Throws CioBulkError('journal_unwritable') when it cannot. */
  commit(change: Change): void;
  tally(): Tally;
  /** Marks the run finished: the source was read to its end and every row is settled. */
  finish(): void;
}
