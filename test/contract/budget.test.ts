import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createOwnBudget } from '../../src/api/own-budget.ts';
import { createPacer, type Pacer } from '../../src/api/pacer.ts';
import { openSharedBudget } from '../../src/fleet/open.ts';
import { redisPlace } from '../../src/fleet/redis-url.ts';
import { realClock as clock } from '../support/real-clock.ts';
import { hasRedis, redisFor } from '../support/redis.ts';
import type { Finishing } from '../support/temp.ts';
import { TIMED } from '../support/timed.ts';
import { until } from '../support/until.ts';
import { maxInAnySecond } from '../support/windows.ts';

type Open = (test: Finishing, rate: number) => Promise<Pacer>;

const never = new AbortController().signal;
setMaxListeners(0, never);

const ADAPTERS: readonly (readonly [string, boolean, Open])[] = [
  ['the budget of one process', true, (_, rate) => Promise.resolve(pacerOver(createOwnBudget({ rate, clock })))],
  [
    'the budget in Redis',
    hasRedis,
    async (test, rate) => {
      const { port } = await redisFor(test);
      const { budget, close } = await openSharedBudget({
        place: redisPlace(`redis://127.0.0.1:${port}`, 'test'),
        prefix: '{cio:contract}',
        rate,
        defaultRate: rate,
        setRate: false,
        maxAttempts: 1,
        maxOutageMs: Infinity,
        fallback: undefined,
        lastStartAgoMs: undefined,
        clock,
        stopping: never,
        onAway: () => undefined,
        onBack: () => undefined,
      });
      test.onTestFinished(close);
      const pacer = pacerOver(budget);
      await pacer.start(1, false, never); // a new budget begins with a used-up window
      return pacer;
    },
  ],
];

function pacerOver(budget: Parameters<typeof createPacer>[0]['budget']): Pacer {
  return createPacer({ budget, rowsPerSecond: 0, clock });
}

/** When so many starts come that are asked for at once, in milliseconds. */
async function starts(pacer: Pacer, count: number): Promise<number[]> {
  const from = performance.now();
  return Promise.all(
    Array.from({ length: count }, async () => {
      await pacer.start(1, false, never);
      return performance.now() - from;
    }),
  );
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

for (const [name, isHere, open] of ADAPTERS)
  describe.skipIf(!isHere)(name, TIMED, () => {
    it.for([2.5, 40, 400])(
      'gives no more than %d starts in any second, and uses them',
      async (rate, { onTestFinished }) => {
        const pacer = await open({ onTestFinished }, rate);
        const times = await starts(pacer, Math.ceil(rate * 2));
        expect(maxInAnySecond(times)).toBeLessThanOrEqual(rate + 1);
        expect((times.length - 1) / ((Math.max(...times) - Math.min(...times)) / 1000)).toBeGreaterThanOrEqual(
          0.4 * rate,
        );
      },
    );

    it('is smooth: no second’s worth at once', async (test) => {
      const times = await starts(await open(test, 50), 50);
      const inTenthOfSecond = times.map((at) => times.filter((other) => other >= at && other < at + 100).length);
      expect(Math.max(...inTenthOfSecond)).toBeLessThanOrEqual(8);
    });

    it('gives no start before the pause of a 429 is over, then half of the rate, and the full rate two seconds later', async (test) => {
      const pacer = await open(test, 80);
      expect(pacer.currentRate()).toBe(80);
      const from = performance.now();
      pacer.slowDown(400);
      await pacer.start(1, false, never);
      expect(performance.now() - from).toBeGreaterThanOrEqual(399);
      expect(pacer.currentRate()).toBeLessThan(60);
      while (pacer.currentRate() < 80) await pacer.start(1, false, never);
      expect(performance.now() - from).toBeGreaterThanOrEqual(400 + 1_000);
      expect(performance.now() - from).toBeLessThan(400 + 2_500);
    });

    it('whoever stops waiting is gone at once, and leaves no timer behind', async (test) => {
      const pacer = await open(test, 0.5);
      await pacer.start(1, false, never);
      const stop = new AbortController();
      const timersBefore = timers();
      const waiting = Promise.all([pacer.start(1, false, stop.signal), pacer.start(1, true, stop.signal)]);
      await until(() => timers() > timersBefore, 'a timer');
      const from = performance.now();
      stop.abort();
      await waiting;
      await until(() => timers() <= timersBefore, 'no timer to be left');
      expect(performance.now() - from).toBeLessThan(1_000);
    });

    it('what nobody wanted any more is given to the next', async (test) => {
      const pacer = await open(test, 20);
      await pacer.start(1, false, never);
      for (let i = 0; i < 40; i++) {
        const stop = new AbortController();
        const waiting = pacer.start(1, false, stop.signal);
        await Promise.resolve();
        stop.abort();
        await waiting;
      }
      const from = performance.now();
      await starts(pacer, 10);
      expect(performance.now() - from).toBeLessThan(1_000);
    });

    it('knows its last starts, for the process that comes after it', async (test) => {
      const pacer = await open(test, 40);
      const before = pacer.recentStartsAgoMs().length;
      await starts(pacer, 10);
      const ago = pacer.recentStartsAgoMs();
      expect(ago).toHaveLength(before + 10);
      expect(Math.min(...ago)).toBeLessThan(500);
    });
  });
