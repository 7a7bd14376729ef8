import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../domain/host.ts';

/** The time of this machine. */
export const processClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(delayMs, signal) {
    try {
      await sleep(Math.max(0, delayMs), undefined, signal ? { signal } : undefined);
    } catch {
      // aborted: the caller looks at the signal
    }
  },
};
