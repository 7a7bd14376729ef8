import type { PreparedChunk } from '../domain/chunk.ts';
import type { Courier } from '../domain/courier.ts';
import type { Clock } from '../domain/host.ts';
import type { Ledger, UndeliveredRow } from '../domain/ledger.ts';
import type { HeldPersons } from './held.ts';
import type { RunProgress } from './progress.ts';
import type { RecordFinder } from './undelivered-rows.ts';

/** What a run sends, with what, and whom it tells. */
export interface RunOptions {
  readonly chunks: AsyncIterable<PreparedChunk>;
  /** After the last chunk: whether it was the last of the source, and not the last that a limit allowed. */
  readonly isComplete: () => boolean;
  readonly ledger: Ledger;
  readonly courier: Courier;
  readonly findRecords: RecordFinder;
  readonly clock: Clock;
  /** Requests in flight at most. */
  readonly concurrency: number;
  readonly batchRowsMax: number;
  readonly batchBytesMax: number;
  /** Persons with failed rows, where others than this run also know of some. */
  readonly held?: HeldPersons;
  /** Rows that come as they happen: a batch that is not full leaves when its first row has waited for so long, whatever else comes. */
  readonly lingerMs?: number;
  /** When it aborts, the run takes no more rows, settles what is in flight, and ends. */
  readonly stopping: AbortSignal;
  /** A chunk whose buffers are free to be used again. */
  readonly onSpent?: (chunk: PreparedChunk) => void;
  readonly onUndelivered: (rows: readonly UndeliveredRow[]) => void;
  /** After every commit, for progress and limits. */
  readonly onProgress: (progress: RunProgress) => void;
}
