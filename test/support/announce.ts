/** What is printed before the first test: how long the run takes, and what it skips on this machine. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { k6Bin } from './k6-binary.ts';
import { hasRedis } from './redis.ts';
import { hasTerminals } from './terminal.ts';

/** Minutes on two idle cores. */
const MINUTES = { allWithK6: 10, allWithoutK6: 8, quick: 2 };
/** What `npm run test:quick` runs. */
const QUICK = /[\\/]test[\\/](?:unit|property|contract|cli)[\\/]/;

export async function setup(project: TestProject): Promise<void> {
  const asked: unknown = Reflect.get(project.vitest, 'filenamePattern'); // of a part of the tests
  const { testFiles } = await project.globTestFiles(Array.isArray(asked) ? asked.map(String) : undefined);
  const all = (await project.globTestFiles()).testFiles;
  const k6Files = testFiles.filter((file) => /[\\/]test[\\/]k6[\\/]/.test(file)).length;
  const lines = [`${testFiles.length} test files${timeText(testFiles, all)}`];
  if (k6Bin === undefined && k6Files > 0)
    lines.push(
      `k6 not found: ${k6Files} files are skipped or cut short; set CIO_BULK_K6, or build it with Go: .ci/k6.sh .cache/k6`,
    );
  if (!hasRedis)
    lines.push(
      'redis-server not found: the tests of a shared budget and of the fleet are skipped; .ci/redis.sh installs it',
    );
  if (!hasTerminals) lines.push('`script` (util-linux) not found: the tests on a terminal are skipped');
  if (!existsSync('/dev/full')) lines.push('no /dev/full here: the tests of a full disk under stdout are skipped');
  if (!canMount())
    lines.push('this user cannot mount file systems: the test of a full disk under the journal is skipped');
  // oxlint-disable-next-line no-console -- people read it
  console.log(lines.join('\n'));
}

/** Empty for a selection of tests that has not been timed. */
function timeText(files: readonly string[], all: readonly string[]): string {
  const isQuick =
    files.length === all.filter((file) => QUICK.test(file)).length && files.every((file) => QUICK.test(file));
  if (!isQuick && files.length < all.length) return '';
  const minutes = isQuick ? MINUTES.quick : k6Bin === undefined ? MINUTES.allWithoutK6 : MINUTES.allWithK6;
  return `: about ${minutes} minutes on two cores, longer on a busy machine`;
}

function canMount(): boolean {
  try {
    return process.getuid?.() === 0 && execFileSync('mount', ['--version'], { stdio: 'ignore' }) !== undefined;
  } catch {
    return false;
  }
}
