import { countingFromHere, type Courier } from '../domain/courier.ts';
import { CioBulkError, type ExitCode } from '../domain/errors.ts';
import { settledRows, undeliveredRows, type Tally } from '../domain/outcome.ts';
import type { Waiting } from '../domain/waiting.ts';
import type { Warning } from '../domain/warnings.ts';
import type { Run } from '../journal/runs.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { undeliveredLines } from '../output/undelivered-lines.ts';
import { addsUp, type RunEnd, type RunProgress } from '../pipeline/progress.ts';
import { runPipeline } from '../pipeline/run.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { endRun, type RunEnding } from './end-run.ts';
import type { Limits, SettledCounts } from './limits.ts';
import type { SendSetting } from './setting.ts';

/** What is left of a run to be sent, and what the people watching want to know about it. */
export interface RunWork extends Pick<RunOptions, 'chunks' | 'isComplete' | 'onSpent' | 'ledger' | 'findRecords'> {
  /** As it stands in the journal before anything is sent. */
  readonly run: Run;
  /** Where the rows come from, as shown to people. */
  readonly name: string;
  /** What the progress calls this work, if not by the name of its rows. */
  readonly title?: string;
  /** Rows of the work as a whole; null = unknown. */
  readonly rowsTotal: () => number | null;
  /** Rows come from a stream that may pause. */
  readonly isStream?: boolean;
  readonly warnings?: () => readonly Warning[];
  /** `--limit`, for the message when it ends the run. */
  readonly limit?: number | null;
  /** The command that takes care of rows that did not arrive; a retry of them unless it is given. */
  readonly next?: string;
  /** Everything is settled and nothing is left to read. */
  readonly onFinished?: () => Promise<void>;
  /** Absent for a run that is sent from its source. */
  readonly retry?: RetryCounts;
}

/** A retry adds no rows to its run: those it sends were counted before, and move from one state to another. */
interface RetryCounts {
  readonly rows: number;
  /** Rows read by the run as a whole. */
  readonly rowsRead: () => number;
}

/** Sends what is left of a run within its limits, shows the progress, and reports how it ended. */
export async function sendRun(work: RunWork, setting: SendSetting, limits: Limits): Promise<ExitCode> {
  const { sending, host, terminal } = setting;
  const courier = countingFromHere(setting.session.courier);
  const startedAt = host.clock.monotonic();
  const show = startProgress(work, courier, setting);
  const showUndelivered = undeliveredLines(terminal, work.run.id, work.name);
  let undelivered = 0;
  const end = (ending: RunEnding): ExitCode => {
    const durationMs = host.clock.monotonic() - startedAt;
    const done = {
      ...courier.traffic(),
      durationMs,
      rowsSettled: (tally: Tally) => settledHere(work, tally, undelivered),
      warnings: work.warnings?.() ?? [],
    };
    return endRun({ run: work.run, ending, done }, setting);
  };
  try {
    const pipelineEnd = await runPipeline({
      chunks: work.chunks,
      isComplete: work.isComplete,
      ...(work.onSpent ? { onSpent: work.onSpent } : {}),
      ledger: work.ledger,
      courier,
      findRecords: work.findRecords,
      clock: host.clock,
      concurrency: sending.concurrency,
      batchRowsMax: sending.batchRows,
      batchBytesMax: sending.batchBytes,
      stopping: limits.stopping,
      onUndelivered(rows) {
        undelivered += rows.length;
        showUndelivered(rows);
      },
      onProgress(now) {
        limits.check(settledCounts(work, now, undelivered));
        show.update(now, undelivered);
      },
    });
    show.stop();
    const counts = countsOfRun(work, pipelineEnd);
    if (counts.finished) await work.onFinished?.();
    const { next, limit = null } = work;
    if (counts.finished) return end({ kind: 'complete', counts, next });
    const settled = settledCounts(work, counts, undelivered);
    return end({ kind: 'stopped', counts, settled, why: limits.reason(), limit });
  } catch (error) {
    show.stop();
    end({ kind: 'failed', error });
    throw error;
  }
}

/** Also says when a stream keeps the run waiting for more. */
function startProgress(
  work: RunWork,
  courier: Courier,
  { host, terminal }: SendSetting,
): Pick<Progress, 'stop'> & { update(now: RunProgress, undelivered: number): void } {
  let idleSince: number | undefined; // every row that came is settled
  const waitingFor = (): Waiting | undefined =>
    courier.health() ??
    (work.isStream && idleSince !== undefined
      ? { state: 'input', reason: `more data from ${work.name}`, since: idleSince, until: null }
      : undefined);
  const rowsBefore = work.retry ? 0 : settledRows(work.run.tally);
  const progress = createProgress(terminal, host.clock, work.title ?? work.name, { rowsBefore, waitingFor });
  return {
    update({ tally, rowsRead, pending }, undelivered) {
      idleSince = pending === 0 ? host.clock.monotonic() : undefined;
      progress.update({
        rowsTotal: work.rowsTotal(),
        rowsSettled: rowsBefore + settledHere(work, tally, undelivered),
        rowsRead: work.retry?.rows ?? rowsRead,
        undelivered: undeliveredRows(tally),
        requests: courier.traffic().requests,
      });
    },
    stop: progress.stop,
  };
}

/** What limits are measured against: all rows of the run; of a retry, whose rows were all undelivered before it began, those settled anew. */
function settledCounts(work: RunWork, { tally, invalidAhead }: RunProgress, undelivered: number): SettledCounts {
  if (work.retry) return { settled: settledHere(work, tally, undelivered), undelivered };
  return { settled: settledRows(tally) + invalidAhead, undelivered: undeliveredRows(tally) + invalidAhead };
}

/** Rows that this process has settled, of which so many are undelivered: a retry leaves those in the counts where they were. */
function settledHere({ run, retry }: RunWork, tally: Tally, undelivered: number): number {
  return retry ? tally.delivered - run.tally.delivered + undelivered : settledRows(tally) - settledRows(run.tally);
}

function countsOfRun({ run, retry }: RunWork, end: RunEnd): RunEnd {
  if (retry) {
    const rowsRead = retry.rowsRead();
    return { ...end, rowsRead, pending: rowsRead - settledRows(end.tally) };
  }
  if (!addsUp(end))
    throw new CioBulkError(
      'tally_mismatch',
      `the counts of run ${run.id} do not add up: ${end.rowsRead} rows read, ${settledRows(end.tally)} settled, ${end.pending} pending`,
    );
  return end;
}
