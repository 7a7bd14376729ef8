import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { array, assert, asyncProperty, boolean } from 'fast-check';
import { createOwnBudget, type OwnBudgetOptions } from '../../../src/api/own-budget.ts';
import { createPacer, type Pacer } from '../../../src/api/pacer.ts';
import { realClock } from '../../support/real-clock.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';
import { maxInAnySecond } from '../../support/windows.ts';
import { TIMED } from '../../support/timed.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

interface PacerOptions extends OwnBudgetOptions {
  readonly rowsPerSecond: number;
}

function ownPacer({ rowsPerSecond, ...own }: PacerOptions): Pacer {
  return createPacer({ budget: createOwnBudget(own), rowsPerSecond, clock: own.clock });
}

/** Asks for `count` starts from many callers at once and gives the times at which they came, in milliseconds. */
async function starts(options: Omit<PacerOptions, 'clock'>, count: number, rows = 1): Promise<number[]> {
  const pacer = ownPacer({ ...options, clock: realClock });
  const from = performance.now();
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      await pacer.start(rows, i % 3 === 0, never);
      return performance.now() - from;
    }),
  );
}

/** Timers that keep this process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

// Measured in real time inside a busy test process: the share of the rate that is used is held to 97 % in test/integration/pacing.test.ts.
describe('pacing', TIMED, () => {
  it('never starts more than the rate within any second, and uses it', async () => {
    const times = await starts({ rate: 80, rowsPerSecond: 0 }, 240);
    expect(maxInAnySecond(times)).toBeLessThanOrEqual(81);
    expect(239 / ((Math.max(...times) - Math.min(...times)) / 1000)).toBeGreaterThanOrEqual(0.5 * 80);
  });

  it.each([1.2, 2.5, 15, 200])('holds at %d a second too', async (rate) => {
    const times = await starts({ rate, rowsPerSecond: 0 }, Math.ceil(rate * 1.6) + 2);
    expect(maxInAnySecond(times)).toBeLessThanOrEqual(rate + 1);
    expect((times.length - 1) / ((Math.max(...times) - Math.min(...times)) / 1000)).toBeGreaterThanOrEqual(0.4 * rate);
  });

  it('is smooth: no second’s worth at once', async () => {
    const times = await starts({ rate: 50, rowsPerSecond: 0 }, 50);
    const inTenthOfSecond = times.map((at) => times.filter((other) => other >= at && other < at + 100).length);
    expect(Math.max(...inTenthOfSecond)).toBeLessThanOrEqual(8);
  });

  it('counts the starts of the process before', async () => {
    const recentStartsAgoMs = Array.from({ length: 80 }, (_, i) => i * 12);
    const times = await starts({ rate: 80, rowsPerSecond: 0, recentStartsAgoMs }, 100);
    expect(maxInAnySecond([...recentStartsAgoMs.map((ago) => -ago), ...times])).toBeLessThanOrEqual(81);
  });

  it('limits rows as well', async () => {
    const times = await starts({ rate: 0, rowsPerSecond: 1000 }, 12, 100);
    expect(Math.max(...times)).toBeGreaterThanOrEqual(1_090);
  });

  it('has no limit at rate 0', async () => {
    const times = await starts({ rate: 0, rowsPerSecond: 0 }, 2000);
    expect(Math.max(...times)).toBeLessThan(1_000);
  });

  it('is back at the full rate two seconds after the pause of a 429, and not before', async () => {
    const pacer = ownPacer({ rate: 80, rowsPerSecond: 0, clock: realClock });
    const from = performance.now();
    pacer.slowDown(300);
    await pacer.start(1, false, never);
    expect(performance.now() - from).toBeGreaterThanOrEqual(299);
    expect(pacer.currentRate()).toBe(40);
    while (pacer.currentRate() < 80) await pacer.start(1, false, never);
    expect(performance.now() - from).toBeGreaterThanOrEqual(300 + 1_000);
    expect(performance.now() - from).toBeLessThan(300 + 2_500);
  });

  it('goes on when the wall clock jumps by an hour, either way', async () => {
    let offset = 0;
    const clock = { ...realClock, now: () => Date.now() + offset };
    const now = Date.now;
    try {
      const pacer = ownPacer({ rate: 100, rowsPerSecond: 0, clock });
      for (const jump of [3_600_000, -3_600_000]) {
        const from = performance.now();
        for (let i = 0; i < 20; i++) {
          await pacer.start(1, false, never);
          if (i !== 10) continue;
          offset += jump;
          Date.now = () => now() + offset; // what Bottleneck looks at
        }
        expect(performance.now() - from).toBeLessThan(2_000);
      }
    } finally {
      Date.now = now;
    }
  });
});

describe('waiting', () => {
  it('retries go first', async () => {
    const clock = fakeClock();
    const pacer = ownPacer({ rate: 0, rowsPerSecond: 1, clock });
    const order: string[] = [];
    const wait = (name: string, urgent: boolean): void =>
      void pacer.start(1, urgent, never).then(() => order.push(name));
    wait('first', false);
    await clock.pass(0);
    wait('new', false);
    wait('retry', true);
    await clock.pass(3_000);
    expect(order).toEqual(['first', 'retry', 'new']);
  });

  it('a pause that a 429 asked for ends with the run: no sleeper stays behind', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const pacer = ownPacer({ rate: 0, rowsPerSecond: 0, clock });
    pacer.slowDown(300_000);
    const waiting = Promise.all([pacer.start(1, false, stop.signal), pacer.start(1, true, stop.signal)]);
    await clock.pass(10);
    expect(clock.sleeping()).toBe(1);
    stop.abort();
    await waiting;
    expect(clock.sleeping()).toBe(0);
  });

  it('a waiter that leaves does not take another one with it', async () => {
    await assert(
      asyncProperty(array(boolean(), { minLength: 1, maxLength: 30 }), async (leaving) => {
        const clock = fakeClock();
        const stop = new AbortController();
        const pacer = ownPacer({ rate: 0, rowsPerSecond: 10, clock });
        let granted = 0;
        for (const leaves of leaving) void pacer.start(1, false, leaves ? stop.signal : never).then(() => granted++);
        stop.abort();
        await clock.pass(5_000);
        expect(granted).toBe(leaving.length);
      }),
      { numRuns: 30 },
    );
  });
});

describe('below one start a second', () => {
  it.each([0.2, 0.75])('the next start waits its turn: %d a second', async (rate) => {
    const clock = fakeClock();
    const pacer = ownPacer({ rate, rowsPerSecond: 0, clock });
    const times: number[] = [];
    const four = Array.from({ length: 4 }, () =>
      pacer.start(1, false, never).then(() => times.push(clock.monotonic())),
    );
    for (let i = 0; i < 5; i++) {
      await clock.pass(1100 / rate);
      await sleep(1); // Bottleneck keeps real time; where it is late the spare time of the fake clock passes instead
    }
    await Promise.all(four);
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000 / rate);
  });

  it('whoever stops waiting is gone at once, and no timer stays behind', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const pacer = ownPacer({ rate: 0.2, rowsPerSecond: 0, clock });
    await pacer.start(1, false, stop.signal);
    const timersBefore = timers();
    const waiting = Promise.all([pacer.start(1, false, stop.signal), pacer.start(1, true, stop.signal)]);
    await clock.pass(100);
    expect(clock.sleeping()).toBe(1);
    expect(timers()).toBeGreaterThan(timersBefore);
    stop.abort();
    await waiting; // the fake clock stands still
    await clock.pass(0);
    expect(clock.sleeping()).toBe(0);
    const from = performance.now();
    await until(() => timers() <= timersBefore, 'no timer to be left');
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  it('the one who comes after them still waits for the whole interval', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const pacer = ownPacer({ rate: 0.2, rowsPerSecond: 0, clock });
    await pacer.start(1, false, never);
    const leaving = pacer.start(1, false, stop.signal);
    await clock.pass(100);
    stop.abort();
    await leaving;
    let startedAt = Infinity;
    const next = pacer.start(1, false, never).then(() => (startedAt = clock.monotonic()));
    await clock.pass(4_800);
    expect(startedAt).toBe(Infinity);
    await clock.pass(1_000);
    await next;
    expect(startedAt).toBeGreaterThanOrEqual(5_000);
  });

  it('the process before counts for as long', async () => {
    const clock = fakeClock();
    const first = ownPacer({ rate: 0.2, rowsPerSecond: 0, clock });
    await first.start(1, false, never);
    await clock.pass(3_000);
    const second = ownPacer({ rate: 0.2, rowsPerSecond: 0, clock, recentStartsAgoMs: first.recentStartsAgoMs() });
    let startedAt = Infinity;
    const start = second.start(1, false, never).then(() => (startedAt = clock.monotonic()));
    await clock.pass(1_900);
    expect(startedAt).toBe(Infinity);
    await clock.pass(1_000);
    await start;
    expect(startedAt).toBeGreaterThanOrEqual(5_000);
  });
});

describe('429', () => {
  it('halves the rate for everybody, at most once a second', async () => {
    const clock = fakeClock();
    const pacer = ownPacer({ rate: 80, rowsPerSecond: 0, clock });
    pacer.slowDown(0);
    pacer.slowDown(0);
    expect(pacer.currentRate()).toBe(40);
    await clock.pass(1_000);
    pacer.slowDown(0);
    expect(pacer.currentRate()).toBe(20);
    for (let i = 0; i < 20; i++) {
      await clock.pass(1_000);
      pacer.slowDown(0);
    }
    expect(pacer.currentRate()).toBe(1);
  });
});
