import type { Clock } from '../domain/host.ts';

/**
 * The hard window is a little wider than its starts ask for (1.015 s for a second's worth): starts that the network or a busy
 * machine pushes together must not look like more than the rate to the service, which measures at its own door. Costs 1.5 %
 * of the rate.
 */
const WINDOW_WIDTH = 1.015;

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
      return blocking === undefined ? -Infinity : blocking + windowMs(rate);
    },
    add() {
      if (rateMax === 0) return;
      starts.push(clock.monotonic());
      if (starts.length > 2 * rateMax + 2) starts.splice(0, starts.length - Math.ceil(rateMax) - 1);
    },
    agoMs: () => starts.map((at) => clock.monotonic() - at).filter((ago) => ago < windowMs(rateMax)),
  };
}

function startsPerWindow(rate: number): number {
  return Math.max(1, Math.ceil(rate));
}

function windowMs(rate: number): number {
  return ((1000 * startsPerWindow(rate)) / rate) * WINDOW_WIDTH;
}
