/**
 * The one place that decides what a load looks like. Pure: without the k6 API, so that tests can call it. The launcher
 * repeats none of it: it reads the plan with `k6 inspect` (see `optionsOf` in scenario.ts).
 */
import type { LoadLimits, LoadPlan, LoadStage, ScenarioName } from '../../src/domain/loadtest.ts';

export interface ShapeInput {
  readonly scenario: ScenarioName;
  /** HTTP requests per second in all; null = the scenario's own. */
  readonly rate: number | null;
  /** Total length; null = the scenario's own. All stages are stretched by the same factor. */
  readonly durationMs: number | null;
  readonly maxUsers: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Items of one v2 batch. */
  readonly batchSize: number;
}

/** A scenario at rate 1: stages as [name, seconds, share of the rate]. */
interface Shape {
  readonly rate: number;
  readonly start: number;
  readonly stages: readonly (readonly [string, number, number])[];
  readonly limitedMax: number;
}

const SHAPES: Readonly<Record<ScenarioName, Shape>> = {
  // Does it work at all? The only scenario with a rate of its own: a higher --rate does not make it hotter.
  smoke: { rate: 2, start: 1, stages: [['hold', 10, 1]], limitedMax: 1 },
  average: {
    rate: 80,
    start: 0.1,
    stages: [
      ['warm up', 30, 0.1],
      ['ramp up', 60, 1],
      ['hold', 300, 1],
      ['ramp down', 30, 0],
    ],
    limitedMax: 20,
  },
  ramp: {
    rate: 80,
    start: 0.125,
    stages: [
      ['ramp up', 30, 0.625],
      ['ramp up', 30, 1],
      ['hold', 60, 1],
      ['ramp down', 30, 0.125],
    ],
    limitedMax: 20,
  },
  stress: {
    rate: 80,
    start: 0.1,
    stages: [
      ['ramp up', 60, 1],
      ['hold', 120, 1],
      ['over the top', 10, 1.2],
      ['hold over', 120, 1.2],
      ['ramp down', 30, 0.1],
    ],
    limitedMax: 200,
  },
  spike: {
    rate: 80,
    start: 0.1,
    stages: [
      ['calm', 60, 0.1],
      ['spike', 5, 1],
      ['hold', 60, 1],
      ['drop', 5, 0.1],
      ['recover', 60, 0.1],
    ],
    limitedMax: 20,
  },
  soak: {
    rate: 80,
    start: 0.1,
    stages: [
      ['ramp up', 60, 0.5],
      ['hold', 3_600, 0.5],
      ['ramp down', 30, 0],
    ],
    limitedMax: 50,
  },
  breakpoint: { rate: 80, start: 0.1, stages: [['climb', 600, 1]], limitedMax: 20 },
  batch: {
    rate: 5,
    start: 0.2,
    stages: [
      ['ramp up', 30, 1],
      ['hold', 120, 1],
      ['ramp down', 10, 0.2],
    ],
    limitedMax: 20,
  },
};

/** Rates are handed to k6 as whole iterations per this many milliseconds, so that 2.5 iterations/s stay 2.5. */
export const TIME_UNIT_MS = 1_000_000;
export const REQUEST_TIMEOUT_MS = 10_000;
export const VUS_MAX = 1_000;
/** Less than this share of the plan is not a valid measurement. */
const SENT_MIN = 0.98;

/** Everything about the load, from what the user asked for. */
export function computePlan(input: ShapeInput): LoadPlan {
  const shape = SHAPES[input.scenario];
  const rate = input.scenario === 'smoke' ? Math.min(input.rate ?? shape.rate, shape.rate) : (input.rate ?? shape.rate);
  const secondsAtRest = shape.stages.reduce((sum, [, seconds]) => sum + seconds, 0);
  const stretch = input.durationMs === null ? 1 : input.durationMs / (secondsAtRest * 1_000);
  const stages: LoadStage[] = shape.stages.map(([name, seconds, share]) => ({
    name,
    target: share * rate,
    durationMs: Math.max(1, Math.round(seconds * 1_000 * stretch)),
  }));
  const isBatch = input.scenario === 'batch';
  const requestsPerIteration = isBatch ? 1 : 2;
  const startRate = shape.start * rate;
  const iterations = countIterations(startRate, stages, requestsPerIteration);
  const peoplePerIteration = isBatch ? Math.min(input.batchSize, input.maxUsers) : 1;
  const peakRate = Math.max(startRate, ...stages.map((stage) => stage.target));
  return {
    scenario: input.scenario,
    rate,
    durationMs: stages.reduce((sum, stage) => sum + stage.durationMs, 0),
    startRate,
    stages,
    peakRate,
    requestsPerIteration,
    iterations,
    requests: iterations * requestsPerIteration,
    peoplePerIteration,
    users: Math.max(1, Math.min(input.maxUsers, iterations * peoplePerIteration)),
    vus: computeVus(peakRate, requestsPerIteration),
    limits: limitsOf(input, shape, iterations, requestsPerIteration),
  };
}

/** Whole iterations per TIME_UNIT_MS: the only form of a rate that k6 accepts. */
export function toIterationTarget(requestsPerSecond: number, requestsPerIteration: number): number {
  return Math.round((requestsPerSecond / requestsPerIteration) * (TIME_UNIT_MS / 1_000));
}

/** k6 starts an iteration each time the area under the rate reaches the next whole number. */
function countIterations(startRate: number, stages: readonly LoadStage[], requestsPerIteration: number): number {
  let from = toIterationTarget(startRate, requestsPerIteration);
  let doubleArea = 0;
  for (const stage of stages) {
    const to = toIterationTarget(stage.target, requestsPerIteration);
    doubleArea += (from + to) * stage.durationMs;
    from = to;
  }
  return Math.max(1, Math.floor(doubleArea / (2 * TIME_UNIT_MS)));
}

/**
 * Little's law at the peak: enough VUs at once for answers that take 1.25 s (well over any passing p95), and some for a
 * pause of a second or two, since k6 drops an iteration for every VU it has to add while running. At most as many as are
 * busy when every request times out.
 */
function computeVus(peakRate: number, requestsPerIteration: number): LoadPlan['vus'] {
  const allocated = Math.min(VUS_MAX, Math.ceil(peakRate * 1.25) + 20);
  const everyRequestTimesOut = Math.ceil(
    (peakRate / requestsPerIteration) * ((requestsPerIteration * REQUEST_TIMEOUT_MS) / 1_000),
  );
  return { allocated, max: Math.min(VUS_MAX, Math.max(allocated, everyRequestTimesOut)) };
}

function limitsOf(input: ShapeInput, shape: Shape, iterations: number, requestsPerIteration: number): LoadLimits {
  return {
    p95Ms: input.p95Ms,
    p99Ms: input.p99Ms,
    failedShare: 0.01,
    limitedMax: shape.limitedMax,
    droppedMax: Math.floor(iterations * 0.001),
    requestsMin: Math.ceil(iterations * requestsPerIteration * SENT_MIN),
  };
}
