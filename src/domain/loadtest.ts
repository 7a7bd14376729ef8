/** A load test, as the journal, the launcher, the k6 scripts and the report know it. */

export const SCENARIOS = ['smoke', 'average', 'ramp', 'stress', 'spike', 'soak', 'breakpoint', 'batch'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** What a request does; latencies are kept apart per operation. */
export const OPERATIONS = ['identify', 'track', 'batch'] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** Requests per second, changing linearly from the previous stage's target to this one's. Two equal targets in a row are a hold. */
export interface LoadStage {
  readonly name: string;
  readonly target: number;
  readonly durationMs: number;
}

/**
 * What a scenario will do at a rate and duration. Computed in one place, `k6/lib/shape.ts`; the launcher gets it from
 * `k6 inspect`, so what was announced and what k6 executes cannot differ.
 */
export interface LoadPlan {
  readonly scenario: ScenarioName;
  /** `--rate`: HTTP requests per second in all. */
  readonly rate: number;
  readonly durationMs: number;
  /** Requests per second at the start, from which the first stage begins. */
  readonly startRate: number;
  readonly stages: readonly LoadStage[];
  /** Highest rate of any stage, in requests per second. */
  readonly peakRate: number;
  readonly requestsPerIteration: number;
  readonly iterations: number;
  readonly requests: number;
  /** People named by one iteration: 1, or the items of a batch. */
  readonly peoplePerIteration: number;
  /** Test people: only ids 0 to users-1 are ever used. */
  readonly users: number;
  readonly vus: { readonly allocated: number; readonly max: number };
  readonly limits: LoadLimits;
}

/** What the thresholds compare with. */
export interface LoadLimits {
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Share of requests that may fail, 429s included. */
  readonly failedShare: number;
  /** This many 429s end the run. */
  readonly limitedMax: number;
  /** Iterations that k6 may drop because no VU is free before the measurement is invalid: 0.1 % of those planned. */
  readonly droppedMax: number;
  /** Requests that must have been sent: 98 % of those planned. */
  readonly requestsMin: number;
}

/** Of one kind of request. Milliseconds, but for the count. */
export interface Latencies {
  readonly count: number;
  readonly min: number;
  readonly avg: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface ThresholdResult {
  readonly metric: string;
  readonly expression: string;
  readonly ok: boolean;
}

/** What k6 measured, as `k6/lib/summary.ts` writes it and `loadtest/k6-summary.ts` reads it. */
export interface K6Numbers {
  readonly duration_ms: number;
  readonly requests: number;
  readonly iterations: number;
  /** Answers 429. */
  readonly limited: number;
  /** All other failures. */
  readonly failures: number;
  readonly script_errors: number;
  readonly dropped: number;
  /** Requests by HTTP status; `none` = no answer. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, Latencies>>;
  readonly thresholds: readonly ThresholdResult[];
}

export type LoadtestVerdict = 'pass' | 'fail' | 'invalid' | 'aborted';

/** planned: written before k6 starts · running · finished: people may remain · cleaned: none remain. */
export type LoadtestState = 'planned' | 'running' | 'finished' | 'cleaned';

/** A load test in the journal. It is recorded before k6 starts, so that `cleanup` knows what to delete after any crash. */
export interface LoadtestRun {
  /** Lower-case letters and digits. The people are `cio-bulk-lt-<id>-0` to `cio-bulk-lt-<id>-<max_n>`. */
  readonly id: string;
  /** Hash of the site id: limits guards and cleanup to one workspace. */
  readonly workspace: string;
  readonly scenario: ScenarioName;
  readonly rate: number;
  readonly duration_ms: number;
  /** Highest n that any id of the run can have. */
  readonly max_n: number;
  readonly state: LoadtestState;
  readonly verdict: LoadtestVerdict | null;
  /** Milliseconds since 1970. */
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly k6_pid: number | null;
}

export type PlannedLoadtest = Pick<
  LoadtestRun,
  'id' | 'workspace' | 'scenario' | 'rate' | 'duration_ms' | 'max_n' | 'started_at'
>;

/** The journal's load tests. Every move names the state it starts from and throws `tally_mismatch` from another. */
export interface LoadtestLedger {
  /** Stores the run as `planned`, durably: when this returns, a power cut does not lose it. */
  plan(run: PlannedLoadtest): void;
  /** planned -> running. */
  started(id: string, k6Pid: number): void;
  /** planned or running -> finished. */
  finish(id: string, verdict: LoadtestVerdict, finishedAt: number): void;
  /** any state -> cleaned: nobody is left. */
  markCleaned(id: string): void;
  /** Runs of a workspace that are not cleaned, oldest first. */
  uncleaned(workspace: string): LoadtestRun[];
  /** All runs, oldest first. */
  list(): LoadtestRun[];
}

export const PERSON_PREFIX = 'cio-bulk-lt-';

/** The id of a test person. `k6/lib/people.ts` builds the same one; a test compares the two. */
export function personId(run: string, n: number): string {
  return `${PERSON_PREFIX}${run}-${n}`;
}
