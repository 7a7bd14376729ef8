import type { ExitCode } from '../domain/errors.ts';
import { personId, type LoadtestRun } from '../domain/loadtest.ts';
import { undeliveredRows } from '../domain/outcome.ts';
import { createImportLedger } from '../journal/import-ledger.ts';
import { noteRun } from '../journal/run-notes.ts';
import { createRun, runsOfSource, type Run } from '../journal/runs.ts';
import { deleteChunks } from '../loadtest/test-people.ts';
import { sameCommand } from '../output/next-command.ts';
import type { SendingSession } from '../session/session.ts';
import { targetText } from '../session/target.ts';
import { withLimits } from './limits.ts';
import { sendRun, type RunWork } from './send-run.ts';
import type { SendSetting } from './setting.ts';

/** What the journal calls the `number`th sweep over the people of a load test. */
function sweepKey(loadtest: LoadtestRun, number: number): string {
  return `loadtest:${loadtest.id}:sweep:${number}`;
}

/** The sweeps that are finished, in order. One that was interrupted is not among them. */
export function finishedSweeps({ journal, workspace }: SendingSession, loadtest: LoadtestRun): Run[] {
  const done: Run[] = [];
  for (;;) {
    const run = runsOfSource(journal, sweepKey(loadtest, done.length + 1), workspace)[0];
    if (run?.state !== 'finished') return done;
    done.push(run);
  }
}

/** Whether a finished sweep reached everybody. One that did not counts for nothing, however many like it follow. */
export function reachedAll({ tally }: Run): boolean {
  return undeliveredRows(tally) === 0;
}

/** Deletes test people 0 to max_n as a run of its own: journalled, rate limited, and resumed where it was interrupted. */
export function sweep(loadtest: LoadtestRun, number: number, setting: SendSetting): Promise<ExitCode> {
  const { session, sending, host } = setting;
  const { journal } = session;
  const run = runOfSweep(loadtest, number, setting);
  noteRun(journal, run.id, { argv: host.argv, folder: host.cwd, target: targetText(session.target) });
  const work: RunWork = {
    run,
    name: run.source,
    chunks: deleteChunks(loadtest.id, run.checkpoint?.row ?? 0, loadtest.max_n),
    isComplete: () => true,
    ledger: createImportLedger(journal, run.id, host.clock.now),
    findRecords: ({ start }, indexes) =>
      indexes.map((index) => ({ text: JSON.stringify({ id: personId(loadtest.id, start.row + index) }), line: 0 })),
    rowsTotal: () => loadtest.max_n + 1,
    next: sameCommand(host),
  };
  return withLimits(sending, host, (limits) => sendRun(work, setting, limits));
}

function runOfSweep(
  loadtest: LoadtestRun,
  number: number,
  { session: { journal, workspace, environmentId }, host }: SendSetting,
): Run {
  const sourceKey = sweepKey(loadtest, number);
  const source = `test people of ${loadtest.id}, sweep ${number}`;
  return (
    runsOfSource(journal, sourceKey, workspace)[0] ??
    createRun(
      journal,
      {
        type: 'cleanup',
        source,
        sourceKey,
        workspace,
        environmentId: environmentId ?? null,
        fingerprint: 'delete',
        spec: '{}',
      },
      host.clock.now(),
    )
  );
}
