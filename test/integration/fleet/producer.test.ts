import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { isUlid } from '../../../src/domain/ulid.ts';
import { workspaceHash } from '../../../src/domain/workspace.ts';
import { fleetKeys, laneOf } from '../../../src/fleet/keys.ts';
import { ENQUEUE } from '../../../src/fleet/lane-writer.ts';
import { createProducer, ProducerError, type ProducerOptions } from '../../../src/producer/index.ts';
import { hasRedis, redisFor, type TestRedis } from '../../support/redis.ts';
import type { Finishing } from '../../support/temp.ts';

const WORKSPACE = 'site-of-the-producer-tests';
const keys = fleetKeys(workspaceHash(WORKSPACE));

function producerFor(test: Finishing, redis: TestRedis, options: Partial<ProducerOptions> = {}) {
  const producer = createProducer({ redis: redis.url, workspace: WORKSPACE, ...options });
  test.onTestFinished(() => producer.close());
  return producer;
}

interface Entry {
  readonly key: string;
  readonly operation: Readonly<Record<string, unknown>>;
}

/** What the lane of an ordering key holds, in order. */
async function laneOfKey(client: Redis, key: string): Promise<Entry[]> {
  const entries = await client.xrange(keys.lane(laneOf(key, 64)), '-', '+');
  return entries.map(([, [, k = '', , op = '']]) => ({ key: k, operation: JSON.parse(op) as Entry['operation'] }));
}

const rejection = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => 'taken',
    (error: unknown) => (error instanceof ProducerError ? error.code : error),
  );

describe.skipIf(!hasRedis)('a producer', () => {
  it('puts each operation into the lane of its person, with time and id', async (test) => {
    const redis = await redisFor(test);
    const producer = producerFor(test, redis);
    const before = Math.floor(Date.now() / 1000);
    await Promise.all([
      producer.identify('7', { plan: 'pro' }),
      producer.track('7', 'signed_up', { source: 'web' }),
      producer.track({ email: 'A@b.c' }, 'opened', {}, { timestamp: new Date('2026-01-02T03:04:05Z') }),
      producer.delete({ cio_id: 'cio_a3' }),
      producer.suppress('8'),
      producer.send({ action: 'unsuppress', identifiers: { id: '8' } }),
    ]);
    const client = redis.client();
    const [identify, event] = await laneOfKey(client, 'id:7');
    expect(identify).toEqual({
      key: 'id:7',
      operation: {
        type: 'person',
        identifiers: { id: '7' },
        action: 'identify',
        attributes: { plan: 'pro' },
        timestamp: expect.toSatisfy((seconds: number) => seconds >= before && seconds <= before + 60) as number,
      },
    });
    expect(event?.operation).toMatchObject({ action: 'event', name: 'signed_up', attributes: { source: 'web' } });
    expect(event?.operation['id']).toSatisfy(isUlid);
    const [opened] = await laneOfKey(client, 'email:a@b.c');
    expect(opened).toMatchObject({ key: 'email:a@b.c', operation: { timestamp: 1767323045 } });
    expect(await laneOfKey(client, 'cio_id:a3')).toMatchObject([{ operation: { action: 'delete' } }]);
    expect((await laneOfKey(client, 'id:8')).map(({ operation }) => operation['action'])).toEqual([
      'suppress',
      'unsuppress',
    ]);
    expect(await client.hgetall(keys.tally)).toEqual({ pending: '6' });
    expect(await client.hgetall(keys.meta)).toEqual({ format: '1', lanes: '64' });
    const busy = await client.smembers(keys.busy);
    expect((await client.lrange(keys.wake, 0, -1)).toSorted()).toEqual(busy.toSorted());
  });

  it('gives the same event the same id, whoever tells it and whenever', async (test) => {
    const redis = await redisFor(test);
    await producerFor(test, redis).track('7', 'paid', { n: 1 }, { id: 'order-1' });
    await producerFor(test, redis).track('7', 'paid', { n: 1 }, { id: 'order-1', timestamp: 1 });
    await producerFor(test, redis).track('7', 'paid', { n: 1 }, { id: 'order-2' });
    const ids = (await laneOfKey(redis.client(), 'id:7')).map(({ operation }) => operation['id']);
    expect(ids[0]).toSatisfy(isUlid);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('keeps the order of an ordering key, and wakes a worker once', async (test) => {
    const redis = await redisFor(test);
    const producer = producerFor(test, redis);
    const given = Array.from({ length: 2_500 }, (_, n) => n);
    await Promise.all(given.map((n) => producer.track(String(n % 7), 'step', { n }, { key: 'account 1' })));
    const client = redis.client();
    const lane = await laneOfKey(client, 'account 1');
    expect(lane.map(({ operation }) => (operation['attributes'] as { n: number }).n)).toEqual(given);
    expect(await client.lrange(keys.wake, 0, -1)).toEqual([String(laneOf('account 1', 64))]);
  });

  it('has what it confirmed in Redis, in order, when Redis crashes under it', async (test) => {
    const redis = await redisFor(test, ['--appendfsync', 'always']);
    const producer = producerFor(test, redis, { timeoutMs: 60_000 });
    await producer.track('7', 'step', { n: -1 });
    const taken: Promise<void>[] = [];
    for (let n = 0; n < 3_000; n++) taken.push(producer.track('7', 'step', { n }));
    await taken[200];
    await redis.kill();
    await redis.start();
    await Promise.all(taken);
    const lane = await laneOfKey(redis.client(), 'id:7');
    const numbers = [...new Set(lane.map(({ operation }) => (operation['attributes'] as { n: number }).n))]; // repeats left out
    expect(numbers).toEqual(Array.from({ length: 3_001 }, (_, n) => n - 1));
  });

  it('is refused when as many operations are pending as may be', async (test) => {
    const redis = await redisFor(test);
    const producer = producerFor(test, redis, { maxPending: 3 });
    await Promise.all(['1', '2', '3'].map((id) => producer.identify(id, {})));
    expect(await rejection(producer.identify('4', {}))).toBe('full');
    expect(await redis.client().hget(keys.tally, 'pending')).toBe('3');
  });

  it.for([
    [{ action: 'identify', identifiers: {} }],
    [{ action: 'dance', identifiers: { id: '1' } }],
    [{ action: 'identify', identifiers: { id: '1' }, timestamp: 'yesterday' }],
    [{ action: 'event', name: 'a', id: 7, identifiers: { id: '1' } }],
    [{ action: 'identify', identifiers: { id: '' } }],
    [{ action: 'identify', identifiers: { id: '1' }, attributes: { text: 'é'.repeat(16_000) } }],
    [{ action: 'identify', identifiers: { id: '1' }, attributes: { big: 1n } }],
  ] as const)('refuses what can never be sent: %o', async ([operation], test) => {
    const redis = await redisFor(test);
    expect(await rejection(producerFor(test, redis).send(operation))).toBe('invalid');
  });

  it('gives up on an operation when Redis is away for too long', async (test) => {
    const redis = await redisFor(test);
    const producer = producerFor(test, redis, { timeoutMs: 300 });
    await producer.identify('1', {});
    await redis.kill();
    expect(await rejection(producer.identify('2', {}))).toBe('unreachable');
  });

  it('that fires and forgets never throws, keeps a bounded number of operations, and counts what it drops', async (test) => {
    const redis = await redisFor(test);
    await redis.kill();
    const dropped: string[] = [];
    const producer = producerFor(test, redis, {
      fireAndForget: true,
      bufferMax: 5,
      timeoutMs: 60_000,
      onDrop: (reason) => dropped.push(reason),
    });
    await producer.send({ action: 'dance' });
    for (let n = 0; n < 8; n++) await producer.track('7', 'step', { n });
    expect(dropped.toSorted()).toEqual(['invalid', 'overflow', 'overflow', 'overflow']);
    await redis.start();
    await producer.close();
    await producer.track('7', 'late');
    expect(producer.drops()).toEqual({ invalid: 1, overflow: 3, closed: 1 });
    expect(await laneOfKey(redis.client(), 'id:7')).toHaveLength(5);
  });
});

it('cio-bulk/producer needs no package but the client of Redis', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string }>;
  };
  const files = [join(root, exports['./producer']?.default ?? '')];
  const packages = new Set<string>();
  for (const file of files)
    for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)) {
      const next = join(dirname(file), from);
      if (!from.startsWith('.')) packages.add(from);
      else if (!files.includes(next)) files.push(next);
    }
  expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual(['ioredis']);
});

it('docs/scale.md has the script by which other languages produce', () => {
  const page = readFileSync(new URL('../../../docs/scale.md', import.meta.url), 'utf8');
  expect(/```lua\n([\s\S]*?)\n```/.exec(page)?.[1]).toBe(ENQUEUE.lua.trim());
});
