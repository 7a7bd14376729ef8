import { readFileSync } from 'node:fs';
import { CioBulkError } from '../domain/errors.ts';

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

/** What `k6/lib/summary.ts` writes at the end of a run. Times in milliseconds. */
export interface K6Numbers {
  readonly duration_ms: number;
  readonly requests: number;
  readonly iterations: number;
  readonly limited: number;
  readonly failures: number;
  readonly script_errors: number;
  readonly dropped: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, Latencies>>;
  readonly thresholds: readonly ThresholdResult[];
}

const COUNTS = ['duration_ms', 'requests', 'iterations', 'limited', 'failures', 'script_errors', 'dropped'] as const;

/** Reads it; null when k6 died before it could write one. */
export function readK6Numbers(path: string): K6Numbers | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const { schema, ...numbers } = JSON.parse(text) as K6Numbers & { readonly schema: string };
  if (schema !== 'cio-bulk.k6/v1' || COUNTS.some((name) => typeof numbers[name] !== 'number')) {
    throw new CioBulkError('k6_failed', `${path} is not what the bundled scenarios write`);
  }
  return numbers;
}
