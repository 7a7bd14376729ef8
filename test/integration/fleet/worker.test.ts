import { describe, expect, it } from 'vitest';
import { startCli, targetEnv } from '../../support/cli.ts';
import { hasRedis, redisFor } from '../../support/redis.ts';
import { openService, type TakenOperation } from '../../support/service.ts';
import { KEYS, producerFor, startWorker, tallyOf, undeliveredOf } from '../../support/fleet/workers.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const step = ({ attributes }: TakenOperation): number => Number(attributes?.['n']);
const stepsOf = (taken: readonly TakenOperation[], id: string): number[] =>
  taken.filter(({ identifiers }) => identifiers['id'] === id).map(step);

describe.skipIf(!hasRedis)('cio-bulk worker', () => {
  it('sends what producers put into the lanes, in the order of each person, and leaves nothing behind', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const producer = producerFor(test, redis);
    const steps = Array.from({ length: 2_000 }, (_, n) => n);
    await Promise.all(steps.map((n) => producer.track(`u${n % 40}`, 'step', { n })));
    const worker = startWorker(test, { redis, url: service.url, args: ['--exit-when-empty', '--json'] });
    const { code, summary, stderr } = await worker.ended;
    expect(code, stderr).toBe(0);
    expect(summary).toMatchObject({ delivered: 2_000, pending: 0, rows_read: 2_000, exit_code: 0 });
    expect(summary?.['requests']).toBeLessThan(60); // operations of many lanes share batches
    for (let person = 0; person < 40; person++)
      expect(stepsOf(service.received, `u${person}`)).toEqual(steps.filter((n) => n % 40 === person));
    const client = redis.client();
    expect(await tallyOf(client)).toMatchObject({ pending: 0, delivered: 2_000 });
    expect(
      await client.keys(`${KEYS.prefix}:lane:*`).then((lanes) => Promise.all(lanes.map((lane) => client.xlen(lane)))),
    ).toEqual(expect.not.arrayContaining([expect.toSatisfy((length: number) => length > 0)]));
    expect(await client.smembers(KEYS.busy)).toEqual([]);
  });

  it('goes on while it is told things, and stops at once at SIGTERM, without sending anything twice', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const producer = producerFor(test, redis);
    const first = startWorker(test, { redis, url: service.url });
    await first.says('Taking operations');
    const steps = Array.from({ length: 3_000 }, (_, n) => n);
    const sent = (async () => {
      for (const n of steps) {
        void producer.track(`u${n % 40}`, 'step', { n });
        if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await until(() => service.received.length > 500, 'the first worker to send');
    const second = startWorker(test, { redis, url: service.url });
    await second.says('Taking operations');
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    await sent;
    await until(() => service.received.length >= 3_000, 'everything to arrive');
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
    expect(service.received).toHaveLength(3_000);
    for (let person = 0; person < 40; person++)
      expect(stepsOf(service.received, `u${person}`)).toEqual(steps.filter((n) => n % 40 === person));
    expect(await tallyOf(redis.client())).toMatchObject({ pending: 0, delivered: 3_000 });
  });

  it('keeps what the service refuses, with the reason, and what no batch can hold', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const client = redis.client();
    service.mood = (operation) => step(operation) === 3;
    const producer = producerFor(test, redis);
    for (let n = 0; n < 6; n++) await producer.identify('7', { n });
    const lane = (await client.smembers(KEYS.busy))[0] ?? '';
    await client.xadd(KEYS.lane(Number(lane)), '*', 'k', 'id:7', 'op', '{"type":'); // by somebody who does not use the library
    await client.hincrby(KEYS.tally, 'pending', 1);
    const worker = startWorker(test, { redis, url: service.url, args: ['--exit-when-empty'] });
    expect((await worker.ended).code).toBe(0);
    expect(stepsOf(service.taken, '7')).toEqual([0, 1, 2, 4, 5]);
    expect(await undeliveredOf(client)).toEqual([
      expect.objectContaining({ lane, k: 'id:7', state: 'rejected', op: expect.stringContaining('"n":3') as string }),
      expect.objectContaining({ lane, k: 'id:7', state: 'invalid', code: 'bad_operation', op: '{"type":' }),
    ]);
    expect(await tallyOf(client)).toMatchObject({ pending: 0, delivered: 5, rejected: 1, invalid: 1 });
    expect(await client.hgetall(KEYS.held)).toEqual({});
  });

  it('keeps the operations of a person behind one that failed, also those that come to the next worker', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const client = redis.client();
    service.mood = { failsWith: (operation) => operation.identifiers['id'] === '7' && step(operation) === 1 };
    const producer = producerFor(test, redis);
    for (let n = 0; n < 3; n++) for (const id of ['7', '8']) await producer.identify(id, { n });
    const args = ['--exit-when-empty', '--max-attempts', '1'];
    expect((await startWorker(test, { redis, url: service.url, args }).ended).code).toBe(0);
    expect(stepsOf(service.taken, '7')).toEqual([0]);
    expect(stepsOf(service.taken, '8')).toEqual([0, 1, 2]);
    service.mood = 'takes';
    for (const id of ['7', '8']) await producer.identify(id, { n: 3 });
    expect((await startWorker(test, { redis, url: service.url, args }).ended).code).toBe(0);
    expect(stepsOf(service.taken, '7')).toEqual([0]);
    expect(stepsOf(service.taken, '8')).toEqual([0, 1, 2, 3]);
    expect(
      (await undeliveredOf(client)).map(({ k, code, op = '' }) => [k, code, step(JSON.parse(op) as TakenOperation)]),
    ).toEqual([
      ['id:7', 'http_500', 1],
      ['id:7', 'behind_failed', 2],
      ['id:7', 'behind_failed', 3],
    ]);
    expect(await client.hgetall(KEYS.held)).toEqual({ 'id:7': '3' });
  });

  it.for([
    [['--maxmemory-policy', 'allkeys-lru'], [], 2, 'maxmemory-policy allkeys-lru'],
    [[], ['--rate', '0'], 2, '--rate 0'],
    [[], ['--timeout', '15s'], 2, '--timeout'],
  ] as const)(
    'does not start where it could not keep its promises: Redis %j, flags %j',
    async ([settings, args, code, words], test) => {
      const redis = await redisFor(test, settings);
      const ended = await startWorker(test, { redis, url: 'http://127.0.0.1:1', args: [...args, '--no-preflight'] })
        .ended;
      expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(words)]);
    },
  );

  it('warns of a Redis that forgets what it accepted', async (test) => {
    const redis = await redisFor(test, ['--appendonly', 'no']);
    const service = await openService(test);
    const ended = await startWorker(test, { redis, url: service.url, args: ['--exit-when-empty'] }).ended;
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('appendonly no')]);
  });

  it('ends at once, and marks nothing as failed, when its credentials are refused', async (test) => {
    const redis = await redisFor(test);
    const sandbox = await sandboxFor(test);
    await producerFor(test, redis).identify('7', { n: 0 });
    const worker = startCli(test, ['worker', '--redis', redis.url, '--no-preflight'], {
      cwd: tempFolder(test),
      env: { ...targetEnv(sandbox.url), CUSTOMERIO_TRACK_API_KEY: 'wrong' },
    });
    expect((await worker.ended).code).toBe(3);
    expect(await tallyOf(redis.client())).toMatchObject({ pending: 1, failed: 0, rejected: 0 });
    const next = startWorker(test, { redis, url: sandbox.url, args: ['--exit-when-empty'] });
    expect((await next.ended).code).toBe(0);
    expect(await tallyOf(redis.client())).toMatchObject({ pending: 0, delivered: 1 });
  });

  it('ends when the service is away for too long, and the next worker goes on', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const producer = producerFor(test, redis);
    await Promise.all(Array.from({ length: 50 }, (_, n) => producer.track(`u${n}`, 'step', { n })));
    const worker = startWorker(test, {
      redis,
      url: 'http://127.0.0.1:1',
      args: ['--max-outage', '2s', '--no-preflight'],
    });
    expect((await worker.ended).code).toBe(5);
    expect(await tallyOf(redis.client())).toMatchObject({ pending: 50, failed: 0 });
    expect((await startWorker(test, { redis, url: service.url, args: ['--exit-when-empty'] }).ended).code).toBe(0);
    expect(service.taken).toHaveLength(50);
  });

  it('waits for a Redis that is away, goes on when it is back, and ends when that takes too long', async (test) => {
    const redis = await redisFor(test, ['--appendfsync', 'always']);
    const service = await openService(test);
    const producer = producerFor(test, redis);
    const worker = startWorker(test, { redis, url: service.url, args: ['--max-outage', '4s'] });
    await worker.says('Taking operations');
    await producer.track('7', 'step', { n: 0 });
    await redis.kill();
    const told = producer.track('7', 'step', { n: 1 });
    await redis.start();
    await told;
    await until(() => stepsOf(service.taken, '7').length === 2, 'both to arrive');
    await redis.kill();
    const { code, stderr } = await worker.ended;
    expect([code, stderr]).toEqual([5, expect.stringContaining('Redis at 127.0.0.1')]);
  });

  it('stops when it is told to, also while Redis is away', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const worker = startWorker(test, { redis, url: service.url });
    await worker.says('Taking operations');
    await producerFor(test, redis).track('7', 'step', { n: 0 });
    await until(() => service.taken.length === 1, 'the operation to arrive');
    await redis.kill();
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });
});
