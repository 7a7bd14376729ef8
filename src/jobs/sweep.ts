import { targetText } from '../session/target.ts';
import type { ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { personId, type LoadtestRun } from '../domain/loadtest.ts';
import { settledRows } from '../domain/outcome.ts';
import { createImportLedger } from '../journal/import-ledger.ts';
import { noteRun } from '../journal/run-notes.ts';
import { createRun, runsOfSource, type Run } from '../journal/runs.ts';
import { deleteChunks } from '../loadtest/test-people.ts';
import { runPipeline } from '../pipeline/run.ts';
import { createProgress } from '../output/progress.ts';
import type { Terminal } from '../output/terminal.ts';
import { endRun } from './end-run.ts';
import { createLimits } from './limits.ts';
import { sameCommand } from '../output/same-command.ts';
import type { SendingOptions } from '../session/options.ts';
import { countingFromHere, type SendingSession } from '../session/session.ts';
import { undeliveredLines } from '../output/undelivered-lines.ts';

export interface SweepSetting {
  readonly session: SendingSession;
  readonly sending: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
}

/** What the journal calls the `number`th sweep over the people of a load test. */
function sweepKey(loadtest: LoadtestRun, number: number): string {
  return `loadtest:${loadtest.id}:sweep:${number}`;
}

/** Sweeps that are finished, in order; a sweep that was interrupted is not among them. */
export function finishedSweeps({ journal, workspace }: SendingSession, loadtest: LoadtestRun): Run[] {
  const done: Run[] = [];
  for (;;) {
    const run = runsOfSource(journal, sweepKey(loadtest, done.length + 1), workspace)[0];
    if (run?.state !== 'finished') return done;
    done.push(run);
  }
}

/** Whether a finished sweep reached everybody. One that did not is worth nothing, however often it is followed by its like. */
export function reachedAll({ tally }: Run): boolean {
  return tally.failed + tally.rejected + tally.unclear === 0;
}

/** Deletes test people 0 to max_n, as a run of its own: journalled, rate limited, and continued where it was interrupted. */
export async function sweep(loadtest: LoadtestRun, number: number, { sending, host, terminal, ...setting }: SweepSetting): Promise<ExitCode> {
  const session = countingFromHere(setting.session);
  const { journal, workspace } = session;
  const sourceKey = sweepKey(loadtest, number);
  const source = `test people of ${loadtest.id}, sweep ${number}`;
  const run =
    runsOfSource(journal, sourceKey, workspace)[0] ??
    createRun(journal, { type: 'cleanup', source, sourceKey, workspace, environmentId: session.environmentId ?? null, fingerprint: 'delete', spec: '{}' }, host.clock.now());
  noteRun(journal, run.id, { argv: host.argv, folder: host.cwd, target: targetText(session.target) });
  const startedAt = host.clock.monotonic();
  const settledBefore = settledRows(run.tally);
  const limits = createLimits(sending, host);
  const progress = createProgress(terminal, host.clock, source, { rowsBefore: settledBefore, waitingFor: session.waiting });
  try {
    const end = await runPipeline({
      chunks: deleteChunks(loadtest.id, run.checkpoint?.row ?? 0, loadtest.max_n),
      isComplete: () => true,
      ledger: createImportLedger(journal, run.id, host.clock.now),
      courier: session.courier,
      findRecords: ({ start }, indexes) => indexes.map((index) => ({ text: JSON.stringify({ id: personId(loadtest.id, start.row + index) }), line: 0 })),
      clock: host.clock,
      concurrency: sending.concurrency,
      batchRowsMax: sending.batchRows,
      batchBytesMax: sending.batchBytes,
      stopping: limits.stopping,
      onUndelivered: undeliveredLines(terminal, run.id, source),
      onProgress: ({ tally, rowsRead }) =>
        progress.update({ rowsTotal: loadtest.max_n + 1, rowsSettled: settledRows(tally), rowsRead, undelivered: tally.failed + tally.rejected + tally.unclear, requests: session.traffic().requests }),
    });
    progress.stop();
    return endRun({ terminal, run, end, host, session, startedAt, settledBefore, stop: limits.reason(), next: sameCommand(host) });
  } catch (error) {
    progress.stop();
    endRun({ terminal, run, host, session, startedAt, settledBefore, error });
    throw error;
  } finally {
    limits.close();
  }
}
