import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startCli } from '../../support/cli.ts';
import { freePort, hasRedis, redisFor } from '../../support/redis.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { SELF_SIGNED } from '../../support/self-signed.ts';
import { peopleCsv, tempFolder } from '../../support/temp.ts';
import { TIMED } from '../../support/timed.ts';
import { until } from '../../support/until.ts';
import { openWorkspace } from '../../support/workspace.ts';

const ONE_BY_ONE = ['--batch-rows', '1', '--json'];
/** Found wherever it leaks. */
const PASSWORD = 'canary-redis-5d0e77b1';

describe.skipIf(!hasRedis)('imports that share a budget', () => {
  it('together send no more in any second than one alone, and all of their rows arrive', TIMED, async (test) => {
    const redis = await redisFor(test);
    const sandbox = await sandboxFor(test, { latency: '20-60' });
    const runs = Array.from({ length: 4 }, (_, i) => {
      const cwd = tempFolder(test);
      const args = ['import', peopleCsv(cwd, 100, `people-${i}.csv`), ...ONE_BY_ONE, '--rate', '80'];
      return startCli(test, [...args, '--budget', redis.url], { cwd, trackUrl: sandbox.trackUrl });
    });
    const results = await Promise.all(runs.map((run) => run.ended));
    const state = await sandbox.state();
    expect(results.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(['', '', '', '']);
    expect(results[0]?.stderr).toContain(
      `Sharing 80 requests/s with all senders of this workspace (Redis at 127.0.0.1:${redis.port})`,
    );
    expect(results.map(({ summary }) => summary?.['delivered'])).toEqual([100, 100, 100, 100]);
    expect(state.requests.total).toBe(404);
    expect(state.max_requests_in_any_second).toBeLessThanOrEqual(81);
  });

  it('together send no more when one of them is stopped for a while', TIMED, async (test) => {
    const redis = await redisFor(test);
    const sandbox = await sandboxFor(test, { latency: '20-60' });
    const runs = Array.from({ length: 2 }, (_, i) => {
      const cwd = tempFolder(test);
      const args = ['import', peopleCsv(cwd, 250, `people-${i}.csv`), ...ONE_BY_ONE, '--rate', '80'];
      return startCli(test, [...args, '--budget', redis.url], { cwd, trackUrl: sandbox.trackUrl });
    });
    await until(async () => (await sandbox.state()).people >= 100, '100 people');
    runs[0]?.child.kill('SIGSTOP');
    await sleep(900);
    runs[0]?.child.kill('SIGCONT');
    const results = await Promise.all(runs.map((run) => run.ended));
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect((await sandbox.state()).max_requests_in_any_second).toBeLessThanOrEqual(81);
  });

  it('agree on the rate: another one is refused, and --set-rate changes it for all', async (test) => {
    const redis = await redisFor(test);
    const { run, folder } = await openWorkspace(test);
    const send = (name: string, ...flags: string[]) =>
      run(['import', peopleCsv(folder, 2, name), '--budget', redis.url, ...flags]);
    expect((await send('a.csv', '--rate', '50')).code).toBe(0);
    const other = await send('b.csv', '--rate', '60');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('cio-bulk: --rate 60: the shared budget has a rate of 50 requests/s');
    expect(other.stderr).toContain('--set-rate');
    const joined = await send('b.csv');
    expect([joined.code, joined.stderr]).toEqual([0, expect.stringContaining('Sharing 50 requests/s')]);
    expect((await send('c.csv', '--rate', '60', '--set-rate')).code).toBe(0);
    expect((await send('d.csv')).stderr).toContain('Sharing 60 requests/s');
  });

  it('with --budget-share leave the rest to others', TIMED, async (test) => {
    const redis = await redisFor(test);
    const { run, folder, sandbox } = await openWorkspace(test);
    const args = ['import', peopleCsv(folder, 60), ...ONE_BY_ONE, '--budget', redis.url, '--budget-share', '0.25'];
    const result = await run([...args, '--rate', '80']);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('25 % of it at most');
    expect((await sandbox.state()).max_requests_in_any_second).toBeLessThanOrEqual(21);
  });

  it('a retry and a clean-up share it too', async (test) => {
    const redis = await redisFor(test);
    const { run, folder } = await openWorkspace(test, { faults: 'partial=100%' });
    const first = await run(['import', peopleCsv(folder, 2), '--budget', redis.url, '--budget-share', '0.5']);
    expect(first.code).toBe(6);
    const retry = await run(['retry-failed', '--rejected', '--budget', redis.url]);
    expect(retry.stderr).toContain('Sharing 80 requests/s');
    const cleanup = await run(['cleanup', '--yes', '--budget', redis.url]);
    expect([cleanup.code, cleanup.stderr]).toEqual([0, expect.stringContaining('Sharing 80 requests/s')]);
  });
});

describe.skipIf(!hasRedis)('when Redis is away', () => {
  it('nothing is sent, and the same command goes on later', async (test) => {
    const redis = await redisFor(test);
    await redis.kill();
    const { run, folder, sandbox } = await openWorkspace(test);
    const args = ['import', peopleCsv(folder, 5), '--budget', redis.url, '--max-attempts', '2'];
    const away = await run(args);
    expect(away.code).toBe(5);
    expect(away.stderr).toContain(
      `Redis at 127.0.0.1:${redis.port}, which holds the shared budget, refuses connections`,
    );
    expect(away.lastLine).toContain(`--budget ${redis.url}`);
    expect((await sandbox.state()).requests.total).toBe(0);
    await redis.start();
    expect((await run(args)).code).toBe(0);
  });

  it('a run waits for it, says so, and goes on', async (test) => {
    const redis = await redisFor(test);
    const { start, folder, sandbox } = await openWorkspace(test);
    const run = start(['import', peopleCsv(folder, 300), ...ONE_BY_ONE, '--rate', '40', '--budget', redis.url]);
    await until(async () => (await sandbox.state()).people >= 20, '20 people');
    await redis.kill();
    await run.says('nothing is sent until it is back');
    await until(() => run.stdout().includes('"state":"budget"'), 'the progress to tell', run.stdout);
    const before = (await sandbox.state()).requests.total;
    await sleep(500);
    expect((await sandbox.state()).requests.total).toBe(before);
    await redis.start();
    await run.says('the budget is shared again');
    const result = await run.ended;
    expect([result.code, result.summary?.['delivered']]).toEqual([0, 300]);
  });

  it('for longer than --max-outage, the run ends with 5 and can be resumed', async (test) => {
    const redis = await redisFor(test);
    const { start, run, folder, sandbox } = await openWorkspace(test);
    const args = ['import', peopleCsv(folder, 200), ...ONE_BY_ONE, '--rate', '40', '--budget', redis.url];
    const first = start([...args, '--max-outage', '1s']);
    await until(async () => (await sandbox.state()).people >= 20, '20 people');
    await redis.kill();
    const ended = await first.ended;
    expect(ended.code).toBe(5);
    expect(ended.stderr).toMatch(/which holds the shared budget, refuses connections for 1\.\d s \(--max-outage\)/);
    expect(ended.lastLine).toContain('cio-bulk import');
    expect(Number(ended.summary?.['failed'])).toBe(0);
    const resumed = await run(['import', join(folder, 'people.csv'), '--json']);
    expect([resumed.code, resumed.summary?.['delivered']]).toEqual([0, 200]);
  });

  it('Ctrl-C does not wait for it, neither in a run nor before', async (test) => {
    const redis = await redisFor(test);
    const { start, folder, sandbox } = await openWorkspace(test);
    const args = ['import', peopleCsv(folder, 200), ...ONE_BY_ONE, '--rate', '40', '--budget', redis.url];
    const underWay = start(args);
    await until(async () => (await sandbox.state()).people >= 20, '20 people');
    await redis.kill();
    await underWay.says('nothing is sent until it is back');
    underWay.child.kill('SIGINT');
    const stopped = await underWay.ended;
    expect([stopped.code, stopped.lastLine]).toEqual([130, expect.stringContaining('cio-bulk import')]);
    const before = start([...args, '--max-attempts', '100']);
    await until(() => existsSync(join(folder, '.cio-bulk', 'journal.db-wal')), 'the journal to be open');
    before.child.kill('SIGINT');
    const never = await before.ended;
    expect([never.code, never.lastLine]).toEqual([130, expect.stringContaining('cio-bulk import')]);
  });

  it('--budget-fallback sends at a rate of its own, from the start or from the middle on', TIMED, async (test) => {
    const redis = await redisFor(test);
    await redis.kill();
    const { start, folder, sandbox } = await openWorkspace(test);
    const args = ['import', peopleCsv(folder, 150), ...ONE_BY_ONE, '--budget', redis.url, '--budget-fallback', '10'];
    const run = start([...args, '--rate', '80']);
    await run.says('sending 10 requests/s until it is back (--budget-fallback)');
    await until(async () => (await sandbox.state()).people >= 20, '20 people');
    expect((await sandbox.state()).max_requests_in_any_second).toBeLessThanOrEqual(11);
    await redis.start();
    await run.says('the budget is shared again');
    const result = await run.ended;
    expect([result.code, result.summary?.['delivered']]).toEqual([0, 150]);
    expect((await sandbox.state()).max_requests_in_any_second).toBeLessThanOrEqual(81);
  });
});

describe.skipIf(!hasRedis)('a Redis that cannot hold a budget', () => {
  it.for([
    ['throws keys away when it is full', ['--maxmemory-policy', 'allkeys-lru'], 2, 'maxmemory-policy allkeys-lru'],
    ['is a replica', ['--replicaof', '127.0.0.1', '1'], 5, 'is a replica that takes no writes'],
    ['is full', ['--maxmemory', '1'], 5, 'is out of memory (maxmemory)'],
  ] as const)('is refused: it %s', async ([, args, code, words], test) => {
    const redis = await redisFor(test, args);
    const { run, folder, sandbox } = await openWorkspace(test);
    const result = await run(['import', peopleCsv(folder, 3), '--budget', redis.url, '--max-attempts', '1']);
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(words)]);
    expect((await sandbox.state()).requests.total).toBe(0);
  });
});

describe.skipIf(!hasRedis)('what answers in place of Redis', () => {
  it('is refused when nobody vouches for its certificate', async (test) => {
    const { run, folder } = await openWorkspace(test);
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    writeFileSync(key, SELF_SIGNED.key);
    writeFileSync(cert, SELF_SIGNED.cert);
    const port = await freePort();
    const tls = [
      '--tls-port',
      String(port),
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-ca-cert-file',
      cert,
    ];
    await redisFor(test, ['--port', '0', ...tls, '--tls-auth-clients', 'no']);
    const result = await run(['import', peopleCsv(folder, 3), '--budget', `rediss://127.0.0.1:${port}`]);
    expect([result.code, result.stderr]).toEqual([
      2,
      expect.stringContaining(`Redis at 127.0.0.1:${port} has a certificate that cannot be trusted`),
    ]);
  });

  it('is told when it is something else', async (test) => {
    const { run, folder, sandbox } = await openWorkspace(test);
    const { host, port } = new URL(sandbox.url);
    const result = await run(['import', peopleCsv(folder, 3), '--budget', `redis://127.0.0.1:${port}`]);
    expect([result.code, result.stderr]).toEqual([
      2,
      expect.stringContaining(`Redis at ${host} does not speak the protocol of Redis`),
    ]);
  });
});

describe.skipIf(!hasRedis)('the password of Redis', () => {
  it('is taken from the environment, and shows up nowhere', async (test) => {
    const redis = await redisFor(test, ['--requirepass', PASSWORD]);
    const { run, folder } = await openWorkspace(test);
    const args = ['import', peopleCsv(folder, 3), '--verbose', '--budget'];
    const env = (password: string) => ({
      env: { CIO_BULK_REDIS_URL: `redis://:${password}@127.0.0.1:${redis.port}` },
    });
    const results = [
      await run([...args, `redis://:${PASSWORD}@127.0.0.1:${redis.port}`]),
      await run([...args, redis.url]),
      await run([...args, 'env'], env(`${PASSWORD}-wrong`)),
      await run([...args, 'env']),
      await run([...args, 'env'], env(PASSWORD)),
    ];
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2, 0]);
    const said = results.map(({ stdout, stderr }) => stdout + stderr);
    expect(said[0]).toContain('--budget must not carry a user or password');
    expect(said[1]).toContain(`Redis at 127.0.0.1:${redis.port} wants a password`);
    expect(said[2]).toContain(`Redis at 127.0.0.1:${redis.port} refuses the password`);
    expect(said[3]).toContain('--budget env: CIO_BULK_REDIS_URL is not set');
    const kept = readdirSync(join(folder, '.cio-bulk')).map((name) =>
      readFileSync(join(folder, '.cio-bulk', name), 'latin1'),
    );
    expect([...said, ...kept].filter((text) => text.includes(PASSWORD))).toEqual([]);
  });

  it('may be that of a user who is allowed what the documentation says, and is told when it is not enough', async (test) => {
    const redis = await redisFor(test);
    const [, rights = ''] = /`user cio on >\.\.\. ([^`]+)`/.exec(readFileSync('docs/fleet.md', 'utf8')) ?? [];
    const client = redis.client();
    await client.call('ACL', 'SETUSER', 'cio', 'on', `>${PASSWORD}`, ...rights.split(/\s+/));
    await client.call('ACL', 'SETUSER', 'poor', 'on', `>${PASSWORD}`, '~other:*', '+@all');
    const { run, folder } = await openWorkspace(test);
    const send = (user: string) =>
      run(['import', peopleCsv(folder, 3), '--budget', 'env', '--restart'], {
        env: { CIO_BULK_REDIS_URL: `redis://${user}:${PASSWORD}@127.0.0.1:${redis.port}` },
      });
    const [allowed, poor] = [await send('cio'), await send('poor')];
    expect([allowed.code, allowed.stderr]).toEqual([0, expect.stringContaining('Sharing 80 requests/s')]);
    expect([poor.code, poor.stderr]).toEqual([2, expect.stringContaining('does not allow this user')]);
  });

  it('may be in the file of --env-file', async (test) => {
    const redis = await redisFor(test, ['--requirepass', PASSWORD]);
    const { run, folder } = await openWorkspace(test);
    writeFileSync(join(folder, 'keys.env'), `CIO_BULK_REDIS_URL=redis://:${PASSWORD}@127.0.0.1:${redis.port}\n`);
    const result = await run(['import', peopleCsv(folder, 3), '--env-file', 'keys.env', '--budget', 'env']);
    expect([result.code, result.stderr]).toEqual([0, expect.stringContaining('Sharing 80 requests/s')]);
  });
});
