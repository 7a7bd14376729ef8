import type { Budget } from '../domain/budget.ts';
import type { Clock } from '../domain/host.ts';
import { createAllowedRate } from './allowed-rate.ts';
import { createSpacing } from './spacing.ts';
import { createStartWindow } from './start-window.ts';

export interface OwnBudgetOptions {
  /** Request starts per second; 0 = no limit. */
  readonly rate: number;
  readonly clock: Clock;
  /** How long ago (ms) the requests of an earlier process on this workspace started, as far as they matter. */
  readonly recentStartsAgoMs?: readonly number[];
}

/**
 * The budget of one process. Two limits on every start: even steps (spacing.ts) keep it smooth, and the sliding window (start-window.ts) is
 * the hard ceiling. The pause after a 429 may hold a start back further.
 */
export function createOwnBudget({ rate: rateMax, clock, recentStartsAgoMs = [] }: OwnBudgetOptions): Budget {
  let startsLeftInStep = 0;
  const spacing = createSpacing(rateMax, clock);
  const rate = createAllowedRate(rateMax, clock, spacing.setRate);
  const window = createStartWindow(rateMax, clock, recentStartsAgoMs);

  async function step(leaving: AbortSignal): Promise<void> {
    if (startsLeftInStep > 0) return void startsLeftInStep--;
    rate.recover();
    await spacing.step(leaving);
    startsLeftInStep = spacing.startsPerStep() - 1;
  }

  function waitMs(): number {
    return Math.max(rate.notBefore(), window.freeAt(rate.current())) - clock.monotonic();
  }

  return {
    async next(leaving) {
      if (rateMax > 0) await step(leaving);
      for (let ms = waitMs(); ms > 0 && !leaving.aborted; ms = waitMs()) await clock.sleep(ms, leaving);
      if (leaving.aborted) return false;
      window.add();
      return true;
    },
    slowDown: rate.slowDown,
    currentRate: rate.current,
    recentStartsAgoMs: window.agoMs,
    waiting: () => undefined,
  };
}
