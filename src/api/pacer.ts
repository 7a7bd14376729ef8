import type { Budget } from '../domain/budget.ts';
import type { Clock } from '../domain/host.ts';
import { createWaitingLine } from './waiting-line.ts';

export interface PacerOptions {
  readonly budget: Budget;
  /** Rows per second; 0 = no limit. */
  readonly rowsPerSecond: number;
  readonly clock: Clock;
}

export interface Pacer extends Omit<Budget, 'next'> {
  /**
   * Resolves when a request may start, `urgent` ones (retries) first; also when the signal aborts: look at it afterwards. Rejects with a
   * CioBulkError when the budget gives no more starts.
   */
  start(rows: number, urgent: boolean, signal: AbortSignal): Promise<void>;
}

/**
 * Who goes next: those who wait here share the starts that the budget gives. Rows per second may hold a start back further.
 *
 *   idle --somebody waits--> granting: one start after the other, each when row limit and budget allow --nobody waits--> idle
 */
export function createPacer({ budget, rowsPerSecond, clock }: PacerOptions): Pacer {
  let rowsFreeAt = 0;
  let isGranting = false;
  let sleeper: AbortController | undefined;
  const line = createWaitingLine(() => sleeper?.abort()); // no timer may keep the process alive for nobody

  async function grant(): Promise<void> {
    isGranting = true;
    try {
      while (line.length() > 0) {
        sleeper = new AbortController();
        if (await isNext(sleeper.signal)) grantOne();
      }
    } catch (error) {
      line.refuse(error);
    } finally {
      isGranting = false;
    }
  }

  async function isNext(leaving: AbortSignal): Promise<boolean> {
    const ms = rowsFreeAt - clock.monotonic();
    if (ms > 0) await clock.sleep(ms, leaving);
    return !leaving.aborted && (await budget.next(leaving, line.length()));
  }

  function grantOne(): void {
    const rows = line.letGo();
    if (rows !== undefined && rowsPerSecond > 0)
      rowsFreeAt = Math.max(clock.monotonic(), rowsFreeAt) + (rows * 1000) / rowsPerSecond;
  }

  return {
    start(rows, isUrgent, signal) {
      if (signal.aborted) return Promise.resolve();
      const isLetGo = line.join(rows, isUrgent, signal);
      if (!isGranting) void grant();
      return isLetGo;
    },
    slowDown: budget.slowDown,
    currentRate: budget.currentRate,
    recentStartsAgoMs: budget.recentStartsAgoMs,
    waiting: budget.waiting,
  };
}
