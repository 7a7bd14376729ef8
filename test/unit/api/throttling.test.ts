import { expect, it } from 'vitest';
import { createThrottling, type Throttling } from '../../../src/api/throttling.ts';
import type { Reply } from '../../../src/domain/outcome.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const TOO_MANY: Reply = { kind: 'response', status: 429, body: '', retryAfterMs: undefined, location: undefined };

function throttling(onPause: (pauseMs: number) => void = () => undefined): Throttling {
  return createThrottling({
    pacer: {
      start: () => Promise.resolve(),
      slowDown: onPause,
      currentRate: () => 0,
      recentStartsAgoMs: () => [],
      waiting: () => undefined,
    },
    clock: fakeClock(),
    random: () => 1,
  });
}

/** Tries of one request until its 429s are held to be its own, while of others `passes` get through and `refusals` do not between two tries. */
function triesUntilOwn(rows: number, passes: number, refusals: number): number {
  const all = throttling();
  const watch = all.watch();
  for (let tries = 1; tries < 1_000; tries++) {
    all.throttled(TOO_MANY, false);
    watch.again();
    if (watch.isItsOwn(rows)) return tries;
    for (let i = 0; i < passes; i++) all.passed();
    for (let i = 0; i < refusals; i++) all.throttled(TOO_MANY, false);
  }
  return Infinity;
}

it('a batch that is throttled while all others pass is known after a few tries', () => {
  expect(triesUntilOwn(1_000, 5, 0)).toBeLessThanOrEqual(3);
  expect(triesUntilOwn(1, 5, 0)).toBeLessThanOrEqual(10);
});

it('in a storm a lone row is not blamed for its bad luck: two of three are refused, and it waits for fifty', () => {
  expect(triesUntilOwn(1, 1, 2)).toBeGreaterThanOrEqual(50);
});

it('nobody is blamed while nobody gets through', () => {
  expect(triesUntilOwn(1, 0, 3)).toBe(Infinity);
});

it('pauses grow with every 429 in a row, but not by a part of a batch that may be meant alone', () => {
  const pauses: number[] = [];
  const all = throttling((pauseMs) => pauses.push(pauseMs));
  all.throttled(TOO_MANY, true);
  expect(pauses).toEqual([1_000]);
});
