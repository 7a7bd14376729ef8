/** Pass or fail in k6's own terms, so that k6 alone judges as the launcher does. */
import type { Options, Threshold } from 'k6/options';
import type { LoadPlan, OperationName } from '../../src/domain/loadtest.ts';
import { LATENCY_METRIC } from './metrics.ts';

/** The operations that a scenario sends: metrics of the others stay empty, and an empty metric passes everything. */
export function operationsOf(plan: LoadPlan): readonly OperationName[] {
  return plan.scenario === 'batch' ? ['batch'] : ['identify', 'track'];
}

export function thresholdsOf(plan: LoadPlan): NonNullable<Options['thresholds']> {
  const { limits } = plan;
  const latency = (operation: OperationName): [string, Threshold[]] => {
    const expressions: Threshold[] = [`p(95)<${limits.p95Ms}`, `p(99)<${limits.p99Ms}`];
    return [LATENCY_METRIC[operation], [...expressions, ...latencyStops(plan)]];
  };
  return {
    ...Object.fromEntries(operationsOf(plan).map(latency)),
    cio_failed: [`rate<${limits.failedShare}`, failureStop(plan)],
    // A counter and not a rate: k6 judges the whole run so far, and after an hour a rate of 429s hardly moves.
    cio_429: [{ threshold: `count<${limits.limitedMax}`, abortOnFail: true }],
    cio_script_errors: [{ threshold: 'count==0', abortOnFail: true }],
    // These two ask whether the measurement is worth anything: without requests every other threshold passes.
    cio_requests: [`count>=${limits.requestsMin}`],
    dropped_iterations: [droppedLimit(plan)],
  };
}

/** A target that fails this often is no longer being measured, only hit. A smoke test ends at the first failure. */
function failureStop(plan: LoadPlan): Threshold {
  if (plan.scenario === 'smoke') return { threshold: 'rate<0.0001', abortOnFail: true };
  return { threshold: 'rate<0.05', abortOnFail: true, delayAbortEval: '10s' };
}

/** Scenarios that look for the limit of the target stop once they have found it. */
function latencyStops(plan: LoadPlan): Threshold[] {
  if (plan.scenario === 'breakpoint')
    return [{ threshold: `p(95)<${plan.limits.p99Ms}`, abortOnFail: true, delayAbortEval: '10s' }];
  if (plan.scenario === 'stress') return [{ threshold: 'p(95)<5000', abortOnFail: true, delayAbortEval: '10s' }];
  return [];
}

function droppedLimit(plan: LoadPlan): Threshold {
  const threshold = `count<=${plan.limits.droppedMax}`;
  return plan.scenario === 'breakpoint' ? { threshold, abortOnFail: true } : threshold;
}
