import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { machineNow, startSender, type Sender } from '../../support/fleet/senders.ts';
import { hasRedis, redisFor, type TestRedis } from '../../support/redis.ts';
import type { Finishing } from '../../support/temp.ts';
import { TIMED } from '../../support/timed.ts';
import { until } from '../../support/until.ts';
import { maxInAnySecond } from '../../support/windows.ts';

const RATE = 80;
/** On a machine that does other things as well, not even a sender on its own uses all of a rate. What is used is held by the bench. */
const USED = 0.4;

const all = (senders: readonly Sender[]): number[] => senders.flatMap((sender) => sender.starts());
const since = (sender: Sender, from: number): number => sender.starts().filter((at) => at >= from).length;

function start(test: Finishing, redis: TestRedis, count: number, forMs: number, rate = RATE): Promise<Sender[]> {
  return Promise.all(Array.from({ length: count }, () => startSender(test, { port: redis.port, rate, forMs })));
}

/** Waits until each of them has started something after `from`. */
function goingOn(senders: readonly Sender[], from = machineNow()): Promise<void> {
  return until(() => senders.every((sender) => since(sender, from) > 0), 'every sender to start something');
}

async function end(senders: readonly Sender[], rate = RATE): Promise<void> {
  await Promise.all(senders.map((sender) => sender.ended));
  expect(maxInAnySecond(all(senders))).toBeLessThanOrEqual(rate + 1);
}

// Starts are measured where they happen; what a service counts at its own door is in import.test.ts.
describe.skipIf(!hasRedis)('senders that share a budget', TIMED, () => {
  describe.for([RATE, 400])('of %d requests/s', (rate) => {
    it('never start more in any second, use it, and each gets its part', async (test) => {
      const redis = await redisFor(test);
      const senders = await start(test, redis, 4, 7_000, rate);
      await end(senders, rate);
      const starts = all(senders);
      const seconds = (Math.max(...starts) - Math.min(...starts)) / 1000;
      expect(starts.length / seconds).toBeGreaterThanOrEqual(USED * rate);
      for (const sender of senders) expect(sender.starts().length / starts.length).toBeGreaterThan(0.15);
    });
  });

  it('one that comes later has its part within a second, and what one leaves others take', async (test) => {
    const redis = await redisFor(test);
    const early = await start(test, redis, 2, 4_000);
    await goingOn(early);
    const [late] = await start(test, redis, 1, 6_000);
    const joinedAt = machineNow();
    if (!late) return;
    await sleep(1_000);
    const others = early.reduce((sum, sender) => sum + since(sender, joinedAt), 0);
    expect(since(late, joinedAt)).toBeGreaterThan(0.3 * (others / 2));
    await Promise.all(early.map((sender) => sender.ended));
    const aloneAt = machineNow();
    await end([...early, late]);
    expect((since(late, aloneAt) * 1000) / (machineNow() - aloneAt)).toBeGreaterThanOrEqual(USED * RATE);
  });

  describe.for([900, 5_000])('when one of them is stopped for %d ms', (stoppedMs) => {
    it('do not start more in any second when it goes on, and the others have its part meanwhile', async (test) => {
      const redis = await redisFor(test);
      const senders = await start(test, redis, 3, 3_000 + stoppedMs);
      const [stopped, ...others] = senders;
      await goingOn(senders);
      stopped?.child.kill('SIGSTOP');
      const from = machineNow();
      await sleep(stoppedMs);
      const meanwhile = others.reduce((sum, sender) => sum + since(sender, from), 0);
      stopped?.child.kill('SIGCONT');
      await goingOn(senders);
      await end(senders);
      expect((meanwhile * 1000) / stoppedMs).toBeGreaterThanOrEqual(USED * RATE);
    });
  });

  it('follow the rate when somebody else changes it', async (test) => {
    const redis = await redisFor(test);
    const senders = await start(test, redis, 2, 5_000);
    await goingOn(senders);
    await redis.client().hset('{cio:test}:meta', 'rate', 20); // as --set-rate does
    const from = machineNow() + 1_000;
    await end(senders);
    const after = all(senders).filter((at) => at >= from);
    expect(after.length).toBeGreaterThan(10);
    expect(maxInAnySecond(after)).toBeLessThanOrEqual(21);
  });

  it('slow down together when the service throttles one of them', async (test) => {
    const redis = await redisFor(test);
    const senders = await start(test, redis, 2, 5_000);
    await goingOn(senders);
    senders[0]?.child.kill('SIGUSR2'); // a 429 that asks for a second
    await until(() => senders[0]?.said().includes('slowed down') === true, 'the sender to hear of it');
    const from = machineNow();
    await goingOn(senders, from + 800);
    expect(all(senders).filter((at) => at > from + 300 && at < from + 900)).toEqual([]);
    await end(senders);
  });

  it('go on when one of them is killed', async (test) => {
    const redis = await redisFor(test);
    const [killed, ...others] = await start(test, redis, 3, 3_000);
    await goingOn(others);
    killed?.child.kill('SIGKILL');
    await goingOn(others);
    await end(others);
  });
});

describe.skipIf(!hasRedis)('when Redis', TIMED, () => {
  it('crashes and starts again, they wait for it, and then do not start more in any second', async (test) => {
    const redis = await redisFor(test);
    const senders = await start(test, redis, 3, 6_000);
    await goingOn(senders);
    await redis.kill();
    await until(() => senders.every((sender) => sender.said().includes('away ')), 'everybody to notice');
    await sleep(300); // what was reserved before has begun
    const quietFrom = machineNow();
    await sleep(700);
    expect(all(senders).filter((at) => at >= quietFrom)).toEqual([]);
    await redis.start();
    await goingOn(senders);
    await end(senders);
  });

  it('hangs for longer than a call may take, they wait until it is back', async (test) => {
    const redis = await redisFor(test);
    const senders = await start(test, redis, 3, 8_000);
    await goingOn(senders);
    redis.signal('SIGSTOP');
    await until(
      () => senders.every((sender) => sender.said().includes('away does not answer in time')),
      'everybody to notice',
    );
    await sleep(1_000);
    redis.signal('SIGCONT');
    await until(() => senders.every((sender) => sender.said().includes('back')), 'everybody to be back');
    await goingOn(senders);
    await end(senders);
  });

  it('is slow, they go on more slowly, and no second holds more', async (test) => {
    const redis = await redisFor(test, ['--enable-debug-command', 'yes']);
    const senders = await start(test, redis, 3, 6_000);
    await goingOn(senders);
    const client = redis.client();
    const from = machineNow();
    while (machineNow() - from < 3_000) await client.call('DEBUG', 'SLEEP', '0.1');
    for (const sender of senders) expect(since(sender, from)).toBeGreaterThan(5);
    await goingOn(senders);
    await end(senders);
  });

  it('is full, they wait until it has room', async (test) => {
    const redis = await redisFor(test);
    const senders = await start(test, redis, 2, 6_000);
    await goingOn(senders);
    const client = redis.client();
    await client.config('SET', 'maxmemory', '1');
    await until(
      () => senders.every((sender) => sender.said().includes('away is out of memory')),
      'everybody to notice',
    );
    await sleep(500);
    await client.config('SET', 'maxmemory', '0');
    await goingOn(senders);
    await end(senders);
  });

  it('is flushed, they go on after a second, and no second holds more', async (test) => {
    const redis = await redisFor(test);
    const senders = await start(test, redis, 3, 6_000);
    await goingOn(senders);
    await redis.client().flushall();
    await goingOn(senders, machineNow() + 300);
    expect(await redis.client().hget('{cio:test}:meta', 'rate')).toBe(String(RATE));
    await end(senders);
  });

  it('has its clock set back by an hour, they go on after a second, and no second holds more', async (test) => {
    const redis = await redisFor(test);
    const senders = await start(test, redis, 3, 6_000);
    await goingOn(senders);
    const client = redis.client();
    const hour = 3_600_000_000;
    const newest = Number.parseInt((await client.lindex('{cio:test}:budget', 0)) ?? '', 10);
    const at = machineNow();
    await client.lpush('{cio:test}:budget', `${newest + hour}:${newest + hour + 15_000}`); // as the log looks then
    await until(() => senders.every((sender) => since(sender, at + 900) > 0), 'everybody to go on');
    expect(all(senders).filter((start) => start > at + 400 && start < at + 900)).toEqual([]);
    await end(senders);
  });
});
