import { array, asyncProperty, assert, boolean, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRedisLink } from '../../../src/fleet/redis-link.ts';
import { redisPlace } from '../../../src/fleet/redis-url.ts';
import { GIVE_BACK, RESERVE, SLOW_DOWN } from '../../../src/fleet/script.ts';
import { realClock } from '../../support/real-clock.ts';
import { hasRedis, redisFor } from '../../support/redis.ts';

const SECOND = 1_000_000;
const [META, LOG, SLOW] = ['{cio:test}:meta', '{cio:test}:budget', '{cio:test}:slow'];

/** What one of several senders does next. */
const step = record({
  lateMs: constantFrom(15, 15, 15, 60, 300),
  wanted: integer({ min: 1, max: 30 }),
  /** What of it is given back; seldom, or the rate is never reached. */
  givesBack: integer({ min: 0, max: 30 }).map((n) => (['first', 'last', 'all'] as const)[n] ?? 'none'),
  isThrottled: integer({ min: 0, max: 1500 }).map((n) => n === 0),
  pauses: boolean(),
});

describe.skipIf(!hasRedis)('the log of starts', () => {
  it(
    'lets no second hold more than the rate, whenever within its time each start begins',
    { timeout: 180_000 },
    async (test) => {
      const redis = await redisFor(test);
      const link = await openRedisLink(redisPlace(redis.url, 'test'), realClock);
      test.onTestFinished(() => link.close());
      const client = redis.client();
      const { runId } = link.facts();
      await assert(
        asyncProperty(
          constantFrom(20, 80, 333),
          array(step, { minLength: 400, maxLength: 400 }),
          async (rate, steps) => {
            await client.flushall();
            await client.hset(META, { format: 1, rate, run: runId }); // or it would begin with a pause
            const begun = new Set<string>();
            const until = performance.now() + 4_000;
            for (let i = 0; performance.now() < until; i++) {
              const { lateMs, wanted, givesBack, isThrottled, pauses } = steps[i % steps.length] ?? fail();
              const args = [runId, rate, lateMs * 1000, wanted, 0];
              const starts = ((await link.run(RESERVE, [META, LOG, SLOW, ...args])) as string[]).slice(4);
              const kept: string[] = { none: starts, first: starts.slice(1), last: starts.slice(0, -1), all: [] }[
                givesBack
              ];
              for (const start of starts.filter((one) => !kept.includes(one))) await link.run(GIVE_BACK, [LOG, start]);
              for (const start of kept) begun.add(start);
              if (isThrottled) await link.run(SLOW_DOWN, [META, LOG, SLOW, 20_000]);
              if (pauses || starts.length === 0) await realClock.sleep(2);
            }
            const times = [...begun]
              .map((start) => start.split(':').map(Number) as [number, number])
              .sort(([a], [b]) => a - b);
            expect(times.length).toBeGreaterThan(rate / 2);
            for (const [i, [, last]] of times.entries()) {
              const [next] = times[i + rate] ?? [Infinity];
              expect(next - last, `${i} of ${times.length}`).toBeGreaterThanOrEqual(SECOND - 1);
            }
          },
        ),
        { numRuns: 6, endOnFailure: true },
      );
    },
  );
});

function fail(): never {
  throw new Error('no step');
}
