import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** k6 for the tests: CIO_BULK_K6, PATH, or what `.ci/k6.sh .cache/k6` has built. Without one these tests are skipped. */
export const k6Bin: string | undefined = [process.env['CIO_BULK_K6'], 'k6', fileURLToPath(new URL('../../.cache/k6/k6', import.meta.url))].find(
  (candidate) => candidate !== undefined && candidate !== '' && isK6(candidate),
);

if (k6Bin === undefined) console.warn('k6 is not installed: tests with real k6 are skipped (.ci/k6.sh .cache/k6 builds it)');

function isK6(candidate: string): boolean {
  if (candidate !== 'k6' && !existsSync(candidate)) return false;
  try {
    return execFileSync(candidate, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).startsWith('k6');
  } catch {
    return false;
  }
}
