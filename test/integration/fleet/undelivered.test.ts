import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CREDENTIALS, runCli, type CliResult } from '../../support/cli.ts';
import { KEYS, producerFor, startWorker, tallyOf, undeliveredOf } from '../../support/fleet/workers.ts';
import { describedAs } from '../../support/json-lines.ts';
import { hasRedis, redisFor, type TestRedis } from '../../support/redis.ts';
import { openService, type Service, type TakenOperation } from '../../support/service.ts';
import { tempFolder, type Finishing } from '../../support/temp.ts';

const step = ({ attributes }: TakenOperation): number => Number(attributes?.['n']);
const stepsOf = ({ taken }: Service, id: string): number[] =>
  taken.filter(({ identifiers }) => identifiers['id'] === id).map(step);

/** A fleet in which the second step of person 7 fails, and the first of person 9 is refused. */
async function troubledFleet(test: Finishing) {
  const redis = await redisFor(test);
  const service = await openService(test);
  const producer = producerFor(test, redis);
  const drain = async (): Promise<void> => {
    const args = ['--exit-when-empty', '--max-attempts', '1'];
    const { code, stderr } = await startWorker(test, { redis, url: service.url, args }).ended;
    expect(code, stderr).toBe(0);
  };
  service.mood = { failsWith: ({ identifiers, attributes }) => identifiers['id'] === '7' && attributes?.['n'] === 1 };
  for (let n = 0; n < 4; n++) await Promise.all(['7', '8'].map((id) => producer.identify(id, { n })));
  await drain();
  service.mood = ({ identifiers }) => identifiers['id'] === '9';
  await producer.identify('9', { n: 0 });
  await drain();
  service.mood = 'takes';
  const look = (test_: Finishing, ...args: string[]): Promise<CliResult> => lookAt(test_, redis, args);
  return { redis, service, producer, drain, look, client: redis.client() };
}

function lookAt(test: Finishing, redis: TestRedis, args: readonly string[]): Promise<CliResult> {
  return runCli(test, [...args, '--redis', redis.url], {
    cwd: tempFolder(test),
    env: { CUSTOMERIO_SITE_ID: CREDENTIALS.siteId },
  });
}

describe.skipIf(!hasRedis)('operations of a fleet that did not arrive', () => {
  it(
    'are shown, written with their reasons, and sent again in order, before newer ones',
    { timeout: 120_000 },
    async (test) => {
      const { redis, service, producer, drain, look, client } = await troubledFleet(test);
      await producer.identify('7', { n: 4 });
      const { code, json } = await look(test, 'status', '--json');
      expect([code, json.map(describedAs)]).toEqual([0, ['fleet']]);
      expect(json[0]).toMatchObject({ pending: 1, delivered: 5, rejected: 1, failed: 3, held: 1 });
      expect(json[0]?.['lanes']).toEqual([expect.objectContaining({ pending: 1, again: 0 })]);
      const failures = (await look(test, 'failures')).stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(
        failures.map((line) => [line['cio_bulk_code'], line['cio_bulk_key'], step(line as unknown as TakenOperation)]),
      ).toEqual([
        ['http_500', 'id:7', 1],
        ['behind_failed', 'id:7', 2],
        ['behind_failed', 'id:7', 3],
        ['invalid', 'id:9', 0],
      ]);
      const retried = await look(test, 'retry-failed', '--json');
      expect(retried.json.map(describedAs)).toEqual(['retry']);
      expect(retried.json[0]).toMatchObject({ operations: 3, left_out: 0 });
      await drain();
      expect(stepsOf(service, '7')).toEqual([0, 1, 2, 3, 4]);
      expect(await client.hgetall(KEYS.held)).toEqual({});
      expect(await tallyOf(client)).toMatchObject({ pending: 0, delivered: 9, rejected: 1, failed: 0 });
      expect(await undeliveredOf(client)).toEqual([expect.objectContaining({ k: 'id:9', state: 'rejected' })]);
      const rejected = await lookAt(test, redis, ['retry-failed', '--rejected', '--json']);
      expect(rejected.json[0]).toMatchObject({ operations: 1 });
      await drain();
      expect(stepsOf(service, '9')).toEqual([0]);
      expect(await tallyOf(client)).toMatchObject({ delivered: 10, rejected: 0 });
    },
  );

  it(
    'stay where they are when they fail again, and what comes later stays behind them',
    { timeout: 120_000 },
    async (test) => {
      const { service, producer, drain, look, client } = await troubledFleet(test);
      service.mood = {
        failsWith: ({ identifiers, attributes }) => identifiers['id'] === '7' && attributes?.['n'] === 2,
      };
      await look(test, 'retry-failed');
      await producer.identify('7', { n: 4 });
      await drain();
      expect(stepsOf(service, '7')).toEqual([0, 1]);
      const left = await undeliveredOf(client);
      expect(left.filter(({ k }) => k === 'id:7').map(({ op = '' }) => step(JSON.parse(op) as TakenOperation))).toEqual(
        [2, 3, 4],
      );
      service.mood = 'takes';
      await look(test, 'retry-failed');
      await drain();
      expect(stepsOf(service, '7')).toEqual([0, 1, 2, 3, 4]);
      expect(await client.hgetall(KEYS.held)).toEqual({});
    },
  );

  it('can be written to a file, and corrected ones enqueued', { timeout: 120_000 }, async (test) => {
    const { redis, service, drain } = await troubledFleet(test);
    const cwd = tempFolder(test);
    const env = { CUSTOMERIO_SITE_ID: CREDENTIALS.siteId };
    await runCli(test, ['failures', '-o', 'undelivered.ndjson', '--redis', redis.url], { cwd, env });
    expect(readFileSync(join(cwd, 'undelivered.ndjson'), 'utf8').split('\n')).toHaveLength(5);
    const { code, stderr } = await runCli(test, ['enqueue', 'undelivered.ndjson', '--redis', redis.url], { cwd, env });
    expect(code, stderr).toBe(0);
    await drain();
    expect(stepsOf(service, '9')).toEqual([0]);
    expect(stepsOf(service, '7')).toEqual([0]); // behind what has failed
  });

  it.for([
    ['status', '--run', '1'],
    ['failures', '--format', 'csv'],
    ['retry-failed', '--from', 'x.csv'],
  ])('%s with %s is about a journal: it is refused', async (args, test) => {
    const result = await runCli(test, [...args, '--redis', 'redis://127.0.0.1:1'], { cwd: tempFolder(test) });
    expect(result.code).toBe(2);
  });
});
