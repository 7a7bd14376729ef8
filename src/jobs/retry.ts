import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import { createRetryLedger } from '../journal/retry-ledger.ts';
import { findRun, listRuns, type Run } from '../journal/runs.ts';
import { latestRunWithUndelivered, retryChunks, storedRecords } from '../journal/undelivered.ts';
import { withSendingSession, type SessionSetting } from '../session/session.ts';
import { chooseRows, type RowsToRetry } from './choose-rows.ts';
import { readFixedFile, type FixedFile } from './corrected-file.ts';
import { withLimits } from './limits.ts';
import { sendRun, type RunWork } from './send-run.ts';
import type { SendSetting } from './setting.ts';

export interface RetryRequest {
  /** Undefined: the latest run that has such rows. */
  readonly runId: number | undefined;
  /** Rows in these states are sent. */
  readonly states: readonly UndeliveredState[];
  /** A corrected failures file, as the user named it. */
  readonly fixedPath: string | undefined;
  /** Rows that could not be mapped are mapped again, with a changed plan. */
  readonly mapsAnew: boolean;
  readonly changePlan: (plan: Plan) => Plan;
}

/** Sends what is stored, in source order, with the same ULIDs, and moves the rows of the same run. The file is not needed. */
export async function retryFailed(
  request: RetryRequest,
  { options: sending, ...setting }: Omit<SessionSetting, 'command'>,
): Promise<ExitCode> {
  const { host, terminal } = setting;
  const { runId, fixedPath } = request;
  const file = fixedPath === undefined ? undefined : await readFixedFile(fixedPath, host);
  if (file?.run !== undefined && runId !== undefined && file.run !== runId)
    throw new CioBulkError('usage', `--from ${file.path} holds rows of run ${file.run}, but --run says ${runId}`, {
      hint: 'leave --run out',
    });
  return withSendingSession({ ...setting, options: sending, command: 'retry-failed' }, (session) =>
    retryRun(request, file, { session, sending, host, terminal }),
  );
}

async function retryRun(request: RetryRequest, file: FixedFile | undefined, setting: SendSetting): Promise<ExitCode> {
  const { session, sending, host, terminal } = setting;
  const { journal, workspace, clockAheadMs } = session;
  const { mapsAnew, changePlan, states } = request;
  const run = chooseRun(session, file?.run ?? request.runId, mapsAnew ? [...states, 'invalid'] : states);
  if (!run || (file && file.run === undefined)) {
    terminal.say(
      file ? `Nothing to retry: ${file.path} has no rows` : 'Nothing to retry: the journal holds no failed rows',
    );
    return EXIT.ok;
  }
  if ((file || mapsAnew) && run.type === 'cleanup')
    throw new CioBulkError(
      'usage',
      `run ${run.id} is a cleanup: it has no rows that could be corrected or mapped again`,
      { hint: 'leave out --from and the mapping flags, or run cio-bulk cleanup again' },
    );
  const later = listRuns(journal).filter(
    (other) => other.id > run.id && other.workspace === run.workspace && other.tally.delivered > 0,
  );
  if (later.length > 0)
    terminal.warn(
      `run ${later.map(({ id }) => id).join(', ')} has sent to this workspace since: rows of run ${run.id} may carry older values`,
    );
  const allowTriggers = sending.allowTriggers || session.target.isSandbox;
  const rows = chooseRows({
    journal,
    run,
    file,
    mapsAnew,
    changePlan,
    states,
    allowTriggers,
    clockAheadMs,
    workspace,
    host,
    terminal,
  });
  return send(findRun(journal, run.id) ?? run, rows, allowTriggers, setting);
}

function send(
  run: Run,
  { states, isWanted, count }: RowsToRetry,
  allowTriggers: boolean,
  setting: SendSetting,
): Promise<ExitCode> {
  const {
    session: { journal },
    sending,
    host,
  } = setting;
  const work: RunWork = {
    run,
    name: run.source,
    title: `retry of run ${run.id}`,
    chunks: retryChunks(journal, run.id, states, {
      isGuarded: (row) => row.code === 'would_trigger' && !allowTriggers,
      isWanted,
    }),
    isComplete: () => true,
    ledger: createRetryLedger(journal, run.id, host.clock.now),
    findRecords: storedRecords(journal, run.id),
    rowsTotal: () => count,
    retry: { rows: count, rowsRead: () => findRun(journal, run.id)?.rowsRead ?? run.rowsRead },
  };
  return withLimits(sending, host, (limits) => sendRun(work, setting, limits));
}

function chooseRun(
  { journal, workspace }: SendSetting['session'],
  runId: number | undefined,
  states: readonly UndeliveredState[],
): Run | undefined {
  const id = runId ?? latestRunWithUndelivered(journal, workspace, states);
  if (id === undefined) return undefined;
  const run = findRun(journal, id);
  if (!run)
    throw new CioBulkError('no_such_run', `there is no run ${id} in this journal`, {
      hint: '`cio-bulk status` lists the runs',
    });
  if (run.workspace !== workspace)
    throw new CioBulkError(
      'wrong_workspace',
      `run ${id} was sent to another workspace than the one of these credentials`,
      { hint: 'use the credentials (or --sandbox) it was started with' },
    );
  if (run.state === 'abandoned')
    throw new CioBulkError(
      'usage',
      `run ${id} was abandoned by --restart and its file was sent again: its rows would go out with their old values`,
      {
        hint: 'retry the run that came after it; `cio-bulk failures --run` still writes the rows of this one',
      },
    );
  return run;
}
