import type { Budget } from '../domain/budget.ts';
import type { Clock } from '../domain/host.ts';
import { startsPerWindow, WINDOW_MARGIN_MS, windowMs } from '../domain/pacing.ts';
import type { Start, StartLog } from './start-log.ts';

export interface SharedBudgetOptions {
  readonly log: StartLog;
  readonly clock: Clock;
  /** No start before this; monotonic. */
  readonly notBefore: number;
}

/**
 * The budget of all senders of a workspace. Each start is reserved in their common log (start-log.ts) before it begins; one that would
 * begin outside its time is given back. Rejects with a RedisFault when Redis cannot be asked.
 *
 *   asking --starts--> reserved --its time comes--> started
 *                      reserved --nobody waits any more, a 429, too late--> given back
 *   asking --none is free--> asking again after a pause
 */
export function createSharedBudget({ log, clock, notBefore: firstAt }: SharedBudgetOptions): Budget {
  let reserved: Start[] = [];
  let notBefore = firstAt;
  let startedAt: number[] = [];

  async function sleepUntil(at: number, leaving: AbortSignal): Promise<void> {
    for (let ms = at - clock.monotonic(); ms > 0 && !leaving.aborted; ms = at - clock.monotonic())
      await clock.sleep(ms, leaving);
  }

  async function reserve(leaving: AbortSignal, wanted: number): Promise<void> {
    await sleepUntil(Math.max(log.freeAt(), notBefore), leaving);
    if (!leaving.aborted) reserved = [...(await log.reserve(wanted))];
  }

  function note(at: number): void {
    startedAt.push(at);
    const kept = startsPerWindow(log.rate().full);
    if (startedAt.length > 2 * kept) startedAt = startedAt.slice(-kept);
  }

  return {
    async next(leaving, wanted) {
      while (!leaving.aborted) {
        const start = reserved.shift();
        if (!start) {
          await reserve(leaving, wanted);
          continue;
        }
        await sleepUntil(start.from, leaving);
        const now = clock.monotonic();
        if (!leaving.aborted && now >= notBefore && now <= start.until) {
          note(now);
          return true;
        }
        log.giveBack([start]);
      }
      log.giveBack(reserved.splice(0));
      return false;
    },
    slowDown(pauseMs) {
      notBefore = Math.max(notBefore, clock.monotonic() + pauseMs);
      log.giveBack(reserved.splice(0));
      log.slowDown(pauseMs);
    },
    currentRate: () => log.rate().allowed,
    recentStartsAgoMs() {
      const now = clock.monotonic();
      const longest = windowMs(log.rate().full) + WINDOW_MARGIN_MS;
      return startedAt.map((at) => now - at).filter((ago) => ago < longest);
    },
    waiting: () => undefined,
  };
}
