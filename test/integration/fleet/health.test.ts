import { describe, expect, it } from 'vitest';
import type { RunningCli } from '../../support/cli.ts';
import { producerFor, startWorker } from '../../support/fleet/workers.ts';
import { hasRedis, redisFor } from '../../support/redis.ts';
import { openService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** Asks the worker; undefined while it does not listen. */
async function ask(
  worker: RunningCli,
  path: string,
): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
  const base = /http:\/\/[\d.]+:\d+/.exec(worker.stderr())?.[0];
  if (base === undefined) return undefined;
  try {
    const response = await fetch(base + path);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  } catch {
    return undefined;
  }
}

describe.skipIf(!hasRedis)('cio-bulk worker --listen', () => {
  it('is ready while it can work, and not healthy or unhealthy by what Customer.io does', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const args = ['--listen', '127.0.0.1:0', '--max-attempts', '1'];
    const worker = startWorker(test, { redis, url: service.url, args });
    const isReady = async (status: number): Promise<boolean> => (await ask(worker, '/readyz'))?.status === status;
    await until(() => isReady(200), 'the worker to be ready', worker.stderr);
    expect(await ask(worker, '/healthz')).toMatchObject({ status: 200 });
    expect(await ask(worker, '/health/customerio')).toEqual({ status: 200, body: { state: 'ok' } });
    expect(await ask(worker, '/elsewhere')).toMatchObject({ status: 404 });

    service.mood = 'fails';
    const producer = producerFor(test, redis);
    await Promise.all(Array.from({ length: 50 }, (_, n) => producer.track(`u${n}`, 'step', { n })));
    await until(
      async () => (await ask(worker, '/health/customerio'))?.status === 503,
      'the circuit to open',
      worker.stderr,
    );
    expect((await ask(worker, '/health/customerio'))?.body).toMatchObject({
      state: 'outage',
      waited_ms: expect.any(Number) as number,
    });
    expect([(await ask(worker, '/healthz'))?.status, (await ask(worker, '/readyz'))?.status]).toEqual([200, 200]);
    service.mood = 'takes';

    await redis.kill();
    await until(() => isReady(503), 'the worker not to be ready without Redis');
    expect((await ask(worker, '/readyz'))?.body['reason']).toContain('Redis');
    expect((await ask(worker, '/healthz'))?.status).toBe(200);
    await redis.start();
    await until(() => isReady(200), 'the worker to be ready again');
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });

  it('refuses to listen on what is no address', async (test) => {
    const redis = await redisFor(test);
    const { code, stderr } = await startWorker(test, { redis, url: 'http://127.0.0.1:1', args: ['--listen', 'x'] })
      .ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining('expected host:port')]);
  });
});
