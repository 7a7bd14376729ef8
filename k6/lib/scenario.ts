/** What every script consists of: options, iteration and summary. */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import type { LoadPlan, ScenarioName } from '../../src/domain/loadtest.ts';
import { readShapeInput } from './environment.ts';
import { scriptErrors } from './metrics.ts';
import { identify, identifyBatch, track } from './requests.ts';
import { computePlan, TIME_UNIT_MS, toIterationTarget } from './shape.ts';
import { summarize } from './summary.ts';
import { thresholdsOf } from './thresholds.ts';
import { watchdogScenarios } from './watchdog.ts';

export { watchdog } from './watchdog.ts';

/** What `setup` passes to every iteration. */
export interface RunData {
  readonly run: string;
}

/** How late the last iteration may start on a busy machine. */
const LAST_START_MS = 500;

export const planOf = (scenario: ScenarioName): LoadPlan => computePlan(readShapeInput(scenario));

/** One arrival-rate scenario (`load`), plus the watchdog if there is a launcher to watch. */
export function optionsOf(plan: LoadPlan): Options {
  const toTarget = (rate: number): number => toIterationTarget(rate, plan.requestsPerIteration);
  return {
    scenarios: {
      load: {
        executor: 'ramping-arrival-rate',
        startRate: toTarget(plan.startRate),
        timeUnit: `${TIME_UNIT_MS}ms`,
        stages: [
          ...plan.stages.map((stage) => ({ target: toTarget(stage.target), duration: `${stage.durationMs}ms` })),
          // Without this pause, in which nothing is due, the iteration that is due at the very end would be lost.
          { target: 0, duration: '0s' },
          { target: 0, duration: `${LAST_START_MS}ms` },
        ],
        preAllocatedVUs: plan.vus.allocated,
        maxVUs: plan.vus.max,
        gracefulStop: '25s',
        exec: 'iteration',
        // The launcher reads the plan from here (`k6 inspect`): the scenario's environment is part of the options.
        env: { CIO_BULK_PLAN: JSON.stringify(plan) },
      },
      ...watchdogScenarios(plan),
    },
    thresholds: thresholdsOf(plan),
    summaryTrendStats: ['count', 'avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],
    // Without `url`: requests are distinguished by route (`name`), or every person would be a time series.
    systemTags: ['name', 'method', 'status', 'error_code', 'scenario', 'expected_response'],
    userAgent: 'cio-bulk-loadtest',
    // A load test that follows a redirect would load a host that the user never named.
    maxRedirects: 0,
  };
}

/** The run's id: from the launcher, or made up here once for all VUs. */
export function setup(): RunData {
  const given = __ENV['CIO_BULK_RUN'] ?? '';
  const run = given === '' ? `k6${Date.now().toString(36)}` : given;
  if (!/^[a-z0-9]{1,32}$/.test(run)) throw new Error('CIO_BULK_RUN must be 1 to 32 lower-case letters and digits');
  return { run };
}

/** k6 counts an iteration that throws as a success. This one counts it as a script error, so that the run does not pass. */
export function iterationOf(plan: LoadPlan): (given: RunData) => void {
  return ({ run }) => {
    try {
      // Dense from 0 over the whole test: `load` is the only scenario that creates people.
      const iteration = exec.scenario.iterationInTest;
      const first = iteration * plan.peoplePerIteration;
      if (plan.scenario === 'batch') {
        identifyBatch(
          run,
          Array.from({ length: plan.peoplePerIteration }, (_, i) => (first + i) % plan.users),
        );
      } else {
        identify(run, first % plan.users);
        track(run, first % plan.users, iteration);
      }
    } catch (cause) {
      scriptErrors.add(1);
      // The log is the only place to find the cause. Once per VU, so that the log does not grow with the load.
      // oxlint-disable-next-line no-console
      if (exec.vu.iterationInScenario === 0) console.error(`script error: ${String(cause)}`);
    }
  };
}

export const summaryOf = (plan: LoadPlan) => summarize(plan, __ENV['CIO_BULK_SUMMARY'] ?? '');
