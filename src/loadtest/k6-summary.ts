import { readFileSync } from 'node:fs';
import { CioBulkError } from '../domain/errors.ts';
import type { K6Numbers } from '../domain/loadtest.ts';

const COUNTS = ['duration_ms', 'requests', 'iterations', 'limited', 'failures', 'script_errors', 'dropped'] as const;

/** Reads what k6 measured; null if k6 died before it could write it. */
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
