import { describe, expect, it } from 'vitest';
import { createBreaker, type Breaker, type Result } from '../../../src/api/breaker.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

async function record(breaker: Breaker, times: number, result: Result): Promise<void> {
  for (let i = 0; i < times; i++) {
    const admission = await breaker.admit(never);
    if (admission) breaker.record(admission, result);
  }
}

describe('circuit breaker', () => {
  it('opens when half of twenty requests within ten seconds failed', async () => {
    const breaker = createBreaker(fakeClock());
    await record(breaker, 10, 'success');
    await record(breaker, 9, 'failure');
    expect(breaker.isOpen()).toBe(false);
    await record(breaker, 1, 'failure');
    expect(breaker.isOpen()).toBe(true);
  });

  it('forgets what is older than ten seconds', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock);
    await record(breaker, 19, 'failure');
    await clock.pass(10_001);
    await record(breaker, 19, 'failure');
    expect(breaker.isOpen()).toBe(false);
  });

  it('hears nothing about health in a 429 or in a request that was cut short', async () => {
    const breaker = createBreaker(fakeClock());
    await record(breaker, 500, 'throttled');
    await record(breaker, 500, 'cut');
    await record(breaker, 500, 'itsOwn');
    expect(breaker.isOpen()).toBe(false);
  });

  it('lets one probe through after a pause, and all once it succeeded', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock);
    breaker.trip();
    await clock.pass(4_999);
    expect(breaker.isOpen()).toBe(true);
    await clock.pass(1);
    expect(breaker.isOpen()).toBe(false);
    const probe = await breaker.admit(never);
    expect(breaker.isOpen()).toBe(true); // for everybody else
    if (probe) breaker.record(probe, 'success');
    expect(breaker.isOpen()).toBe(false);
    expect(breaker.outageMs()).toBe(0);
  });

  it('doubles the pause after each failed probe, up to a minute', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock);
    breaker.trip();
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const from = clock.monotonic();
      while (breaker.isOpen()) await clock.pass(1_000);
      pauses.push((clock.monotonic() - from) / 1_000);
      const probe = await breaker.admit(never);
      if (probe) breaker.record(probe, 'failure');
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('counts a late answer only for the state that let its request go', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock);
    const late = await breaker.admit(never);
    breaker.trip();
    if (late) breaker.record(late, 'success');
    expect(breaker.isOpen()).toBe(true);
    await clock.pass(5_000);
    const probe = await breaker.admit(never);
    if (late) breaker.record(late, 'failure');
    if (probe) breaker.record(probe, 'success');
    expect(breaker.isOpen()).toBe(false);
  });

  it('measures an outage since the first request that got no answer: time in which nothing is asked is nobody’s', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock);
    await record(breaker, 1, 'success');
    await clock.pass(60_000);
    expect(breaker.outageMs()).toBe(0);
    await record(breaker, 1, 'failure');
    await clock.pass(2_000);
    await record(breaker, 1, 'throttled');
    expect(breaker.outageMs()).toBe(2_000);
    breaker.rest();
    await clock.pass(60_000);
    expect(breaker.outageMs()).toBe(0);
    await record(breaker, 1, 'failure');
    await clock.pass(1_000);
    expect(breaker.outageMs()).toBe(1_000);
    await record(breaker, 1, 'success');
    expect(breaker.outageMs()).toBe(0);
  });

  it('asks once more when the longest outage is over, and not a minute later', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock, 8_000);
    await record(breaker, 1, 'failure');
    await clock.pass(4_000);
    breaker.trip();
    await clock.pass(3_999);
    expect(breaker.isOpen()).toBe(true);
    await clock.pass(1);
    expect(breaker.isOpen()).toBe(false);
  });

  it('half open, a failure of its own leaves the turn to the next one', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock);
    breaker.trip();
    await clock.pass(5_000);
    await record(breaker, 3, 'itsOwn');
    expect(breaker.isOpen()).toBe(false);
    expect(breaker.openings()).toBe(1);
  });

  it('ends the waiting when the run stops', async () => {
    const clock = fakeClock();
    const breaker = createBreaker(clock);
    breaker.trip();
    const stop = new AbortController();
    const waiting = breaker.admit(stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
    expect(clock.sleeping()).toBe(0);
  });
});
