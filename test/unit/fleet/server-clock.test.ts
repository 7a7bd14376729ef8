import { describe, expect, it } from 'vitest';
import { createServerClock } from '../../../src/fleet/server-clock.ts';

/** A reading of a server whose clock is an hour ahead of the one here. */
const reading = (at: number, wayMs: number, setByMs = 0) => ({
  serverMs: 3_600_000 + at + wayMs / 2 + setByMs,
  askedAt: at,
  answeredAt: at + wayMs,
});

describe('the clock of a server', () => {
  it.each([-3_600_000, -200, 200, 3_600_000])('is seen to have been set by %d ms, once', (setByMs) => {
    const clock = createServerClock();
    expect(clock.isSetSince(reading(0, 1))).toBe(false);
    expect(clock.isSetSince(reading(10, 1))).toBe(false);
    expect(clock.isSetSince(reading(20, 1, setByMs))).toBe(true);
    expect(clock.isSetSince(reading(30, 1, setByMs))).toBe(false);
  });

  it('is not taken to have been set when an answer was long on its way, or nobody asked for an hour', () => {
    const clock = createServerClock();
    for (const [at, wayMs] of [
      [0, 1],
      [10, 900],
      [1_000, 1],
      [3_600_000, 1],
      [3_600_010, 600],
    ] as const)
      expect(clock.isSetSince(reading(at, wayMs))).toBe(false);
  });

  it('may go wrong by as much as clocks do', () => {
    const clock = createServerClock();
    clock.isSetSince(reading(0, 1));
    expect(clock.isSetSince(reading(3_600_000, 1, 500))).toBe(false);
  });
});
