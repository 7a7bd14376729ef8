import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/session/sandbox-process.ts';
import { createRandom } from '../support/random.ts';
import { credentialsOf, openTestWorkspace, OTHERS } from '../support/test-people.ts';
import { startCli } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { k6Bin } from '../support/k6-binary.ts';

const others = [...OTHERS].sort();
const LOAD = ['--scenario', 'ramp', '--rate', '60', '--duration', '30s', '--max-users', '400', '--json'];
const VICTIMS = ['launcher', 'k6', 'launcher and k6', 'launcher early'] as const;

describe.skipIf(k6Bin === undefined).concurrent('killed at random', { timeout: 120_000 }, () => {
  it.for(VICTIMS)('the %s, and then the cleanup: no test person stays, nobody else goes', async (victim, test) => {
    const random = createRandom(VICTIMS.indexOf(victim));
    const place = await openTestWorkspace(test);
    const last4 = place.sandbox.siteId.slice(-4);
    const env = { ...credentialsOf(place.sandbox), CUSTOMERIO_ENVIRONMENT: 'staging', CIO_BULK_K6: k6Bin ?? '' };
    const load = startCli(test, ['loadtest', ...LOAD, '--confirm', last4], { cwd: place.folder, env });
    if (victim === 'launcher early') await load.says('Load test');
    else await until(() => load.stdout().includes('"type":"progress"'), 'the load to run');
    await sleep(random() * (victim === 'launcher early' ? 800 : 2_500)); // the moment is the point
    const k6Pid = place.loadtests()[0]?.k6_pid ?? null;
    if (victim !== 'k6') load.child.kill('SIGKILL');
    if (victim.includes('k6') && k6Pid !== null) process.kill(k6Pid, 'SIGKILL');
    const ended = await load.ended;
    if (victim === 'k6')
      expect(ended).toMatchObject({
        code: 9,
        lastLine: expect.stringMatching(new RegExp(`^cio-bulk cleanup --run [a-z0-9]+ --confirm ${last4}$`)),
      });

    const cleanup = ['--confirm', last4, '--settle-wait', '500ms'];
    const killed = place.start([...cleanup, '--rate', '5']);
    await until(
      async () =>
        killed.child.exitCode !== null ||
        ((await place.sandbox.state()).requests.by_path['POST /api/v2/batch']?.['200'] ?? 0) > 1,
      'the cleanup to delete',
    );
    await sleep(random() * 500);
    killed.child.kill('SIGKILL');
    await killed.ended;

    expect(await place.cleanup(cleanup)).toMatchObject({ code: 0 });
    expect(await place.ids()).toEqual(others);
    expect(place.loadtests().every(({ state }) => state === 'cleaned')).toBe(true);

    // The next load test may start, and counts right. A busy machine may be too slow for its schedule (exit 9), never for its answers.
    const before = await loadRequests(place.sandbox);
    const next = await startCli(
      test,
      [
        'loadtest',
        '--scenario',
        'smoke',
        '--duration',
        '3s',
        '--p95',
        '8000',
        '--p99',
        '9000',
        '--json',
        '--confirm',
        last4,
      ],
      { cwd: place.folder, env },
    ).ended;
    const counted = (await loadRequests(place.sandbox)) - before;
    expect([0, 9], next.stderr).toContain(next.code);
    expect(['pass', 'invalid'], next.stderr).toContain(next.summary?.['verdict']);
    expect(counted).toBeGreaterThan(0);
    expect(next.summary).toMatchObject({
      achieved: { requests: counted },
      statuses: { 200: counted },
      limited: 0,
      failures: 0,
      script_errors: 0,
    });
  });
});

/** Requests of load tests that the sandbox has answered, cleanups left out. */
async function loadRequests(sandbox: Sandbox): Promise<number> {
  const byPath = Object.entries((await sandbox.state()).requests.by_path);
  return byPath
    .filter(([path]) => path.includes('/customers/'))
    .reduce((sum, [, byStatus]) => sum + Object.values(byStatus).reduce((a, b) => a + b, 0), 0);
}
