import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/domain/host.ts';

/** Time passes this many times faster than on the wall: pauses of seconds take milliseconds. */
const HASTE = 1_000;

export const hastyClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * HASTE,
  async sleep(delayMs, signal) {
    await sleep(delayMs / HASTE, undefined, signal ? { signal } : undefined).catch(() => undefined);
  },
};
