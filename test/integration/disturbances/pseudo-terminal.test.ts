import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { eventsCsv, tempFolder } from '../../support/temp.ts';
import { hasTerminals, onTerminal } from '../../support/terminal.ts';
import { isAlive } from '../../support/alive.ts';
import { until } from '../../support/until.ts';

describe.skipIf(!hasTerminals)('on a terminal', () => {
  it.concurrent(
    'a terminal that goes away stops the run in good order, and the same command finishes it',
    async (test) => {
      const sandbox = await sandboxFor(test, { latency: 100 });
      const cwd = tempFolder(test);
      const args = ['import', eventsCsv(cwd, 1000), '--batch-rows', '5', '--rate', '50'];
      const terminal = onTerminal(test, args, { cwd, trackUrl: sandbox.trackUrl });
      await until(async () => (await sandbox.state()).events >= 20, 'events');
      const pid = terminal.pid();
      expect(isAlive(pid)).toBe(true);
      await until(() => terminal.shown().includes('rows/s'), 'the progress bar');
      terminal.hangUp();
      await terminal.ended;
      await until(() => !isAlive(pid), 'the end of the run');
      const { events } = await sandbox.state();
      expect(events).toBeLessThan(1000);
      const again = await runCli(test, [...args, '--rate', '0', '--json'], { cwd, trackUrl: sandbox.trackUrl });
      expect(again.code).toBe(0);
      expect(again.summary?.['in_doubt_resent']).toBe(0); // what was in flight when the terminal went had been settled
      const state = await sandbox.state();
      expect([state.events, state.duplicate_events_ignored]).toEqual([1000, 0]);
    },
  );

  it.concurrent(
    'failures: control characters of the data do not reach a terminal, but a pipe and a file',
    async (test) => {
      const sandbox = await sandboxFor(test);
      const cwd = tempFolder(test);
      writeFileSync(join(cwd, 'people.csv'), 'id,name\n,\u001b[2J\u001b]0;title\u0007Ann\n7,Bob\n');
      expect((await runCli(test, ['import', 'people.csv'], { cwd, trackUrl: sandbox.trackUrl })).code).toBe(6);
      const piped = await runCli(test, ['failures', '-o', '-'], { cwd });
      expect(piped.stdout).toContain('\u001b[2J\u001b]0;title\u0007Ann');
      for (const flags of [
        ['--format', 'csv'],
        ['--format', 'ndjson'],
        ['-o', '/dev/tty'],
      ]) {
        const terminal = onTerminal(test, ['failures', ...flags], { cwd });
        await terminal.ended;
        expect(existsSync(join(cwd, 'pid'))).toBe(true);
        expect(terminal.shown()).toContain('no_identifier');
        expect(terminal.shown()).toContain('Ann');
        for (const control of ['\u001b[2J', '\u001b]0;', '\u0007']) expect(terminal.shown()).not.toContain(control);
      }
    },
  );
});
