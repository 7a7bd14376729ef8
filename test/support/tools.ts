import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What some tests need beyond Node and Git. Without it they are skipped, and `npm test` says so at its start. */
export const k6Bin: string | undefined = [process.env['CIO_BULK_K6'], 'k6', fileURLToPath(new URL('../../.cache/k6/k6', import.meta.url))].find(
  (candidate) => candidate !== undefined && candidate !== '' && isK6(candidate),
);
/** `script` of util-linux opens a terminal. The one of BSD and macOS has other flags. */
export const hasTerminals = /util-linux/.test(versionOf('script', '--version'));
export const hasFifo = process.platform !== 'win32' && isOnPath('mkfifo');
/** A small file system can be mounted, to be filled. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0 && isOnPath('mount');

/** Each with what it is good for. */
export const TOOLS: readonly { readonly name: string; readonly isThere: boolean; readonly without: string }[] = [
  { name: 'k6', isThere: k6Bin !== undefined, without: 'load tests with the real k6 (.ci/k6.sh .cache/k6 builds it with Go, or set CIO_BULK_K6)' },
  { name: 'script', isThere: hasTerminals, without: 'tests on a terminal (Linux, util-linux)' },
  { name: 'mkfifo', isThere: hasFifo, without: 'tests with named pipes' },
  { name: 'mount', isThere: canMount, without: 'tests that fill a real disk (Linux, root)' },
];

function isK6(candidate: string): boolean {
  if (candidate !== 'k6' && !existsSync(candidate)) return false;
  return versionOf(candidate, 'version').startsWith('k6');
}

function versionOf(program: string, flag: string): string {
  const { error, stdout } = spawnSync(program, [flag], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return error === undefined ? stdout : '';
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
