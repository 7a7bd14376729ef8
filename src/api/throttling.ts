import type { Clock } from '../domain/host.ts';
import type { Reply } from '../domain/outcome.ts';
import type { Pacer } from './pacer.ts';

const THROTTLE_BASE_MS = 1_000;
const THROTTLE_CAP_MS = 30_000;
/** Less likely than this, and it was no bad luck: a batch, which is only halved, and a lone row, which fails. */
const BATCH_CHANCE = 0.01;
const ROW_CHANCE = 1e-9;

/** What 429s mean: a pause for everybody, and whose they are. */
export interface Throttling {
  /** The service took something. */
  passed(): void;
  /** The service said 429: everybody pauses, for longer each time; not because of a part of a batch, which may be the only one that is meant. */
  throttled(reply: Reply, isSuspect: boolean): void;
  /** When the pause ends that was asked for last; monotonic. */
  pausedUntil(): number;
  /** Watches one request from its first 429 on. */
  watch(): ThrottleWatch;
}

export interface ThrottleWatch {
  /** Its 429s in a row. */
  count(): number;
  again(): void;
  /** Whether anybody else got through since its first. */
  othersPassed(): boolean;
  /** Whether it is too unlikely that others got through by luck: then the 429 is for these bytes. */
  isItsOwn(rows: number): boolean;
}

export function createThrottling({
  pacer,
  clock,
  random,
}: {
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly random: () => number;
}): Throttling {
  let passes = 0;
  let throttles = 0;
  let inARow = 0;
  let pausedUntil = -Infinity;
  return {
    passed() {
      passes++;
      inARow = 0;
    },
    throttled(reply, isSuspect) {
      const now = clock.monotonic();
      throttles++;
      // Requests that were under way together are throttled together: that is one pause for all of them, not a longer one for each.
      if (now >= pausedUntil) {
        const cap = isSuspect ? THROTTLE_BASE_MS : Math.min(THROTTLE_CAP_MS, THROTTLE_BASE_MS * 2 ** inARow);
        pausedUntil = now + cap / 2 + (random() * cap) / 2;
        if (!isSuspect) inARow = Math.min(inARow + 1, 10);
      }
      pacer.slowDown(Math.max(pausedUntil - now, (reply.kind === 'response' ? reply.retryAfterMs : undefined) ?? 0));
    },
    pausedUntil: () => pausedUntil,
    watch() {
      let own = 0;
      const passesBefore = passes;
      const throttlesBefore = throttles;
      const othersPassed = (): number => passes - passesBefore;
      return {
        count: () => own,
        again: () => void own++,
        othersPassed: () => othersPassed() > 0,
        isItsOwn(rows) {
          const refusedToOthers = throttles - throttlesBefore - own;
          const share = (refusedToOthers + 1) / (refusedToOthers + othersPassed() + 2);
          return othersPassed() > 0 && share ** own < (rows > 1 ? BATCH_CHANCE : ROW_CHANCE);
        },
      };
    },
  };
}
