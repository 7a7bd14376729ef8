import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const given = process.env['CIO_BULK_K6'];

/**
 * k6 for the tests: CIO_BULK_K6 if it is set (empty = none), else the one on PATH, else what `.ci/k6.sh .cache/k6` built.
 * Without k6, the tests that need it are skipped.
 */
export const k6Bin: string | undefined = (
  given === undefined ? ['k6', fileURLToPath(new URL('../../.cache/k6/k6', import.meta.url))] : [given]
).find(isK6);

function isK6(candidate: string): boolean {
  try {
    return (
      candidate !== '' &&
      execFileSync(candidate, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).startsWith('k6')
    );
  } catch {
    return false;
  }
}
