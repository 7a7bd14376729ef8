import { setMaxListeners } from 'node:events';
import { rowNumber } from '../domain/batch.ts';
import type { Batch, WindowChunk } from '../domain/batch.ts';
import type { PreparedChunk } from '../domain/chunk.ts';
import type { Courier } from '../domain/courier.ts';
import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Ledger, UndeliveredRow } from '../domain/ledger.ts';
import { settledRows, type Tally } from '../domain/outcome.ts';
import { countRows, countWithin, createRowLookup } from '../domain/row-ranges.ts';
import { createBell } from './bell.ts';
import { BEHIND_FAILED, deliver } from './deliver.ts';
import { createHeldPersons } from './held.ts';
import { startIntake } from './intake.ts';
import { createLanes } from './lanes.ts';
import { createMixedKinds } from './mixed-kinds.ts';
import { createSettling } from './settling.ts';
import type { RecordFinder } from './undelivered.ts';
import { createWindow } from './window.ts';

/** A slow pipe: when no row came for this long and nothing is under way, a batch goes out that is not full. */
const LINGER_MS = 50;
/** Rows wait at most about this long for a batch to fill up when nothing else is sent, whoever's retry is waited for. */
const LINGER_MAX_MS = 500;
const TICK_MS = 200;
/** Batches under way at once, those waiting for a retry included, for each request slot. */
const BATCHES_PER_SLOT = 4;
/** Settled chunks that may wait behind an unsettled one before reading pauses: a stub each. */
const CHUNKS_MAX = 32_768;
const WINDOW_BYTES_MAX = 48_000_000;

export const WOULD_TRIGGER = { state: 'failed', code: 'would_trigger', reason: 'the event is younger than 72 hours, or has no time, and could trigger campaigns' } as const;

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
  /** Aborts: take no more rows, settle what is in flight, end. */
  readonly stopping: AbortSignal;
  /** A chunk whose buffers nobody needs any more: they may be used again. */
  readonly onSpent?: (chunk: PreparedChunk) => void;
  readonly onUndelivered: (rows: readonly UndeliveredRow[]) => void;
  /** After every commit, for progress and limits. */
  readonly onProgress: (progress: RunProgress) => void;
}

export interface RunProgress {
  readonly tally: Tally;
  readonly rowsRead: number;
  readonly pending: number;
  /** Bytes of the source read and settled up to the checkpoint. */
  readonly offset: number;
}

export interface RunEnd extends RunProgress {
  /** The source was read to its end and every row is settled. */
  readonly finished: boolean;
  readonly inDoubtResent: number;
}

/** The life of a row: read in chunks, put into its person's lane, batched, intended, sent, settled. */
export async function runPipeline(options: RunOptions): Promise<RunEnd> {
  const { ledger, courier, stopping, clock } = options;
  const before = ledger.state();
  let rowsBefore = before.checkpoint?.row ?? 0;
  const isSettled = createRowLookup(before.settled);
  const held = createHeldPersons(before.failedPersons);
  const mixedKinds = createMixedKinds();
  const bell = createBell();
  const window = createWindow();
  const halt = new AbortController(); // a stop that was asked for, or a failure: nothing new starts
  setMaxListeners(0, halt.signal); // every batch under way listens
  const failure: { error?: unknown } = {};
  let batchesUnderWay = 0;
  let launchedAt = clock.monotonic();
  let settledAhead = countRows(before.settled); // by earlier processes, and not read again yet
  let checkpoint = before.checkpoint;
  let next: PreparedChunk | undefined; // taken in, and not admitted yet

  const fail = (error: unknown): void => {
    failure.error ??= error;
    stop();
  };
  const stop = (): void => {
    halt.abort();
    bell.ring();
  };
  const settling = createSettling({
    ledger,
    window,
    findRecords: options.findRecords,
    clock,
    rowsBefore: () => rowsBefore,
    onUndelivered: options.onUndelivered,
    onSpent: options.onSpent ?? (() => undefined),
    onPassed: (position) => {
      checkpoint = position;
    },
    onCommit: () => options.onProgress(progress()),
    onError: fail,
  });
  const lanes = createLanes({
    rowsMax: options.batchRowsMax,
    bytesMax: options.batchBytesMax,
    firstBatchId: before.nextBatch,
    mustWait: (chunk, index) => isGuarded(chunk, index) || held.has(chunk, index),
    mayGo(chunk, index) {
      if (!held.has(chunk, index) && !isGuarded(chunk, index)) return true;
      held.add(chunk, index); // all its persons: a merge or an alias ties others to the one that failed
      // A recent event keeps its guard, whatever else holds it: it holds its person's later rows all the same.
      settling.setAside(chunk, index, isGuarded(chunk, index) ? WOULD_TRIGGER : BEHIND_FAILED);
      return false;
    },
  });
  const intake = startIntake(options.chunks, bell.ring, clock);
  stopping.addEventListener('abort', stop);
  if (stopping.aborted) stop();

  function progress(): RunProgress {
    return { tally: ledger.tally(), rowsRead: rowsBefore + window.rowsAdmitted() + settledAhead, pending: window.rowsPending(), offset: checkpoint?.offset ?? 0 };
  }

  function hasRoom(): boolean {
    const rowsMax = Math.max(options.concurrency + 4, 8) * options.batchRowsMax;
    return lanes.waiting() < rowsMax && window.size() < CHUNKS_MAX && window.bytesHeld() < WINDOW_BYTES_MAX;
  }

  function takeIn(): void {
    while (hasRoom() && (next ??= intake.take())) {
      const way = mixedKinds.wayOf(next.operations.kinds, batchesUnderWay === 0 && lanes.waiting() === 0);
      if (way === 'later') return;
      admit(next, way === 'in one lane');
      next = undefined;
    }
  }

  function admit(read: PreparedChunk, isInOneLane: boolean): void {
    const prepared = before.settled.length > 0 ? withoutSettledSkips(read) : read;
    const chunk = window.admit(prepared, isInOneLane);
    const { count } = prepared.operations;
    for (let index = 0; index < count; index++) admitRow(chunk, index);
    if (chunk.unsettled === 0) settling.commitSoon();
  }

  /**
   * A row that an earlier process has sent may be left out by this one (--skip-recent came later, or it looks back on other rows).
   * It is settled and counted: here it neither counts as read nor as skipped.
   */
  function withoutSettledSkips(prepared: PreparedChunk): PreparedChunk {
    let again = countWithin(before.settled, prepared.start.row + 1, prepared.start.row + prepared.rows);
    for (const index of prepared.operations.rows) if (again > 0 && isSettled(prepared.start.row + index + 1)) again--;
    if (again === 0) return prepared;
    rowsBefore += again;
    settledAhead -= again;
    let left = again;
    const skipped = Object.entries(prepared.skipped).map(([reason, count]) => {
      const less = Math.min(left, count);
      left -= less;
      return [reason, count - less] as const;
    });
    return { ...prepared, rows: prepared.rows - again, skipped: Object.fromEntries(skipped) };
  }

  function admitRow(chunk: WindowChunk, index: number): void {
    if (before.settled.length > 0 && isSettled(rowNumber(chunk, index))) {
      settledAhead--;
      settling.skipSettled(chunk);
    } else lanes.add(chunk, index);
  }

  async function launch(batch: Batch): Promise<void> {
    batchesUnderWay++;
    launchedAt = clock.monotonic();
    try {
      await settling.intend(batch);
      if (halt.signal.aborted) settling.withdraw(batch);
      else {
        const delivery = await deliver(batch, courier, held, halt.signal);
        if (delivery.isUnsent) settling.withdraw(batch);
        else {
          lanes.release(batch); // first: a chunk whose last row is settled loses the keys that are asked for here
          settling.settle(batch, delivery);
        }
      }
    } catch (error) {
      fail(error);
    } finally {
      batchesUnderWay--;
      bell.ring();
    }
  }

  const mayLaunch = (): boolean => courier.hasRoom() && batchesUnderWay < options.concurrency * BATCHES_PER_SLOT;
  const hasLingered = (): boolean => (batchesUnderWay === 0 ? intake.starvedMs() >= LINGER_MS : intake.starvedMs() > 0 && clock.monotonic() - launchedAt >= LINGER_MAX_MS);
  const mayFlush = (): boolean => intake.ended() || next !== undefined || !hasRoom() || hasLingered();
  try {
    while (!halt.signal.aborted) {
      try {
        takeIn();
      } catch (error) {
        if (!isCutShort(error)) fail(error);
        else failure.error ??= error; // the rows before the damage are good, and sent: nobody else would ever send them
      }
      while (mayLaunch() && !halt.signal.aborted) {
        const batch = lanes.next(mayFlush());
        if (!batch) break;
        void launch(batch);
      }
      if (intake.ended() && next === undefined && batchesUnderWay === 0 && lanes.waiting() === 0) break;
      await bell.rung(batchesUnderWay === 0 ? LINGER_MS : TICK_MS);
    }
    while (batchesUnderWay > 0) await bell.rung(TICK_MS);
    settling.flush();
  } catch (error) {
    failure.error ??= error;
  } finally {
    stopping.removeEventListener('abort', stop);
    await intake.close();
  }
  if (failure.error !== undefined) throw failure.error instanceof Error ? failure.error : new Error('the run failed', { cause: failure.error });
  const end = progress();
  const finished = intake.ended() && next === undefined && options.isComplete() && end.pending === 0;
  if (finished) {
    crashPoint('before finish');
    ledger.finish();
    crashPoint('after finish');
  }
  return { ...end, finished, inDoubtResent: countRows(before.inDoubt) };
}

/** The source ends before its end: what came before is as good as ever. */
function isCutShort(error: unknown): boolean {
  return error instanceof CioBulkError && (error.code === 'input_undecodable' || error.code === 'input_unreadable');
}

function isGuarded(chunk: WindowChunk, index: number): boolean {
  const { guarded } = chunk.prepared.operations;
  return guarded.size > 0 && guarded.has(index);
}

/** Whether the counts of a run add up. A mismatch is a bug, and it is said. */
export function addsUp({ tally, rowsRead, pending }: RunProgress): boolean {
  return rowsRead === settledRows(tally) + pending;
}
