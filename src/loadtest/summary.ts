import type {
  K6Numbers,
  Latencies,
  LoadPlan,
  LoadtestVerdict,
  ScenarioName,
  ThresholdResult,
} from '../domain/loadtest.ts';
import { personId } from '../domain/loadtest.ts';
import type { K6Binary } from './find-k6.ts';
import type { LoadTarget } from './k6-environment.ts';
import { explainExit } from './k6-exit.ts';
import type { K6Exit } from './k6-exit.ts';
import type { Judgement } from './verdict.ts';
import type { Sample } from './watch.ts';

export const SUMMARY_SCHEMA = 'cio-bulk.loadtest/v1';

/** `summary.json`: documented in docs/loadtest.md. Fields are a contract: add, never rename. Rates are requests per second. */
export interface LoadtestSummary {
  readonly schema: typeof SUMMARY_SCHEMA;
  readonly run: string;
  readonly scenario: ScenarioName;
  readonly verdict: LoadtestVerdict;
  readonly reason: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_ms: number;
  readonly target: {
    readonly url: string;
    readonly sandbox: boolean;
    readonly region: string | null;
    readonly workspace_id: number | null;
  };
  readonly k6: {
    readonly version: string;
    readonly exit_code: number | null;
    readonly signal: string | null;
    readonly meaning: string;
  };
  readonly planned: {
    readonly rate: number;
    readonly peak_rate: number;
    readonly mean_rate: number;
    readonly duration_ms: number;
    readonly iterations: number;
    readonly requests: number;
    readonly stages: readonly { readonly name: string; readonly target: number; readonly duration_ms: number }[];
  };
  readonly achieved: {
    readonly requests: number;
    readonly iterations: number;
    readonly dropped_iterations: number;
    readonly mean_rate: number;
    readonly peak_rate: number;
  };
  readonly operations: Readonly<Record<string, Latencies>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly limited: number;
  readonly failures: number;
  readonly script_errors: number;
  readonly thresholds: readonly ThresholdResult[];
  readonly people: { readonly max_n: number; readonly first: string; readonly last: string };
  readonly curve: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly elapsed_ms: number;
  readonly planned_rate: number;
  readonly achieved_rate: number;
  readonly p95_ms: number;
  readonly limited: number;
  readonly failures: number;
}

export interface SummaryInput {
  readonly run: string;
  readonly plan: LoadPlan;
  readonly target: LoadTarget;
  readonly k6: K6Binary;
  readonly exit: K6Exit;
  readonly numbers: K6Numbers | null;
  readonly samples: readonly Sample[];
  readonly judgement: Judgement;
  readonly startedAt: number;
  readonly endedAt: number;
}

const CURVE_POINTS_MAX = 600;

/** Puts everything that is known about a run together. */
export function toSummary(input: SummaryInput): LoadtestSummary {
  const { run, plan, target, numbers, samples, judgement } = input;
  const durationMs = numbers?.duration_ms ?? input.endedAt - input.startedAt;
  const lastSample = samples.at(-1);
  const requests = numbers?.requests ?? lastSample?.requests ?? 0;
  return {
    schema: SUMMARY_SCHEMA,
    run,
    scenario: plan.scenario,
    ...judgement,
    started_at: new Date(input.startedAt).toISOString(),
    ended_at: new Date(input.endedAt).toISOString(),
    duration_ms: durationMs,
    target: {
      url: target.trackUrl,
      sandbox: target.isSandbox,
      region: target.region,
      workspace_id: target.workspaceId,
    },
    k6: {
      version: input.k6.version,
      exit_code: input.exit.code,
      signal: input.exit.signal,
      meaning: explainExit(input.exit).meaning,
    },
    planned: {
      rate: plan.rate,
      peak_rate: plan.peakRate,
      mean_rate: round((plan.requests * 1_000) / plan.durationMs),
      duration_ms: plan.durationMs,
      iterations: plan.iterations,
      requests: plan.requests,
      stages: plan.stages.map(({ name, target, durationMs }) => ({ name, target, duration_ms: durationMs })),
    },
    achieved: {
      requests,
      iterations: numbers?.iterations ?? 0,
      dropped_iterations: numbers?.dropped ?? 0,
      mean_rate: round((requests * 1_000) / Math.max(1, durationMs)),
      peak_rate: round(Math.max(0, ...samples.map(({ achievedRate }) => achievedRate))),
    },
    operations: Object.fromEntries(
      Object.entries(numbers?.operations ?? {}).map(([name, latencies]) => [name, roundAll(latencies)]),
    ),
    statuses: numbers?.statuses ?? {},
    limited: numbers?.limited ?? lastSample?.limited ?? 0,
    failures: numbers?.failures ?? lastSample?.failures ?? 0,
    script_errors: numbers?.script_errors ?? 0,
    thresholds: numbers?.thresholds ?? [],
    people: { max_n: plan.users - 1, first: personId(run, 0), last: personId(run, plan.users - 1) },
    curve: toCurve(samples),
  };
}

/** Evenly thinned, so that the file of an hour's run stays small. */
function toCurve(samples: readonly Sample[]): CurvePoint[] {
  const step = Math.ceil(samples.length / CURVE_POINTS_MAX) || 1;
  return samples
    .filter((_, i) => i % step === 0)
    .map((sample) => ({
      elapsed_ms: sample.elapsedMs,
      planned_rate: round(sample.plannedRate),
      achieved_rate: round(sample.achievedRate),
      p95_ms: round(sample.p95Ms),
      limited: sample.limited,
      failures: sample.failures,
    }));
}

function roundAll({ count, min, avg, p50, p90, p95, p99, max }: Latencies): Latencies {
  return {
    count,
    min: round(min),
    avg: round(avg),
    p50: round(p50),
    p90: round(p90),
    p95: round(p95),
    p99: round(p99),
    max: round(max),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
