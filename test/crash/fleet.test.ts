import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CREDENTIALS } from '../support/cli.ts';
import { fleetKills } from '../support/fleet/kills.ts';
import { hasRedis, redisFor } from '../support/redis.ts';
import { startWorker } from '../support/fleet/workers.ts';
import { openService } from '../support/service.ts';

const SEED = Number(process.env['CIO_BULK_TEST_SEED'] ?? Date.now() % 1_000_000);

describe.skipIf(!hasRedis)('kill -9 of workers, and of Redis under them', () => {
  it(`loses, doubles and reorders nothing (CIO_BULK_TEST_SEED=${SEED})`, { timeout: 240_000 }, async (test) => {
    const redis = await redisFor(test, ['--appendfsync', 'always']);
    const service = await openService(test);
    const strikes = { workerKills: 5, redisKills: 1, freezes: 0, freezeMs: 0, lifeMsMax: 4_000 };
    const kills = { ...strikes, operations: 20_000, people: 50, seed: SEED };
    const verdict = await fleetKills(test, { redis, service }, kills);
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0, stale: 0, pending: 0 });
  });
});

describe.skipIf(!hasRedis)('kill -9 of a producer', () => {
  it('loses nothing that it was told Redis has', { timeout: 120_000 }, async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const confirmed: number[] = [];
    for (const first of [0, 100_000, 200_000]) confirmed.push(...(await killedProducer(redis.url, first)));
    expect(confirmed.length).toBeGreaterThan(300);
    const worker = startWorker(test, { redis, url: service.url, args: ['--exit-when-empty'] });
    expect((await worker.ended).code).toBe(0);
    const arrived = service.received.map(({ attributes }) => Number(attributes?.['n']));
    expect(new Set(arrived).size).toBe(arrived.length);
    expect(confirmed.filter((n) => !arrived.includes(n))).toEqual([]);
    expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
  });
});

/** The events that a producer said Redis has, before it was killed in the middle of its work. */
async function killedProducer(redisUrl: string, first: number): Promise<number[]> {
  const script = fileURLToPath(new URL('../support/fleet/producer.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, redisUrl, CREDENTIALS.siteId, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > 150) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return said.slice(0, said.lastIndexOf('\n')).split('\n').map(Number);
}
