import { createRandom } from '../random.ts';
import type { RunningCli } from '../cli.ts';
import type { TestRedis } from '../redis.ts';
import type { Service, TakenOperation } from '../service.ts';
import type { Finishing } from '../temp.ts';
import { until } from '../until.ts';
import { producerFor, startWorker, tallyOf } from './workers.ts';

export interface FleetKills {
  readonly operations: number;
  readonly people: number;
  readonly workerKills: number;
  readonly redisKills: number;
  /** SIGSTOP, and SIGCONT when the leases are over. */
  readonly freezes: number;
  readonly freezeMs: number;
  /** Between two kills at most. */
  readonly lifeMsMax: number;
  readonly seed: number;
}

export interface FleetVerdict {
  readonly lost: number;
  /** Events that would count twice: two ids for one of ours. */
  readonly doubled: number;
  /** First deliveries that came after a later one of the same person. */
  readonly outOfOrder: number;
  /** People whose last delivery is not their last operation. */
  readonly stale: number;
  /** Deliveries beyond the first. */
  readonly repeats: number;
  readonly pending: number;
}

/** Two workers that are killed and started again while a producer produces, and Redis crashes: what the service saw of it. */
export async function fleetKills(
  test: Finishing,
  { redis, service }: { readonly redis: TestRedis; readonly service: Service },
  { operations, people, workerKills, redisKills, freezes, freezeMs, lifeMsMax, seed }: FleetKills,
): Promise<FleetVerdict> {
  const random = createRandom(seed);
  const producer = producerFor(test, redis, { timeoutMs: 300_000 });
  const start = (): RunningCli => startWorker(test, { redis, url: service.url });
  const workers = [start(), start()];
  let produced = 0;
  const producing = (async () => {
    for (; produced < operations; produced++) {
      const taken = producer.track(`u${produced % people}`, 'step', { n: produced });
      if (produced % 50 === 49) await taken;
    }
  })();
  const pause = (): Promise<void> => pauseOf(random() * lifeMsMax);
  const strikes = shuffled(
    [
      ...Array.from({ length: workerKills }, () => 'kill' as const),
      ...Array.from({ length: freezes }, () => 'freeze' as const),
      ...Array.from({ length: redisKills }, () => 'redis' as const),
    ],
    random,
  );
  for (const strike of strikes) {
    await pause();
    const at = random() < 0.5 ? 0 : 1;
    if (strike === 'redis') await redis.kill().then(redis.start);
    else if (strike === 'freeze') workers[at]?.child.kill('SIGSTOP');
    else {
      workers[at]?.child.kill('SIGKILL');
      await workers[at]?.ended;
      workers[at] = start();
    }
    if (strike === 'freeze') void pauseOf(freezeMs).then(() => workers[at]?.child.kill('SIGCONT'));
  }
  if (freezes > 0) await pauseOf(freezeMs);
  await producing;
  const client = redis.client();
  await until(
    async () => (await tallyOf(client))['pending'] === 0,
    'every operation to be settled',
    undefined,
    180_000,
  );
  for (const worker of workers) worker.child.kill('SIGTERM');
  await Promise.all(workers.map(({ ended }) => ended));
  return { ...judged(service.received, operations, people), pending: (await tallyOf(client))['pending'] ?? -1 };
}

function judged(
  received: readonly TakenOperation[],
  operations: number,
  people: number,
): Omit<FleetVerdict, 'pending'> {
  const ids = new Map<number, string>();
  const highest = new Map<number, number>();
  const last = new Map<number, number>();
  let [doubled, outOfOrder, repeats] = [0, 0, 0];
  for (const { attributes, id = '' } of received) {
    const n = Number(attributes?.['n']);
    const person = n % people;
    last.set(person, n);
    const known = ids.get(n);
    if (known !== undefined) {
      repeats++;
      if (known !== id) doubled++;
      continue;
    }
    ids.set(n, id);
    if (n < (highest.get(person) ?? -1)) outOfOrder++;
    highest.set(person, Math.max(n, highest.get(person) ?? -1));
  }
  let stale = 0;
  for (let person = 0; person < Math.min(people, operations); person++) {
    const newest = person + people * Math.floor((operations - 1 - person) / people);
    if (last.get(person) !== newest) stale++;
  }
  return { lost: operations - ids.size, doubled, outOfOrder, stale, repeats };
}

function pauseOf(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => [random(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one);
}
