/** What vitest says before the first test: how long it takes, and what it leaves out on this machine. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { k6Bin } from './k6-binary.ts';
import { hasTerminals } from './terminal.ts';

/** Seconds of all tests on two cores, with k6 and without. */
const ALL_SECONDS = { withK6: 720, without: 600 };

export async function setup(project: TestProject): Promise<void> {
  const asked: unknown = Reflect.get(project.vitest, 'filenamePattern'); // of a part of the tests
  const files = await project.globTestFiles(Array.isArray(asked) ? asked.map(String) : undefined);
  const all = files.testFiles.length;
  const k6Files = files.testFiles.filter((file) => /[\\/]test[\\/]k6[\\/]/.test(file)).length;
  const minutes = Math.round((k6Bin === undefined ? ALL_SECONDS.without : ALL_SECONDS.withK6) / 60);
  const lines = [all > 50 ? `${all} test files: about ${minutes} minutes on two cores` : `${all} test files`];
  if (k6Bin === undefined && k6Files > 0) lines.push(`k6 not found: ${k6Files} files are skipped or cut short; set CIO_BULK_K6, or build it with Go: .ci/k6.sh .cache/k6`);
  if (!hasTerminals) lines.push('`script` of util-linux not found: the tests on a terminal are skipped');
  if (!existsSync('/dev/full')) lines.push('no /dev/full here: the tests of a full disk under stdout are skipped');
  if (!canMount()) lines.push('file systems cannot be mounted by this user: the test of a full disk under the journal is skipped');
  // oxlint-disable-next-line no-console -- people read it
  console.log(lines.join('\n'));
}

function canMount(): boolean {
  try {
    return process.getuid?.() === 0 && execFileSync('mount', ['--version'], { stdio: 'ignore' }) !== undefined;
  } catch {
    return false;
  }
}
