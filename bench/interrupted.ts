/** What it costs to go on: after a kill at 90 % of a file, and with the failures of a large run. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Context } from './context.ts';
import { inputFile } from './files.ts';
import { CLI } from './paths.ts';
import { cliEnvironment, importArgs, QUIET_SINK, summaryOf } from './programs.ts';
import { assertExit, inFolder, startNode } from './processes.ts';
import { millions } from './throughput.ts';
import type { Sink } from './sink-process.ts';

const KILL_AT = 0.9;
const POLL_MS = 5;
const FAILURES = 1000;

export async function resume({ sink, collect, largeRows }: Context): Promise<void> {
  const file = await inputFile({ kind: 'people', format: 'csv', rows: largeRows });
  await inFolder(async (folder) => {
    const stoppedAt = await killAt(folder, sink, file, largeRows);
    const share = Math.round((stoppedAt / largeRows) * 100);
    for (const [name, flags] of [
      ['no rate limit', ['--rate', '0']],
      ['default settings', []],
    ] as const) {
      const trial = join(folder, name.replaceAll(' ', '-'));
      cpSync(join(folder, 'journal'), join(trial, 'journal'), { recursive: true });
      await sink.reset(QUIET_SINK);
      const firstWrite = sink.firstWrite();
      const args = importArgs(file, trial, flags);
      const started = startNode(args, { cwd: trial, env: cliEnvironment(sink) });
      const ended = await Promise.race([firstWrite, started.ended]);
      if (typeof ended !== 'number') throw new Error(`nothing was sent: ${ended.stderr}`);
      const seconds = (ended - started.startedAt) / 1000;
      if (flags.length === 0) started.child.kill('SIGKILL');
      else {
        const end = await started.ended;
        assertExit(end, 0, args);
        const summary = summaryOf(end);
        if (summary.delivered !== largeRows || summary.rows_read !== largeRows)
          throw new Error(`resumed at row ${stoppedAt}, and the summary says ${JSON.stringify(summary)}`);
      }
      await started.ended;
      collect.finding(
        'resume',
        `${millions(largeRows)} rows at ${share} % until the first batch, ${name}`,
        seconds,
        's',
        'lower',
        { what: 'target of 10 M', value: 2 },
      );
    }
  });
}

/** Runs an import, kills it hard when its checkpoint passes the mark, and says where the checkpoint stands. */
async function killAt(folder: string, sink: Sink, file: string, rows: number): Promise<number> {
  await sink.reset(QUIET_SINK);
  const started = startNode(importArgs(file, folder, ['--rate', '0']), { cwd: folder, env: cliEnvironment(sink) });
  let isRunning = true;
  void started.ended.finally(() => (isRunning = false));
  while (isRunning && checkpointRow(folder) < KILL_AT * rows) await sleep(POLL_MS);
  if (!isRunning) throw new Error(`the import ended before it could be killed: ${(await started.ended).stderr}`);
  started.child.kill('SIGKILL');
  await started.ended;
  return checkpointRow(folder);
}

function checkpointRow(folder: string): number {
  try {
    const journal = new Database(join(folder, 'journal', 'journal.db'), { readonly: true, fileMustExist: true });
    try {
      return journal.prepare<[], number>('SELECT max(row) FROM runs').pluck().get() ?? 0;
    } finally {
      journal.close();
    }
  } catch {
    return 0; // not there yet
  }
}

/** Events without a time are kept back as failed when nobody said that they may trigger campaigns. */
export async function retryFailed({ sink, collect, largeRows }: Context): Promise<void> {
  const file = await inputFile({ kind: 'events', format: 'csv', rows: largeRows, timeless: FAILURES });
  await inFolder(async (folder) => {
    await sink.reset(QUIET_SINK);
    const args = importArgs(file, folder, ['--rate', '0']);
    const imported = await startNode(args, { cwd: folder, env: cliEnvironment(sink) }).ended;
    assertExit(imported, 6, args);
    const before = summaryOf(imported);
    if (before.failed !== FAILURES || before.delivered !== largeRows - FAILURES)
      throw new Error(`${FAILURES} failures were wanted, and the summary says ${JSON.stringify(before)}`);

    await sink.reset({ latencyMs: 0, countRows: true });
    const firstWrite = sink.firstWrite();
    const retryArgs = [
      CLI,
      'retry-failed',
      '--allow-triggers',
      '--journal',
      join(folder, 'journal', 'journal.db'),
      '--json',
      '--quiet',
    ];
    const started = startNode(retryArgs, { cwd: folder, env: cliEnvironment(sink) });
    const ended = await Promise.race([firstWrite, started.ended.then(() => null)]);
    const end = await started.ended;
    assertExit(end, 0, retryArgs);
    if (ended === null) throw new Error('nothing was sent');
    const { rows } = await sink.counts();
    const after = summaryOf(end);
    if (rows !== FAILURES || after.failed !== 0 || after.delivered !== largeRows)
      throw new Error(`${rows} rows arrived of ${FAILURES}, and the summary says ${JSON.stringify(after)}`);
    collect.finding(
      'retry',
      `${FAILURES} failures of ${millions(largeRows)} rows until the first batch`,
      (ended - started.startedAt) / 1000,
      's',
      'lower',
      { what: 'target of 10 M', value: 0.5 },
    );
  });
}
