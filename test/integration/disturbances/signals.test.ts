import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPEN, runCli, startCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { eventsCsv, tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { hostileServer } from '../../support/hostile-server.ts';
import { assertAddsUp } from '../../support/send-people.ts';
import { TIMED } from '../../support/timed.ts';

const SLOW = ['--batch-rows', '5', '--rate', '50', '--json'];

describe('a signal in the middle of a run', () => {
  it.concurrent.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const)(
    '%s settles what is in flight, ends with %i and the command that continues; that command finishes',
    async ([signal, code], test) => {
      const sandbox = await sandboxFor(test, { latency: 100 });
      const cwd = tempFolder(test);
      const args = ['import', eventsCsv(cwd, 1000), ...SLOW];
      const run = startCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
      await until(async () => (await sandbox.state()).events >= 20, 'events');
      run.child.kill(signal);
      const stopped = await run.ended;
      expect(stopped.code).toBe(code);
      assertAddsUp(stopped);
      expect(stopped.summary?.['exit_code']).toBe(code);
      expect(stopped.lastLine).toBe(`cio-bulk ${args.join(' ')}`);
      expect((await sandbox.state()).events).toBe(stopped.summary?.['delivered']); // nothing is left in doubt
      const again = await runCli(test, [...args, '--rate', '0'], { cwd, trackUrl: sandbox.trackUrl });
      expect(again.code).toBe(0);
      expect(again.summary?.['in_doubt_resent']).toBe(0);
      const state = await sandbox.state();
      expect([state.events, state.duplicate_events_ignored]).toEqual([1000, 0]);
    },
  );

  it.concurrent(
    'a second SIGINT ends it at once, even when the service never answers; what was in flight is in doubt',
    async (test) => {
      const server = await hostileServer(test, () => undefined);
      const cwd = tempFolder(test);
      const run = startCli(test, ['import', eventsCsv(cwd, 100), ...SLOW, '--timeout', '60s'], {
        cwd,
        trackUrl: server.url,
      });
      await until(() => server.batches.length > 3, 'batches');
      run.child.kill('SIGINT');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(run.child.exitCode).toBeNull();
      const from = performance.now();
      run.child.kill('SIGINT');
      const stopped = await run.ended;
      expect(performance.now() - from).toBeLessThan(5_000);
      expect(stopped.code).toBe(130);
      assertAddsUp(stopped);
      expect(stopped.summary?.['delivered']).toBe(0);
      expect(stopped.lastLine).toMatch(/^cio-bulk import /);
    },
  );

  it.concurrent.for([
    ['has no writer', undefined],
    ['has a writer that says nothing', ''],
    ['has a writer that went quiet', 'id,name\n1,Ann\n'],
  ] as const)('SIGINT ends it promptly while a named pipe %s', async ([, said], test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    const pipe = join(cwd, 'people.csv');
    execFileSync('mkfifo', [pipe]);
    const writer = said === undefined ? undefined : openSync(pipe, 'r+');
    if (writer !== undefined) test.onTestFinished(() => closeSync(writer));
    const run = startCli(test, ['import', 'people.csv'], { cwd, trackUrl: sandbox.trackUrl });
    await run.says('Sending to');
    if (writer !== undefined && said !== undefined) writeSync(writer, said);
    await until(
      () => readdirSync(`/proc/${run.pid}/fd`).some((fd) => linkOf(`/proc/${run.pid}/fd/${fd}`) === pipe),
      'the pipe to be open',
    );
    const from = performance.now();
    run.child.kill('SIGINT');
    const stopped = await run.ended;
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(stopped.code).toBe(130);
    expect(stopped.lastLine).toBe('cio-bulk import people.csv');
  });

  it.concurrent('a named pipe whose writer leaves without a word is an empty input', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    execFileSync('mkfifo', [join(cwd, 'people.csv')]);
    const run = startCli(test, ['import', 'people.csv'], { cwd, trackUrl: sandbox.trackUrl });
    await run.says('Sending to');
    execFileSync('sh', ['-c', ': > people.csv'], { cwd });
    const ended = await run.ended;
    expect([ended.code, ended.signal]).toEqual([0, null]); // as an empty file
  });

  it.concurrent('a named pipe whose writer comes late and pauses is read to its end', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    execFileSync('mkfifo', [join(cwd, 'people.csv')]);
    const run = startCli(test, ['import', 'people.csv'], { cwd, trackUrl: sandbox.trackUrl });
    await run.says('Sending to');
    execFileSync('sh', ['-c', '(printf "id,name\\n1,Ann\\n"; sleep 0.3; printf "2,Bob\\n") > people.csv'], { cwd });
    expect((await run.ended).code).toBe(0);
    expect((await sandbox.state()).people).toBe(2);
  });

  it.concurrent('SIGINT while a pipe says nothing ends it, before the first row and after', async (test) => {
    const sandbox = await sandboxFor(test);
    for (const text of ['', 'id,event,timestamp\nu1,seen,1600000000\n']) {
      const cwd = tempFolder(test);
      const run = startCli(test, ['import', '-', '--format', 'csv', '--json'], {
        cwd,
        trackUrl: sandbox.trackUrl,
        input: OPEN,
      });
      run.child.stdin?.write(text);
      await run.says('Sending to');
      if (text !== '') await until(async () => (await sandbox.state()).events > 0, 'the event');
      run.child.kill('SIGINT');
      const stopped = await run.ended;
      expect(stopped.code).toBe(130);
      expect(stopped.lastLine).toBe('cio-bulk import - --format csv --json');
    }
  });

  it.concurrent('SIGSTOP keeps the lock, and SIGCONT goes on where it was', TIMED, async (test) => {
    const sandbox = await sandboxFor(test, { latency: 50 });
    const cwd = tempFolder(test);
    const args = ['import', eventsCsv(cwd, 600), ...SLOW, '--timeout', '2s'];
    const run = startCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
    await until(async () => (await sandbox.state()).events >= 20, 'events');
    run.child.kill('SIGSTOP');
    const other = await runCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
    expect(other.code).toBe(7);
    await new Promise((resolve) => setTimeout(resolve, 2_500)); // longer than the time-out of a request
    run.child.kill('SIGCONT');
    const result = await run.ended;
    expect(result.code).toBe(0);
    expect((await sandbox.state()).events).toBe(600);
    expect((await sandbox.state()).max_requests_in_any_second).toBeLessThanOrEqual(56);
  });
});

describe('streams that go away', () => {
  it.concurrent('a reader of stdout that leaves ends the talking, not the work', async (test) => {
    const sandbox = await sandboxFor(test, { latency: 20 });
    const cwd = tempFolder(test);
    const run = startCli(test, ['import', eventsCsv(cwd, 600), ...SLOW], { cwd, trackUrl: sandbox.trackUrl });
    await until(() => run.stdout().includes('"plan"'), 'the plan');
    run.child.stdout?.destroy();
    const result = await run.ended;
    expect(result.code).toBe(0);
    expect((await sandbox.state()).events).toBe(600);
  });

  it.concurrent('a reader of stdout and stderr that leaves does not either', async (test) => {
    const sandbox = await sandboxFor(test, { latency: 20 });
    const cwd = tempFolder(test);
    const run = startCli(test, ['import', eventsCsv(cwd, 600), ...SLOW.slice(0, -1), '--verbose'], {
      cwd,
      trackUrl: sandbox.trackUrl,
    });
    await run.says('Sending to');
    run.child.stdout?.destroy();
    run.child.stderr?.destroy();
    const result = await run.ended;
    expect(result.code).toBe(0);
    expect((await sandbox.state()).events).toBe(600);
  });

  it.concurrent('`failures | head` ends well', async (test) => {
    const cwd = tempFolder(test);
    writeFileSync(join(cwd, 'bad.csv'), `id,email,plan\n7,,\n${',,pro\n'.repeat(30_000)}`);
    const sandbox = await sandboxFor(test);
    const sent = await runCli(test, ['import', 'bad.csv', '--quiet'], { cwd, trackUrl: sandbox.trackUrl });
    expect(sent.code).toBe(6);
    const run = startCli(test, ['failures'], { cwd });
    await until(() => run.stdout() !== '', 'a line');
    run.child.stdout?.destroy();
    expect((await run.ended).code).toBe(0);
  });
});

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // closed in the meantime
  }
}
