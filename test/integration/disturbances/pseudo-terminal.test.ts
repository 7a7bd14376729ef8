/** On a real pseudo-terminal, which `script` (of util-linux) opens. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN, runCli, targetEnv } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { eventsCsv, tempFolder, type Finishing } from '../../support/temp.ts';
import { isAlive } from '../../support/alive.ts';
import { hasScript } from '../../support/tools.ts';
import { until } from '../../support/until.ts';

/** Starts the program with a terminal as its stdin, stdout and stderr. The file `pid` then holds its process id. */
function onTerminal(test: Finishing, args: readonly string[], { cwd, trackUrl }: { cwd: string; trackUrl?: string }): { child: ChildProcess; shown: () => string } {
  const words = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `echo $$ > pid; exec ${words}`, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TERM: 'xterm', ...targetEnv(trackUrl) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => (shown += text));
  test.onTestFinished(() => void child.kill('SIGKILL'));
  return { child, shown: () => shown };
}

it.skipIf(!hasScript).concurrent('a terminal that goes away stops the run in good order, and the same command finishes it', async (test) => {
  const sandbox = await sandboxFor(test, { latency: 100 });
  const cwd = tempFolder(test);
  const args = ['import', eventsCsv(cwd, 1000), '--batch-rows', '5', '--rate', '50'];
  const { child, shown } = onTerminal(test, args, { cwd, trackUrl: sandbox.trackUrl });
  await until(async () => (await sandbox.state()).events >= 20, 'events');
  const pid = Number(readFileSync(join(cwd, 'pid'), 'utf8'));
  expect(isAlive(pid)).toBe(true);
  await until(() => shown().includes('rows/s'), 'the progress bar');
  child.kill('SIGKILL'); // its end of the terminal closes
  await once(child, 'close');
  await until(() => !isAlive(pid), 'the end of the run');
  const { events } = await sandbox.state();
  expect(events).toBeLessThan(1000);
  const again = await runCli(test, [...args, '--rate', '0', '--json'], { cwd, trackUrl: sandbox.trackUrl });
  expect(again.code).toBe(0);
  expect(again.summary?.['in_doubt_resent']).toBe(0); // what was in flight when the terminal went had been settled
  const state = await sandbox.state();
  expect([state.events, state.duplicate_events_ignored]).toEqual([1000, 0]);
});

it.skipIf(!hasScript).concurrent('failures: control characters of the data do not reach a terminal, but a pipe and a file', async (test) => {
  const sandbox = await sandboxFor(test);
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, 'people.csv'), 'id,name\n,\u001b[2J\u001b]0;title\u0007Ann\n7,Bob\n');
  expect((await runCli(test, ['import', 'people.csv'], { cwd, trackUrl: sandbox.trackUrl })).code).toBe(6);
  const piped = await runCli(test, ['failures', '-o', '-'], { cwd });
  expect(piped.stdout).toContain('\u001b[2J\u001b]0;title\u0007Ann');
  for (const flags of [['--format', 'csv'], ['--format', 'ndjson'], ['-o', '/dev/tty']]) {
    const { child, shown } = onTerminal(test, ['failures', ...flags], { cwd });
    await once(child, 'close');
    expect(existsSync(join(cwd, 'pid'))).toBe(true);
    expect(shown()).toContain('no_identifier');
    expect(shown()).toContain('Ann');
    for (const control of ['\u001b[2J', '\u001b]0;', '\u0007']) expect(shown()).not.toContain(control);
  }
});
