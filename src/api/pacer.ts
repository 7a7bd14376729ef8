import type { Clock } from '../domain/host.ts';
import { createAllowedRate } from './allowed-rate.ts';
import { createSpacing } from './spacing.ts';
import { createStartWindow } from './start-window.ts';
import { createWaitingLine } from './waiting-line.ts';

export interface PacerOptions {
  /** Request starts per second; 0 = no limit. */
  readonly rate: number;
  /** Rows per second; 0 = no limit. */
  readonly rowsPerSecond: number;
  readonly clock: Clock;
  /** How long ago (ms) the requests of an earlier process on this workspace started, as far as they matter. */
  readonly recentStartsAgoMs?: readonly number[];
}

export interface Pacer {
  /** Resolves when a request may start, `urgent` ones (retries) first; also when the signal aborts: look at it afterwards. */
  start(rows: number, urgent: boolean, signal: AbortSignal): Promise<void>;
  /** The service said 429: fewer requests for everybody, none before `pauseMs` is over. */
  slowDown(pauseMs: number): void;
  /** Starts per second allowed right now. */
  currentRate(): number;
  /** How long ago (ms) the starts of the last window were: what the next process has to know. */
  recentStartsAgoMs(): number[];
}

/**
 * Two limits on every start: even steps (spacing.ts) keep it smooth, and the sliding window (start-window.ts) is the hard ceiling. Rows per
 * second and the pause after a 429 may hold a start back further.
 *
 *   idle --somebody waits--> granting: a step, then its starts, each when window, pause and row limit allow --nobody waits--> idle
 */
export function createPacer({ rate: rateMax, rowsPerSecond, clock, recentStartsAgoMs = [] }: PacerOptions): Pacer {
  let rowsFreeAt = 0;
  let isGranting = false;
  let sleeper: AbortController | undefined;
  const line = createWaitingLine(() => sleeper?.abort()); // no timer may keep the process alive for nobody
  const spacing = createSpacing(rateMax, clock);
  const rate = createAllowedRate(rateMax, clock, spacing.setRate);
  const window = createStartWindow(rateMax, clock, recentStartsAgoMs);

  async function grant(): Promise<void> {
    while (!line.isEmpty()) {
      if (rateMax > 0) {
        rate.recover();
        await spacing.step((sleeper = new AbortController()));
      }
      for (let i = 0; i < spacing.startsPerStep() && !line.isEmpty(); i++) {
        if (waitMs() > 0) await untilAllowed();
        grantOne();
      }
    }
    isGranting = false;
  }

  async function untilAllowed(): Promise<void> {
    for (let ms = waitMs(); ms > 0 && !line.isEmpty(); ms = waitMs()) {
      sleeper = new AbortController();
      await clock.sleep(ms, sleeper.signal);
    }
  }

  function waitMs(): number {
    return Math.max(rate.notBefore(), rowsFreeAt, window.freeAt(rate.current())) - clock.monotonic();
  }

  function grantOne(): void {
    const rows = line.letGo();
    if (rows === undefined) return;
    window.add();
    if (rowsPerSecond > 0) rowsFreeAt = Math.max(clock.monotonic(), rowsFreeAt) + (rows * 1000) / rowsPerSecond;
  }

  return {
    start(rows, isUrgent, signal) {
      if (signal.aborted) return Promise.resolve();
      const isLetGo = line.join(rows, isUrgent, signal);
      if (!isGranting) {
        isGranting = true;
        void grant();
      }
      return isLetGo;
    },
    slowDown: rate.slowDown,
    currentRate: rate.current,
    recentStartsAgoMs: window.agoMs,
  };
}
