import { computePlan } from '../../k6/lib/shape.ts';
import type { K6Numbers, LoadPlan, ScenarioName } from '../../src/domain/loadtest.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { LoadTarget } from '../../src/loadtest/k6-environment.ts';
import { toSummary } from '../../src/loadtest/summary.ts';
import type { LoadtestSummary } from '../../src/loadtest/summary.ts';
import { judge } from '../../src/loadtest/verdict.ts';

export function planOf(scenario: ScenarioName = 'ramp', rate = 80): LoadPlan {
  return computePlan({ scenario, rate, durationMs: null, maxUsers: 5_000, p95Ms: 500, p99Ms: 2_000, batchSize: 200 });
}

/** A ramp at 80 that went well. */
export const GOOD: K6Numbers = {
  duration_ms: 150_002,
  requests: 9_000,
  iterations: 4_500,
  limited: 0,
  failures: 0,
  script_errors: 0,
  dropped: 0,
  statuses: { '200': 9_000 },
  operations: {
    identify: { count: 4_500, min: 20, avg: 55, p50: 50, p90: 80, p95: 100, p99: 180, max: 400 },
    track: { count: 4_500, min: 20, avg: 50, p50: 45, p90: 75, p95: 90, p99: 170, max: 390 },
  },
  thresholds: [
    { metric: 'cio_429', expression: 'count<20', ok: true },
    { metric: 'cio_identify_ms', expression: 'p(95)<500', ok: true },
  ],
};

export const STAGING: LoadTarget = {
  trackUrl: 'https://track.customer.io',
  siteId: new Secret('site-id-1a2b'),
  trackApiKey: new Secret('secret-track-key'),
  isSandbox: false,
  environment: 'staging',
  region: 'us',
  workspaceId: 4711,
};

export function summaryOf(numbers: K6Numbers = GOOD, run = 'run1', plan: LoadPlan = planOf()): LoadtestSummary {
  const exit = { code: numbers.thresholds.every(({ ok }) => ok) ? 0 : 99, signal: null };
  return toSummary({
    run,
    plan,
    target: STAGING,
    k6: { path: '/usr/bin/k6', version: '2.2.0' },
    exit,
    numbers,
    samples: [
      {
        elapsedMs: 1_000,
        stage: 'ramp up',
        plannedRate: 11.3,
        achievedRate: 11,
        requests: 11,
        limited: 0,
        failures: 0,
        p95Ms: 80,
      },
    ],
    judgement: judge({ plan, numbers, exit, isInterrupted: false }),
    startedAt: Date.UTC(2026, 8, 1),
    endedAt: Date.UTC(2026, 8, 1, 0, 2, 31),
  });
}
