import type { Position, PreparedChunk } from '../domain/chunk.ts';
import { packOperations } from '../domain/chunk.ts';
import type { Clock } from '../domain/host.ts';
import type { Change, Ledger, Passed, RowRanges, UndeliveredRow } from '../domain/ledger.ts';
import type { Undelivered } from '../domain/outcome.ts';
import { mergeRanges, rangesOf } from '../domain/row-ranges.ts';
import { eachOperation, rowNumber, type Batch, type WindowChunk } from './batch.ts';
import { createCommitGroup } from './commit-group.ts';
import type { Delivery } from './deliver.ts';
import type { Links } from './links.ts';
import { createUndelivered, type RecordFinder } from './undelivered-rows.ts';
import type { Window } from './window.ts';

const NO_BYTES = new Uint8Array();
const NO_OPERATIONS = packOperations([]);

export interface SettlingOptions {
  readonly ledger: Ledger;
  readonly window: Window;
  readonly findRecords: RecordFinder;
  readonly links: Links;
  readonly clock: Clock;
  /** Rows read by the run that never enter the window: mostly those before the checkpoint at which this process began. */
  readonly rowsBefore: () => number;
  /** After a commit: these rows are undelivered, durably. */
  readonly onUndelivered: (rows: readonly UndeliveredRow[]) => void;
  /** A chunk whose buffers nobody needs any more. */
  readonly onSpent?: ((chunk: PreparedChunk) => void) | undefined;
  /** The checkpoint has moved, durably. */
  readonly onPassed: (position: Position) => void;
  readonly onCommit: () => void;
  /** A commit outside of any caller failed. */
  readonly onError: (error: unknown) => void;
}

/**
 * Where rows end. A row of a batch is *intended*, then sent, then *settled* with its outcome, or stays in doubt when the run stopped
 * before there was an answer. A row that must not be sent is settled without having been intended. The last row of a chunk takes the
 * chunk's buffers with it, and the checkpoint moves when no chunk in front of it is open (`window.ts`).
 */
export interface Settling {
  /** Resolves when the intent is on disk: only then may the batch's first byte leave. */
  intend(batch: Batch): Promise<void>;
  /** Intended, but never sent. */
  withdraw(batch: Batch): void;
  settle(batch: Batch, delivery: Delivery): void;
  /** One row that is settled without having been sent. */
  setAside(chunk: WindowChunk, index: number, outcome: Undelivered): void;
  /** Unchanged rows of a chunk that has come in: settled before any later row is sent, so that nobody sends them behind it. */
  leaveOut(chunk: WindowChunk): void;
  /** One row that an earlier process has settled. */
  skipSettled(chunk: WindowChunk): void;
  /** A chunk came in that needs no request. */
  commitSoon(): void;
  /** Commits what waits, now. */
  flush(): void;
}

export function createSettling(options: SettlingOptions): Settling {
  const { window } = options;
  const rows = createUndelivered(options.findRecords, options.links);
  const group = createCommitGroup({
    ...options,
    pass: () => passedOf(window.pass(), rows.invalidOf),
    rowsRead: () => options.rowsBefore() + window.rowsAdmitted(),
    onCommitted: (change) => tell(change, options),
  });

  /** The last row of a chunk is settled: keeps what the journal still needs, and lets the buffers go. */
  function strip(chunk: WindowChunk): void {
    chunk.invalid = rows.invalidOf(chunk);
    const spent = chunk.prepared;
    chunk.prepared = { ...spent, raw: NO_BYTES, operations: { ...NO_OPERATIONS, count: spent.operations.count } };
    window.letGo(spent);
    options.onSpent?.(spent);
  }

  function settledOf(chunk: WindowChunk, count: number): void {
    if (window.settle(chunk, count)) strip(chunk);
  }

  return {
    intend(batch) {
      for (const { chunk } of batch.segments) group.reach(chunk.prepared.end);
      return group.intend(batch.id, batchRows(batch));
    },
    withdraw: (batch) => group.withdraw(batch.id),
    settle(batch, { undelivered, pending }) {
      const inDoubt = new Set(pending.map(({ chunk, index }) => rowNumber(chunk, index)));
      const ranges =
        inDoubt.size === 0 ? batchRows(batch) : rangesOf(rowNumbers(batch).filter((row) => !inDoubt.has(row)));
      const lost = rows.ofItems(undelivered);
      for (const [chunk, count] of settledByChunk(batch, pending)) settledOf(chunk, count);
      group.settle({
        batch: batch.id,
        rows: ranges,
        delivered: batch.count - inDoubt.size - lost.length,
        undelivered: lost,
        inDoubt: rangesOf([...inDoubt]),
      });
    },
    setAside(chunk, index, outcome) {
      group.setAside(rows.ofItems([{ chunk, index, outcome }]));
      group.reach(chunk.prepared.end);
      settledOf(chunk, 1);
    },
    leaveOut(chunk) {
      const { unchanged, start, end } = chunk.prepared;
      if (!unchanged) return;
      group.leaveOut(rangesOf(unchanged.map((index) => start.row + index + 1)));
      group.reach(end);
      window.leaveOut(chunk, unchanged.length);
    },
    skipSettled(chunk) {
      settledOf(chunk, 1);
      group.commitLater();
    },
    commitSoon: group.commitLater,
    flush: group.flush,
  };
}

/** What a commit has made durable. */
function tell(
  { settled, passed }: Change,
  { onPassed, onUndelivered, onCommit }: Pick<SettlingOptions, 'onPassed' | 'onUndelivered' | 'onCommit'>,
): void {
  const undelivered = [...settled.flatMap((one) => one.undelivered), ...(passed?.invalid ?? [])];
  if (passed) onPassed(passed.position);
  if (undelivered.length > 0) onUndelivered(undelivered);
  onCommit();
}

function passedOf(
  chunks: readonly WindowChunk[],
  invalidOf: (chunk: WindowChunk) => readonly UndeliveredRow[],
): Passed | undefined {
  const last = chunks.at(-1);
  if (!last) return undefined;
  const skipped = chunks.reduce(
    (sum, { prepared, leftOut }) => sum - leftOut + Object.values(prepared.skipped).reduce((a, b) => a + b, 0),
    0,
  );
  return {
    position: last.prepared.end,
    unended: last.prepared.unended,
    skipped,
    invalid: chunks.flatMap((chunk) => [...invalidOf(chunk)]),
  };
}

/** How many rows of each chunk are settled with the batch. */
function settledByChunk(batch: Batch, pending: Delivery['pending']): Map<WindowChunk, number> {
  const left = new Map<WindowChunk, number>();
  for (const { chunk, from, to } of batch.segments) left.set(chunk, (left.get(chunk) ?? 0) + to - from);
  for (const { chunk } of pending) left.set(chunk, (left.get(chunk) ?? 0) - 1);
  return left;
}

function rowNumbers(batch: Batch): number[] {
  const rows: number[] = [];
  eachOperation(batch, (chunk, index) => rows.push(rowNumber(chunk, index)));
  return rows;
}

/** One range per segment when its rows are consecutive, the usual case: that costs nothing per row. */
function batchRows(batch: Batch): RowRanges {
  const ranges: [number, number][] = [];
  for (const { chunk, from, to } of batch.segments) {
    const [first, last] = [rowNumber(chunk, from), rowNumber(chunk, to - 1)];
    if (last - first !== to - 1 - from) return rangesOf(rowNumbers(batch));
    ranges.push([first, last]);
  }
  return mergeRanges(ranges);
}
