import type { Clock } from '../domain/host.ts';
import { startsPerWindow, WINDOW_MARGIN_MS, windowMs } from '../domain/pacing.ts';

/** The starts of the last window: a hard ceiling, even when late timers want to catch up. It is a second long, or one start's time below one a second. */
export interface StartWindow {
  /** When the next start fits in at this rate; monotonic. */
  freeAt(rate: number): number;
  add(): void;
  /** How long ago (ms) the starts of the last window were. */
  agoMs(): number[];
}

export function createStartWindow(rateMax: number, clock: Clock, earlierAgoMs: readonly number[]): StartWindow {
  const starts: number[] = earlierAgoMs.map((ago) => clock.monotonic() - ago).sort((a, b) => a - b);
  return {
    freeAt(rate) {
      const blocking = rateMax > 0 ? starts[starts.length - startsPerWindow(rate)] : undefined;
      return blocking === undefined ? -Infinity : blocking + windowMs(rate) + WINDOW_MARGIN_MS;
    },
    add() {
      if (rateMax === 0) return;
      starts.push(clock.monotonic());
      if (starts.length > 2 * rateMax + 2) starts.splice(0, starts.length - Math.ceil(rateMax) - 1);
    },
    agoMs: () => starts.map((at) => clock.monotonic() - at).filter((ago) => ago < windowMs(rateMax) + WINDOW_MARGIN_MS),
  };
}
