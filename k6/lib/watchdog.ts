/**
 * Checks once a second that the launcher is alive, and ends the test if it is not: no load outlives its launcher. Without
 * CIO_BULK_CONTROL (k6 on its own) there is no launcher and no such scenario.
 */
import { sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import type { Scenario } from 'k6/options';
import type { LoadPlan } from '../../src/domain/loadtest.ts';

/** Unanswered polls in a row that end the test; with one poll a second and a timeout of one, 3 to 6 seconds. */
const MISSED_MAX = 3;

let missed = 0;

/** The watchdog's scenario: one VU for as long as the load lasts. */
export function watchdogScenarios(plan: LoadPlan): Record<string, Scenario> {
  if ((__ENV['CIO_BULK_CONTROL'] ?? '') === '') return {};
  return {
    watchdog: {
      executor: 'constant-vus',
      vus: 1,
      duration: `${plan.durationMs}ms`,
      gracefulStop: '0s',
      exec: 'watchdog',
    },
  };
}

const anyAnswer = http.expectedStatuses({ min: 0, max: 599 });

/** One poll. Its requests are in none of our metrics and never count as failed in k6's. */
export function watchdog(): void {
  const answer = http.get(`${__ENV['CIO_BULK_CONTROL']}/alive`, {
    timeout: 1_000,
    responseCallback: anyAnswer,
    responseType: 'none',
    tags: { name: 'watchdog' },
  });
  missed = answer.status === 200 ? 0 : missed + 1;
  if (missed >= MISSED_MAX) exec.test.abort('cio-bulk is gone, so the load ends');
  sleep(1);
}
