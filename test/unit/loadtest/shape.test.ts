import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributesOf, personId as scriptPersonId } from '../../../k6/lib/people.ts';
import { computePlan, VUS_MAX } from '../../../k6/lib/shape.ts';
import { personId, SCENARIOS } from '../../../src/domain/loadtest.ts';
import type { LoadPlan, ScenarioName } from '../../../src/domain/loadtest.ts';
import { plannedAt } from '../../../src/loadtest/planned-rate.ts';

const plan = (
  scenario: ScenarioName,
  rate: number | null = 80,
  durationMs: number | null = null,
  maxUsers = 5_000,
): LoadPlan => computePlan({ scenario, rate, durationMs, maxUsers, p95Ms: 500, p99Ms: 2_000, batchSize: 200 });

describe('the shape of a load', () => {
  it('counts --rate in requests: an iteration of two requests runs at half of it', () => {
    const { requestsPerIteration, peakRate, iterations, requests } = plan('ramp');
    expect({ requestsPerIteration, peakRate, iterations, requests }).toEqual({
      requestsPerIteration: 2,
      peakRate: 80,
      iterations: 4_500,
      requests: 9_000,
    });
  });

  it('holds the rate for a minute in a ramp: two stages in a row with the same target', () => {
    expect(plan('ramp').stages.map(({ target, durationMs }) => [target, durationMs])).toEqual([
      [50, 30_000],
      [80, 30_000],
      [80, 60_000],
      [10, 30_000],
    ]);
  });

  it('is stretched by --duration, every stage alike', () => {
    const { stages, durationMs } = plan('ramp', 80, 15_000);
    expect(stages.map((stage) => stage.durationMs)).toEqual([3_000, 3_000, 6_000, 3_000]);
    expect(durationMs).toBe(15_000);
  });

  it('never goes over the rate, except by a fifth under stress', () => {
    for (const scenario of SCENARIOS.filter((name) => name !== 'stress'))
      expect(plan(scenario).peakRate).toBeLessThanOrEqual(80);
    expect(plan('stress').peakRate).toBeCloseTo(96);
  });

  it('of a smoke test stays at two requests a second, whatever --rate says', () => {
    expect(plan('smoke', 500).peakRate).toBe(2);
    expect(plan('smoke', 1).peakRate).toBe(1);
  });

  it('counts batches as requests', () => {
    expect(plan('batch', null)).toMatchObject({ rate: 5, requestsPerIteration: 1, peoplePerIteration: 200 });
    expect(plan('batch', 5, null, 50).peoplePerIteration).toBe(50);
  });

  it('has as many people as iterations, and never more than --max-users', () => {
    expect(plan('ramp').users).toBe(4_500);
    expect(plan('average').users).toBe(5_000);
    expect(plan('average', 80, null, 12).users).toBe(12);
  });

  it('has bounded VUs, and enough at once for answers that take over a second', () => {
    expect(plan('ramp').vus).toEqual({ allocated: 120, max: 800 });
    expect(plan('ramp', 5_000).vus).toEqual({ allocated: VUS_MAX, max: VUS_MAX });
  });

  it('of few requests needs all of them, as one of many needs 98 %', () => {
    expect(plan('smoke', null, 5_000)).toMatchObject({ requests: 10, limits: { requestsMin: 10 } });
    expect(plan('ramp')).toMatchObject({ requests: 9_000, limits: { requestsMin: 8_820 } });
  });

  it('adds up: the planned requests are the area under the planned rate', () => {
    const scenario = constantFrom(...SCENARIOS);
    assert(
      property(
        scenario,
        integer({ min: 2, max: 1_000 }),
        integer({ min: 5_000, max: 600_000 }),
        (name, rate, durationMs) => {
          const it = plan(name, rate, durationMs);
          const stepMs = it.durationMs / 5_000;
          let area = 0;
          for (let step = 0.5; step < 5_000; step += 1) area += (plannedAt(it, step * stepMs).rate * stepMs) / 1_000;
          expect(Math.abs(it.requests - area)).toBeLessThan(area * 0.002 + it.requestsPerIteration + 1);
          expect(it.limits.requestsMin).toBeLessThanOrEqual(it.requests);
          expect(it.limits.requestsMin).toBeGreaterThanOrEqual(it.requests * 0.98);
          expect(it.users).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('test people', () => {
  it('have the same ids in the scripts and in the launcher', () => {
    expect(scriptPersonId('t5k2h9a3f9', 17)).toBe(personId('t5k2h9a3f9', 17));
    expect(attributesOf('r', 0)).toMatchObject({
      email: 'cio-bulk-lt-r-0@cio-bulk.invalid',
      _load_test: true,
      cio_bulk_run: 'r',
      unsubscribed: true,
    });
  });
});
