/** Our own metrics, since k6's built-in ones also count the watchdog and treat every status below 400 as a success. */
import { Counter, Rate, Trend } from 'k6/metrics';
import type { OperationName } from '../../src/domain/loadtest.ts';

export const LATENCY_METRIC: Readonly<Record<OperationName, string>> = {
  identify: 'cio_identify_ms',
  track: 'cio_track_ms',
  batch: 'cio_batch_ms',
};

/** Statuses that get a line of their own; all others are `other`, and no answer at all is `none`. */
export const STATUSES = [
  '200',
  '207',
  '301',
  '302',
  '400',
  '401',
  '403',
  '404',
  '408',
  '413',
  '429',
  '500',
  '502',
  '503',
  '504',
  'other',
  'none',
];

export const requests = new Counter('cio_requests');
export const limited = new Counter('cio_429');
export const failures = new Counter('cio_failures');
export const failed = new Rate('cio_failed');
export const scriptErrors = new Counter('cio_script_errors');

const latencies: Readonly<Record<OperationName, Trend>> = {
  identify: new Trend(LATENCY_METRIC.identify, true),
  track: new Trend(LATENCY_METRIC.track, true),
  batch: new Trend(LATENCY_METRIC.batch, true),
};

const statuses = new Map(STATUSES.map((status) => [status, new Counter(`cio_status_${status}`)]));

export interface Answer {
  /** 0 = no answer. */
  readonly status: number;
  readonly durationMs: number;
  readonly isOk: boolean;
}

/** Counts one request. A request without an answer has a latency only if it timed out; a refused connection took no time. */
export function record(operation: OperationName, answer: Answer): void {
  requests.add(1);
  if (answer.durationMs > 0) latencies[operation].add(answer.durationMs);
  const status = answer.status === 0 ? 'none' : String(answer.status);
  (statuses.get(status) ?? statuses.get('other'))?.add(1);
  failed.add(!answer.isOk);
  if (answer.status === 429) limited.add(1);
  else if (!answer.isOk) failures.add(1);
}
