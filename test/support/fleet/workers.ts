import type { Redis } from 'ioredis';
import { workspaceHash } from '../../../src/domain/workspace.ts';
import { fleetKeys } from '../../../src/fleet/keys.ts';
import { createProducer, type Producer, type ProducerOptions } from '../../../src/producer/index.ts';
import { CREDENTIALS, startCli, type RunningCli } from '../cli.ts';
import type { TestRedis } from '../redis.ts';
import { tempFolder, type Finishing } from '../temp.ts';

/** Of the workspace that `runCli` has the credentials of. */
export const KEYS = fleetKeys(workspaceHash(CREDENTIALS.siteId));

export function producerFor(test: Finishing, redis: TestRedis, options: Partial<ProducerOptions> = {}): Producer {
  const producer = createProducer({
    redis: redis.url,
    workspace: CREDENTIALS.siteId,
    timeoutMs: 60_000,
    ...options,
  });
  test.onTestFinished(() => producer.close());
  return producer;
}

export function startWorker(
  test: Finishing,
  { redis, url, args = [] }: { readonly redis: TestRedis; readonly url: string; readonly args?: readonly string[] },
): RunningCli {
  return startCli(test, ['worker', '--redis', redis.url, ...args], { cwd: tempFolder(test), trackUrl: url });
}

/** What the tally in Redis says, with zeros for what it does not. */
export async function tallyOf(client: Redis): Promise<Record<string, number>> {
  const tally = await client.hgetall(KEYS.tally);
  const zeros = { pending: 0, delivered: 0, rejected: 0, failed: 0, invalid: 0, unclear: 0 };
  return { ...zeros, ...Object.fromEntries(Object.entries(tally).map(([state, rows]) => [state, Number(rows)])) };
}

/** The undelivered operations, in order. */
export async function undeliveredOf(client: Redis): Promise<Record<string, string>[]> {
  const entries = await client.xrange(KEYS.undelivered, '-', '+');
  return entries.map(([, fields]) =>
    Object.fromEntries(fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1] ?? '']] : []))),
  );
}
