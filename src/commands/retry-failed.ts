import type { Command } from 'commander';
import { wholeNumber } from './flags/values.ts';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { settledRows, type Tally, type UndeliveredState } from '../domain/outcome.ts';
import { createRetryLedger } from '../journal/retry-ledger.ts';
import { findRun, listRuns, type Run } from '../journal/runs.ts';
import type { Journal } from '../journal/open.ts';
import { latestRunWithUndelivered, retryChunks, storedRecords } from '../journal/undelivered.ts';
import { runPipeline } from '../pipeline/run.ts';
import { createProgress } from '../output/progress.ts';
import { addPlanFlags, hasPlanFlags, planChange } from './flags/changed-plan.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { chooseRows, type RowsToRetry } from '../jobs/choose-rows.ts';
import { endRun } from '../jobs/end-run.ts';
import { readFixedFile } from '../jobs/corrected-file.ts';
import { createLimits } from '../jobs/limits.ts';
import { addSendingFlags, sendingOptions } from './flags/sending.ts';
import { withSendingSession, type SendingSession } from '../session/session.ts';
import { undeliveredLines } from '../output/undelivered-lines.ts';

export function configure(command: Command): void {
  command
    .option('--run <id>', 'the run to retry (default: the latest that has failed rows)')
    .option('--rejected', 'also send rows that the API refused')
    .option('--unclear', 'also send rows about which the API reported errors without naming them')
    .option('--from <fixed.csv>', 'send the rows of a corrected failures file, and failed rows of the same persons, in order');
  addPlanFlags(command);
  addSendingFlags(command);
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk retry-failed --sandbox'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.credentials, EXIT.forbidden, EXIT.unreachable, EXIT.undelivered, EXIT.stopped, EXIT.unfinished, EXIT.sigint, EXIT.sigterm],
  );
}

/** Sends what is stored, in source order, with the same ULIDs, and moves the rows of the same run. The file is not needed. */
export async function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const sending = sendingOptions(options);
  const fixedPath = text(options, 'from');
  const states = statesOf(options);
  if (fixedPath !== undefined && states.length > 1) throw new CioBulkError('usage', '--from names the rows itself: leave --rejected and --unclear out');
  const changePlan = planChange(options);
  const givenRun = text(options, 'run');
  const runId = givenRun === undefined ? undefined : wholeNumber('--run', givenRun, 1);
  const file = fixedPath === undefined ? undefined : await readFixedFile(fixedPath, host);
  if (file?.run !== undefined && runId !== undefined && file.run !== runId) throw new CioBulkError('usage', `--from ${file.path} holds rows of run ${file.run}, and --run says ${runId}`, { hint: 'leave --run out' });
  const mapsAnew = hasPlanFlags(options);
  const journalPath = journalPathOf(options, host);
  return withSendingSession({ command: 'retry-failed', options: sending, journalPath, host, terminal }, async (session) => {
    const { journal } = session;
    const run = chooseRun(journal, session.workspace, file?.run ?? runId, mapsAnew ? [...states, 'invalid'] : states);
    if (!run || (file && file.run === undefined)) {
      terminal.say(file ? `Nothing to retry: ${file.path} has no rows` : 'Nothing to retry: the journal holds no failed rows');
      return EXIT.ok;
    }
    if ((file || mapsAnew) && run.type === 'cleanup')
      throw new CioBulkError('usage', `run ${run.id} is a cleanup: it has no rows that could be corrected or mapped anew`, { hint: 'leave --from and the flags of mapping out, or run cio-bulk cleanup again' });
    warnOfLaterRuns(journal, run, terminal.warn);
    const allowTriggers = sending.allowTriggers || session.target.isSandbox;
    const rows = chooseRows({ journal, run, file, mapsAnew, changePlan, states, allowTriggers, clockAheadMs: session.clockAheadMs, workspace: session.workspace, host, terminal });
    return send(findRun(journal, run.id) ?? run, rows, allowTriggers, { session, sending, host, terminal });
  });
}

/** The states whose rows are sent. */
function statesOf(options: Record<string, unknown>): UndeliveredState[] {
  const states: UndeliveredState[] = ['failed'];
  if (options['rejected'] === true) states.push('rejected');
  if (options['unclear'] === true) states.push('unclear');
  return states;
}

interface Sending {
  readonly session: SendingSession;
  readonly sending: ReturnType<typeof sendingOptions>;
  readonly host: Host;
  readonly terminal: ReturnType<typeof terminalOf>;
}

async function send(run: Run, { states, isWanted, count: toSend }: RowsToRetry, allowTriggers: boolean, { session, sending, host, terminal }: Sending): Promise<ExitCode> {
  const { journal } = session;
  const limits = createLimits(sending, host);
  const startedAt = host.clock.monotonic();
  const progress = createProgress(terminal, host.clock, `retry of run ${run.id}`, { waitingFor: session.waiting });
  try {
    const end = await runPipeline({
      chunks: retryChunks(journal, run.id, states, { isGuarded: (row) => row.code === 'would_trigger' && !allowTriggers, isWanted }),
      isComplete: () => true,
      ledger: createRetryLedger(journal, run.id, host.clock.now),
      courier: session.courier,
      findRecords: storedRecords(journal, run.id),
      clock: host.clock,
      concurrency: sending.concurrency,
      batchRowsMax: sending.batchRows,
      batchBytesMax: sending.batchBytes,
      stopping: limits.stopping,
      onUndelivered: undeliveredLines(terminal, run.id, run.source),
      onProgress({ tally }) {
        const done = tally.delivered - run.tally.delivered;
        progress.update({ rowsTotal: toSend, rowsSettled: done, rowsRead: toSend, undelivered: undelivered(tally), requests: session.traffic().requests });
      },
    });
    progress.stop();
    const rowsRead = findRun(journal, run.id)?.rowsRead ?? run.rowsRead;
    // The rows of a retry are rows of the run that were counted before: they change state, and none is added.
    const counts = { ...end, rowsRead, pending: rowsRead - settledRows(end.tally), finished: end.finished };
    return endRun({ terminal, run, host, session, end: counts, startedAt, settledBefore: settledRows(end.tally) - (end.tally.delivered - run.tally.delivered), stop: limits.reason() });
  } catch (error) {
    progress.stop();
    endRun({ terminal, run, host, session, startedAt, error });
    throw error;
  } finally {
    limits.close();
  }
}

function undelivered(tally: Tally): number {
  return tally.failed + tally.rejected + tally.invalid + tally.unclear;
}

function chooseRun(journal: Journal, workspace: string, runId: number | undefined, states: readonly UndeliveredState[]): Run | undefined {
  const id = runId ?? latestRunWithUndelivered(journal, workspace, states);
  if (id === undefined) return undefined;
  const run = findRun(journal, id);
  if (!run) throw new CioBulkError('no_such_run', `there is no run ${id} in this journal`, { hint: '`cio-bulk status` lists the runs' });
  if (run.workspace !== workspace)
    throw new CioBulkError('wrong_workspace', `run ${id} has sent to another workspace than these credentials belong to`, { hint: 'use the credentials (or --sandbox) with which it was started' });
  if (run.state === 'abandoned')
    throw new CioBulkError('usage', `run ${id} was given up by --restart, and its file was sent anew: its rows would go out with their old values`, {
      hint: 'retry the run that came after it; `cio-bulk failures --run` still writes the rows of this one',
    });
  return run;
}

/** Values that went out since may be newer than the ones that failed. */
function warnOfLaterRuns(journal: Journal, run: Run, warn: (text: string) => void): void {
  const later = listRuns(journal).filter((other) => other.id > run.id && other.workspace === run.workspace && other.tally.delivered > 0);
  if (later.length > 0) warn(`run ${later.map(({ id }) => id).join(', ')} has sent to this workspace since: rows of run ${run.id} may carry older values`);
}
