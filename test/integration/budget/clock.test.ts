import { expect, it } from 'vitest';
import { openRedisLink } from '../../../src/fleet/redis-link.ts';
import { redisPlace } from '../../../src/fleet/redis-url.ts';
import { createSharedBudget } from '../../../src/fleet/shared-budget.ts';
import { createStartLog } from '../../../src/fleet/start-log.ts';
import { realClock } from '../../support/real-clock.ts';
import { hasRedis, redisFor } from '../../support/redis.ts';
import { maxInAnySecond } from '../../support/windows.ts';

/** Redis reads the clock of its machine, which a test cannot set: it sets its own instead, and the two differ as they would then. */
it.skipIf(!hasRedis)(
  'a sender that sees that the clock of Redis was set takes the last second to be used up',
  async (test) => {
    const redis = await redisFor(test);
    let setBy = 0;
    const clock = { ...realClock, monotonic: () => performance.now() + setBy };
    const link = await openRedisLink(redisPlace(redis.url, 'test'), clock);
    test.onTestFinished(() => link.close());
    const log = createStartLog({ link, prefix: '{cio:test}', rate: 40, clock });
    const budget = createSharedBudget({ log, clock, notBefore: 0 });
    const never = new AbortController().signal;
    const starts: number[] = [];
    const run = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        await budget.next(never, 1);
        starts.push(performance.now());
      }
    };
    await run(40);
    setBy = 3_600_000;
    const setAt = performance.now();
    await run(40);
    expect((starts[40] ?? 0) - setAt).toBeGreaterThanOrEqual(900);
    expect(maxInAnySecond(starts)).toBeLessThanOrEqual(40);
  },
);
