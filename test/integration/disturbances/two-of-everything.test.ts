import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli, startCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { eventsCsv, peopleCsv, tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { TIMED } from '../../support/timed.ts';

const SLOW = ['--batch-rows', '5', '--rate', '50', '--json'];

describe('two processes', () => {
  it.concurrent(
    'the second on one journal and workspace ends with 7 and the pid of the first, which is not disturbed',
    async (test) => {
      const sandbox = await sandboxFor(test, { latency: 50 });
      const cwd = tempFolder(test);
      const first = startCli(test, ['import', eventsCsv(cwd, 500), ...SLOW, '--rate', '5'], {
        cwd,
        trackUrl: sandbox.trackUrl,
      });
      await until(async () => (await sandbox.state()).events > 0, 'events');
      for (const args of [['import', eventsCsv(cwd, 5, 'other.csv')], ['retry-failed']]) {
        const second = await runCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
        expect(second.code).toBe(7);
        expect(second.stderr).toContain(`pid ${first.pid}`);
        expect(second.lastLine).toBe(`cio-bulk ${args.join(' ')}`);
      }
      first.child.kill('SIGINT');
      const result = await first.ended;
      expect(result.code).toBe(130);
      expect(result.summary?.['delivered']).toBe((await sandbox.state()).events);
    },
  );

  it.concurrent('on one file with two journals: every event counts once', async (test) => {
    const sandbox = await sandboxFor(test, { latency: 20 });
    const cwd = tempFolder(test);
    const file = eventsCsv(cwd, 300);
    const both = await Promise.all(
      ['a/journal.db', 'b/journal.db'].map((journal) =>
        runCli(test, ['import', file, '--journal', journal, ...SLOW], { cwd, trackUrl: sandbox.trackUrl }),
      ),
    );
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const state = await sandbox.state();
    expect([state.events, state.duplicate_events_ignored]).toEqual([300, 300]);
  });

  it.concurrent('two workspaces on one journal do not hinder each other', async (test) => {
    const [one, two] = [
      await sandboxFor(test, { latency: 50 }),
      await sandboxFor(test, { latency: 50, siteId: 'another-site', trackApiKey: 'another-key' }),
    ];
    const cwd = tempFolder(test);
    const results = await Promise.all([
      runCli(test, ['import', eventsCsv(cwd, 200, 'one.csv'), ...SLOW], { cwd, trackUrl: one.trackUrl }),
      runCli(test, ['import', eventsCsv(cwd, 200, 'two.csv'), ...SLOW], {
        cwd,
        trackUrl: two.trackUrl,
        env: { CUSTOMERIO_SITE_ID: 'another-site', CUSTOMERIO_TRACK_API_KEY: 'another-key' },
      }),
    ]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect([(await one.state()).events, (await two.state()).events]).toEqual([200, 200]);
  });

  it.concurrent('status and failures answer while a run goes on, and hold nothing up', async (test) => {
    const sandbox = await sandboxFor(test, { latency: 50, faults: 'partial=20%', seed: 3 });
    const cwd = tempFolder(test);
    const run = startCli(test, ['import', peopleCsv(cwd, 1000), ...SLOW], { cwd, trackUrl: sandbox.trackUrl });
    await until(() => run.stdout().includes('"undelivered"'), 'an undelivered row');
    const status = await runCli(test, ['status', '--json'], { cwd });
    expect(status.code).toBe(0);
    expect(status.json[0]).toMatchObject({ type: 'run', run: 1, state: 'running', next: 'wait' });
    const failures = await runCli(test, ['failures'], { cwd });
    expect(failures.code).toBe(0);
    expect(failures.stdout).toContain('cio_bulk_reason');
    const result = await run.ended;
    expect(result.code).toBe(6);
    const after = await runCli(test, ['status', '--run', '1', '--json'], { cwd });
    expect(after.json[0]).toMatchObject({
      state: 'finished',
      rows_read: 1000,
      pending: 0,
      rejected: result.summary?.['rejected'],
    });
  });

  it.concurrent(
    'a killed process holds no lock: the next one goes on at once, and status said that it was interrupted',
    async (test) => {
      const sandbox = await sandboxFor(test, { latency: 50 });
      const cwd = tempFolder(test);
      const args = ['import', eventsCsv(cwd, 300), ...SLOW];
      const run = startCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
      await until(async () => (await sandbox.state()).events >= 20, 'events');
      run.child.kill('SIGKILL');
      await run.ended;
      const status = await runCli(test, ['status', '--json'], { cwd });
      expect(status.json[0]).toMatchObject({ state: 'interrupted', next: ['cio-bulk', ...args].join(' ') });
      const again = await runCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
      expect(again.code).toBe(0);
      expect(again.summary?.['delivered']).toBe(300);
      expect((await sandbox.state()).events).toBe(300);
    },
  );
});

it.concurrent.for([3_600_000, -3_600_000])(
  'a clock that jumps by %i ms and back changes neither pace nor outcome',
  TIMED,
  async (shiftMs, test) => {
    const sandbox = await sandboxFor(test, { latency: 20 });
    const cwd = tempFolder(test);
    const preload = fileURLToPath(new URL('../../support/shift-clock.mjs', import.meta.url));
    const run = startCli(test, ['import', eventsCsv(cwd, 500), ...SLOW], {
      cwd,
      trackUrl: sandbox.trackUrl,
      nodeArgs: ['--import', preload],
      env: { SHIFT_MS: String(shiftMs) },
    });
    for (const events of [50, 200, 350]) {
      await until(async () => (await sandbox.state()).events >= events, `${events} events`);
      run.child.kill('SIGUSR2');
    }
    const result = await run.ended;
    expect(result.code).toBe(0);
    expect((await sandbox.state()).events).toBe(500);
    expect((await sandbox.state()).max_requests_in_any_second).toBeLessThanOrEqual(56);
    expect(Number(result.summary?.['duration_ms'])).toBeLessThan(15_000);
  },
);
