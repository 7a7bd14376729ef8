import type { PreparedChunk } from '../domain/chunk.ts';
import { crashPoint } from '../domain/crash-point.ts';
import type { Clock } from '../domain/host.ts';
import type { Ledger, UndeliveredRow } from '../domain/ledger.ts';
import { countRows } from '../domain/row-ranges.ts';
import { createAdmission } from './admission.ts';
import { createBell } from './bell.ts';
import type { Courier } from './deliver.ts';
import { createDepartures } from './departures.ts';
import { createFlights } from './flight.ts';
import { createGate } from './gate.ts';
import { createHalt } from './halt.ts';
import { createHeldPersons } from './held.ts';
import { startIntake } from './intake.ts';
import { createLanes } from './lanes.ts';
import type { RunEnd, RunProgress } from './progress.ts';
import { createResumption } from './resumption.ts';
import { createSettling } from './settling.ts';
import type { RecordFinder } from './undelivered.ts';
import { createWindow } from './window.ts';

/** Batches under way at once, those waiting for a retry included, for each request slot. */
const BATCHES_PER_SLOT = 4;

export interface RunOptions {
  readonly chunks: AsyncIterable<PreparedChunk>;
  /** After the last chunk: whether it was the last of the source, and not the last that a limit allowed. */
  readonly isComplete: () => boolean;
  readonly ledger: Ledger;
  readonly courier: Courier;
  readonly findRecords: RecordFinder;
  readonly clock: Clock;
  /** Requests in flight at most, and how many there are right now, those waiting for their turn included. */
  readonly concurrency: number;
  readonly requestsTaken: () => number;
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

/** The life of a row: read in chunks, put into its person's lane, batched, intended, sent, settled. */
export async function runPipeline(options: RunOptions): Promise<RunEnd> {
  const { ledger, courier, clock, concurrency, batchRowsMax } = options;
  const before = ledger.state();
  let offset = before.checkpoint?.offset ?? 0;
  const bell = createBell();
  const halt = createHalt(options.stopping, bell.ring);
  const resumption = createResumption(before);
  const held = createHeldPersons(before.failedPersons);
  const window = createWindow();

  const progress = (): RunProgress => ({
    tally: ledger.tally(),
    rowsRead: resumption.rowsBefore() + window.rowsAdmitted() + resumption.rowsAhead(),
    pending: window.rowsPending(),
    offset,
  });
  const settling = createSettling({
    ...options,
    window,
    rowsBefore: resumption.rowsBefore,
    onPassed: (position) => void (offset = position.offset),
    onCommit: () => options.onProgress(progress()),
    onError: halt.fail,
  });
  const gate = createGate(held, settling);
  const lanes = createLanes({ rowsMax: batchRowsMax, bytesMax: options.batchBytesMax, firstBatchId: before.nextBatch, ...gate });
  const flights = createFlights({ settling, lanes, courier, held, halt, clock, ring: bell.ring });
  const intake = startIntake(options.chunks, bell.ring, clock);
  const waitingMax = Math.max(concurrency + 4, 8) * batchRowsMax;
  const admission = createAdmission({ intake, resumption, window, lanes, flights, settling, halt, waitingMax });
  const departures = createDepartures(intake, admission, flights, clock);
  const mayLaunch = (): boolean => options.requestsTaken() < options.concurrency && flights.underWay() < concurrency * BATCHES_PER_SLOT;

  try {
    while (!halt.signal.aborted) {
      admission.takeIn();
      while (mayLaunch() && !halt.signal.aborted) {
        const batch = lanes.next(departures.mayFlush());
        if (!batch) break;
        void flights.launch(batch);
      }
      if (admission.isOver() && flights.underWay() === 0 && lanes.waiting() === 0) break;
      await bell.rung(departures.askAgainMs());
    }
    while (flights.underWay() > 0) await bell.rung(departures.askAgainMs());
    settling.flush();
  } catch (error) {
    halt.remember(error);
  } finally {
    halt.release();
    await intake.close();
  }
  halt.rethrow();

  const end = progress();
  const finished = admission.isOver() && options.isComplete() && end.pending === 0;
  if (finished) {
    crashPoint('before finish');
    ledger.finish();
    crashPoint('after finish');
  }
  return { ...end, finished, inDoubtResent: countRows(before.inDoubt) };
}
