/** k6's end-of-test numbers in our own form: k6's text is for people and its JSON changes shape between versions. */
import type { K6Numbers, Latencies, LoadPlan, OperationName } from '../../src/domain/loadtest.ts';
import { LATENCY_METRIC, STATUSES } from './metrics.ts';
import { operationsOf } from './thresholds.ts';

/** The part of k6's summary object that is used; checked value by value. */
interface K6Summary {
  readonly state: { readonly testRunDurationMs: number };
  readonly metrics: Readonly<
    Record<
      string,
      {
        readonly values: Readonly<Record<string, number>>;
        readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
      }
    >
  >;
}

/** What is written, and read by `src/loadtest/k6-summary.ts`. */
interface OwnSummary extends K6Numbers {
  readonly schema: 'cio-bulk.k6/v1';
}

/** A `handleSummary` for the plan: JSON to `path` when there is one, else a few lines for people. */
export function summarize(plan: LoadPlan, path: string): (given: K6Summary) => Record<string, string> {
  return (given) => {
    const own = toOwnSummary(plan, given);
    return path === '' ? { stdout: toText(plan, own) } : { [path]: `${JSON.stringify(own)}\n` };
  };
}

function toOwnSummary(plan: LoadPlan, { state, metrics }: K6Summary): OwnSummary {
  const value = (metric: string, key: string): number => metrics[metric]?.values[key] ?? 0;
  const dropped = value('dropped_iterations', 'count');
  const requests = value('cio_requests', 'count');
  const latencyOf = (operation: OperationName): Latencies => {
    const at = (key: string): number => value(LATENCY_METRIC[operation], key);
    return {
      count: at('count'),
      min: at('min'),
      avg: at('avg'),
      p50: at('med'),
      p90: at('p(90)'),
      p95: at('p(95)'),
      p99: at('p(99)'),
      max: at('max'),
    };
  };
  return {
    schema: 'cio-bulk.k6/v1',
    duration_ms: Math.round(state.testRunDurationMs),
    requests,
    iterations: Math.floor(requests / plan.requestsPerIteration),
    limited: value('cio_429', 'count'),
    failures: value('cio_failures', 'count'),
    script_errors: value('cio_script_errors', 'count'),
    dropped,
    statuses: Object.fromEntries(
      STATUSES.map((status) => [status, value(`cio_status_${status}`, 'count')] as const).filter(
        ([, count]) => count > 0,
      ),
    ),
    operations: Object.fromEntries(operationsOf(plan).map((operation) => [operation, latencyOf(operation)])),
    thresholds: Object.entries(metrics)
      .flatMap(([metric, { thresholds }]) =>
        Object.entries(thresholds ?? {}).map(([expression, { ok }]) => ({ metric, expression, ok })),
      )
      // k6 hands them over in random order.
      .sort((a, b) => (`${a.metric} ${a.expression}` < `${b.metric} ${b.expression}` ? -1 : 1)),
  };
}

function toText(plan: LoadPlan, own: OwnSummary): string {
  const seconds = own.duration_ms / 1_000;
  const lines = [
    `${plan.scenario}: ${own.requests} of ${plan.requests} planned requests in ${seconds.toFixed(1)} s`,
    `429 ${own.limited}, other failures ${own.failures}, dropped iterations ${own.dropped}, script errors ${own.script_errors}`,
    ...Object.entries(own.operations).map(
      ([name, at]) =>
        `${name}: ${(['p50', 'p90', 'p95', 'p99', 'max'] as const).map((key) => `${key} ${at[key].toFixed(1)} ms`).join(', ')}`,
    ),
    ...own.thresholds.map(({ metric, expression, ok }) => `${ok ? 'ok     ' : 'CROSSED'} ${metric}: ${expression}`),
  ];
  return `${lines.join('\n')}\n`;
}
