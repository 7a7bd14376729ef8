import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CREDENTIALS, runCli, type CliResult } from '../../support/cli.ts';
import { startWorker, tallyOf } from '../../support/fleet/workers.ts';
import { hasRedis, redisFor, type TestRedis } from '../../support/redis.ts';
import { openService } from '../../support/service.ts';
import { tempFolder, type Finishing } from '../../support/temp.ts';

const PEOPLE = [
  'id,email,plan',
  ...Array.from({ length: 300 }, (_, n) => `u${n % 100},u${n % 100}@example.com,p${n}`),
].join('\n');

function enqueue(
  test: Finishing,
  redis: TestRedis,
  { name, text, args = [] }: { readonly name: string; readonly text: string; readonly args?: readonly string[] },
): Promise<CliResult> {
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, name), text);
  return runCli(test, ['enqueue', name, '--redis', redis.url, '--json', ...args], {
    cwd,
    env: { CUSTOMERIO_SITE_ID: CREDENTIALS.siteId },
  });
}

describe.skipIf(!hasRedis)('cio-bulk enqueue', () => {
  it('puts the rows of a file into the lanes, mapped as an import maps them, and a worker sends them in order', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const enqueued = await enqueue(test, redis, {
      name: 'people.csv',
      text: `${PEOPLE}\n,nobody@example.com,x\nonly-one-cell\n`,
    });
    expect(enqueued.code, enqueued.stderr).toBe(6);
    expect(enqueued.summary).toMatchObject({ rows_read: 302, pending: 301, invalid: 1, delivered: 0, exit_code: 6 });
    expect(await tallyOf(redis.client())).toMatchObject({ pending: 301 });
    const worker = await startWorker(test, { redis, url: service.url, args: ['--exit-when-empty'] }).ended;
    expect(worker.code, worker.stderr).toBe(0);
    const plansOf = (id: string): unknown[] =>
      service.received
        .filter(({ identifiers }) => identifiers['id'] === id)
        .map(({ attributes }) => attributes?.['plan']);
    for (let n = 0; n < 100; n++) expect(plansOf(`u${n}`)).toEqual([`p${n}`, `p${n + 100}`, `p${n + 200}`]);
    expect(service.received.every(({ timestamp = 0 }) => timestamp > 1.7e9)).toBe(true);
  });

  it('gives events the ids that an import gives them, so that a file which comes twice counts once', async (test) => {
    const redis = await redisFor(test);
    const service = await openService(test);
    const file = {
      name: 'events.ndjson',
      text: Array.from({ length: 50 }, (_, n) =>
        JSON.stringify({
          type: 'track',
          userId: `u${n % 5}`,
          event: 'paid',
          timestamp: 1_700_000_000 + n,
          properties: { n },
        }),
      ).join('\n'),
    };
    for (const _ of [1, 2]) expect((await enqueue(test, redis, file)).code).toBe(0);
    expect((await startWorker(test, { redis, url: service.url, args: ['--exit-when-empty'] }).ended).code).toBe(0);
    expect([service.received.length, service.taken.length]).toEqual([100, 50]);
  });

  it('stops when as many operations are pending as may be, and says so', async (test) => {
    const redis = await redisFor(test);
    const result = await enqueue(test, redis, { name: 'people.csv', text: PEOPLE, args: ['--max-pending', '200'] });
    expect(result.code).toBe(8);
    expect(result.json).toContainEqual(expect.objectContaining({ type: 'error', code: 'fleet_full' }));
    const pending = (await tallyOf(redis.client()))['pending'] ?? 0;
    expect(pending).toBeLessThanOrEqual(200);
  });

  it('keeps events that no batch can hold out of the lanes', async (test) => {
    const redis = await redisFor(test);
    const large = JSON.stringify({
      type: 'track',
      userId: '1',
      event: 'x',
      timestamp: 1_700_000_000,
      properties: { a: 'y'.repeat(900), b: Array.from({ length: 50 }, () => 'z'.repeat(900)) },
    });
    const result = await enqueue(test, redis, {
      name: 'events.ndjson',
      text: `${large}\n${large.replace('"b":', '"c":1,"d":').replace(/\["z.*\]/, '[]')}\n`,
    });
    expect(result.summary).toMatchObject({ rows_read: 2, pending: 1, invalid: 1 });
    expect(result.json).toContainEqual(
      expect.objectContaining({ type: 'undelivered', code: 'too_long', row: 1, line: 1 }),
    );
  });

  it('says so when Redis is not there', async (test) => {
    const redis = await redisFor(test);
    await redis.kill();
    const result = await enqueue(test, redis, { name: 'people.csv', text: PEOPLE });
    expect([result.code, result.json.at(-1)?.['code']]).toEqual([5, 'redis_unreachable']);
  });
});
