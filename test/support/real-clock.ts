import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/domain/host.ts';

/** Time as it is. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (delayMs, signal) =>
    sleep(Math.max(0, delayMs), undefined, signal ? { signal } : undefined).catch(() => undefined),
};
