/** The result of a load test. Pure: from numbers, plan and ending to one word and one sentence. */
import type { K6Numbers, LoadPlan, LoadtestVerdict, ThresholdResult } from '../domain/loadtest.ts';
import { explainExit } from './k6-exit.ts';
import type { K6Exit } from './k6-exit.ts';
import { plannedAt } from './planned-rate.ts';

export interface Evidence {
  readonly plan: LoadPlan;
  /** null when k6 ended without a summary. */
  readonly numbers: K6Numbers | null;
  readonly exit: K6Exit;
  /** The user pressed Ctrl-C or sent SIGTERM. */
  readonly isInterrupted: boolean;
}

export interface Judgement {
  readonly verdict: LoadtestVerdict;
  readonly reason: string;
}

/**
 * invalid: the numbers say nothing about the target · aborted: the test ended early · fail: the target was too slow or failed too
 * often · pass. Script errors are checked first, since they make every other number doubtful.
 */
export function judge({ plan, numbers, exit, isInterrupted }: Evidence): Judgement {
  const { ending, meaning } = explainExit(exit);
  if (numbers !== null && numbers.script_errors > 0) {
    return invalid(`the script failed in ${count(numbers.script_errors, 'iteration')}, see k6.log`);
  }
  if (ending === 'stopped') return aborted(`${isInterrupted ? 'stopped by you' : meaning}${after(numbers)}`);
  if (ending === 'script' || ending === 'k6') return invalid(`${meaning} (exit code ${exit.code}), see k6.log`);
  if (numbers === null) return invalid('k6 left no summary, see k6.log');
  return judgeNumbers(plan, numbers);
}

function judgeNumbers(plan: LoadPlan, numbers: K6Numbers): Judgement {
  const isEarly = numbers.duration_ms < plan.durationMs - 1_500;
  if (isEarly && numbers.limited >= plan.limits.limitedMax) {
    return aborted(
      `the target answered 429 ${count(numbers.limited, 'time')} (limit ${plan.limits.limitedMax})${after(numbers)}${knee(plan, numbers)}`,
    );
  }
  const crossed = numbers.thresholds.filter(({ ok }) => !ok);
  if (isEarly && isTargetsFault(crossed))
    return aborted(`${sentence(crossed, numbers)}${after(numbers)}${knee(plan, numbers)}`);
  if (numbers.dropped > plan.limits.droppedMax) {
    return invalid(
      `k6 dropped ${count(numbers.dropped, 'iteration')} for want of a free VU (${plan.limits.droppedMax} allowed), so less was sent than planned`,
    );
  }
  if (numbers.requests < plan.limits.requestsMin) {
    return invalid(
      `only ${numbers.requests} of ${plan.requests} planned requests were sent (${plan.limits.requestsMin} needed)`,
    );
  }
  if (crossed.length > 0) return { verdict: 'fail', reason: sentence(crossed, numbers) };
  return { verdict: 'pass', reason: `every threshold held over ${count(numbers.requests, 'request')}` };
}

/** Thresholds about the target; the others are about the measurement. */
const TARGET_METRICS = /^cio_(?:failed|429|identify_ms|track_ms|batch_ms)$/;

function isTargetsFault(crossed: readonly ThresholdResult[]): boolean {
  return crossed.some(({ metric }) => TARGET_METRICS.test(metric));
}

/** The crossed thresholds in words, with the values that crossed them; each metric once. */
function sentence(crossed: readonly ThresholdResult[], numbers: K6Numbers): string {
  const parts = new Map<string, string>();
  for (const { metric, expression } of crossed.filter(({ metric }) => TARGET_METRICS.test(metric))) {
    const key = `${metric} ${expression.split('<')[0]}`;
    if (!parts.has(key)) parts.set(key, describe(metric, expression, numbers));
  }
  return parts.size === 0
    ? `crossed: ${crossed.map(({ metric, expression }) => `${metric} ${expression}`).join(', ')}`
    : [...parts.values()].join('; ');
}

function describe(metric: string, expression: string, numbers: K6Numbers): string {
  if (metric === 'cio_429') return `${count(numbers.limited, 'answer')} with status 429`;
  if (metric === 'cio_failed') {
    const failed = numbers.limited + numbers.failures;
    return `${((failed / Math.max(1, numbers.requests)) * 100).toFixed(1)} % of the requests failed`;
  }
  const operation = metric.replace(/^cio_|_ms$/g, '');
  const match = /^p\((\d+)\)<([\d.]+)$/.exec(expression);
  const latency = numbers.operations[operation];
  const value = match?.[1] === '99' ? latency?.p99 : latency?.p95;
  return `${operation} p${match?.[1] ?? ''} was ${(value ?? 0).toFixed(0)} ms (limit ${match?.[2] ?? ''} ms)`;
}

/** The result of a breakpoint run is the rate at which it ended. */
function knee(plan: LoadPlan, numbers: K6Numbers): string {
  return plan.scenario === 'breakpoint'
    ? `, at about ${plannedAt(plan, numbers.duration_ms).rate.toFixed(0)} requests/s`
    : '';
}

function after(numbers: K6Numbers | null): string {
  return numbers === null ? ' before k6 wrote a summary' : ` after ${(numbers.duration_ms / 1_000).toFixed(1)} s`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function invalid(reason: string): Judgement {
  return { verdict: 'invalid', reason };
}

function aborted(reason: string): Judgement {
  return { verdict: 'aborted', reason };
}
