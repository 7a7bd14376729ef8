import type { Clock } from '../domain/host.ts';
import { RATE_MIN, RECOVERY_PER_SECOND, SLOWDOWN_EVERY_MS, SLOWDOWN_FACTOR } from '../domain/pacing.ts';

const RECOVERY_EVERY_MS = 250;

/** Starts per second allowed right now. */
export interface AllowedRate {
  current(): number;
  /** No start before this; monotonic. */
  notBefore(): number;
  slowDown(pauseMs: number): void;
  recover(): void;
}

/**
 *   full --429--> paused, at half the rate --pause over--> recovering --0.4 of the full rate each second--> full
 *   paused or recovering --429, a second or more after the last slow-down--> paused, at half of that
 */
export function createAllowedRate(rateMax: number, clock: Clock, onChange: (rate: number) => void): AllowedRate {
  let rate = rateMax;
  let slowedAt = -Infinity;
  let recoveredAt = clock.monotonic();
  let notBefore = 0;

  function set(next: number): void {
    rate = next;
    onChange(next);
  }

  return {
    current: () => rate,
    notBefore: () => notBefore,
    slowDown(pauseMs) {
      const now = clock.monotonic();
      notBefore = Math.max(notBefore, now + pauseMs);
      recoveredAt = notBefore;
      if (rateMax === 0 || now - slowedAt < SLOWDOWN_EVERY_MS) return;
      slowedAt = now;
      set(Math.max(Math.min(RATE_MIN, rateMax), rate * SLOWDOWN_FACTOR));
    },
    recover() {
      const now = clock.monotonic();
      const ms = now - recoveredAt;
      if (rate >= rateMax || ms < RECOVERY_EVERY_MS) return;
      recoveredAt = now;
      set(Math.min(rateMax, rate + (ms / 1000) * RECOVERY_PER_SECOND * rateMax));
    },
  };
}
