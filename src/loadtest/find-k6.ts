import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { CioBulkError } from '../domain/errors.ts';

export interface K6Binary {
  readonly path: string;
  /** `2.2.0`, without a v. */
  readonly version: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The oldest k6 whose flags and summary are supported. */
const OLDEST: readonly [number, number] = [1, 3];
const VERSION_TIMEOUT_MS = 20_000;

const INSTALL = [
  'install it:',
  '  macOS    brew install k6',
  '  Debian   see https://grafana.com/docs/k6/latest/set-up/install-k6/#debianubuntu, then: sudo apt-get install k6',
  '  Windows  winget install k6 --source winget',
  '  Go       go install go.k6.io/k6/v2@latest',
  '  Docker   docker create --name k6 grafana/k6 && docker cp k6:/usr/bin/k6 . (Linux), then --k6-bin ./k6',
].join('\n');

/** Finds k6: `--k6-bin`, else CIO_BULK_K6, else PATH. Throws `k6_missing` if there is none, or if it is too old. */
export async function findK6(flag: string | undefined, env: Env, cwd: string): Promise<K6Binary> {
  const path = locate(flag, env, cwd);
  const version = /v(\d+)\.(\d+)\.(\d+)/.exec(await printVersion(path));
  if (version === null)
    throw new CioBulkError('k6_missing', `${path} is not k6: it does not print a k6 version`, { hint: INSTALL });
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new CioBulkError('k6_missing', `k6 ${version[0]} is too old: ${OLDEST.join('.')} or later is needed`, {
      hint: INSTALL,
    });
  }
  return { path, version: version[0].slice(1) };
}

function locate(flag: string | undefined, env: Env, cwd: string): string {
  const given = flag ?? (env['CIO_BULK_K6'] || undefined);
  if (given !== undefined) {
    const path = resolve(cwd, given);
    if (isExecutable(path)) return path;
    const source = flag === undefined ? 'CIO_BULK_K6' : '--k6-bin';
    throw new CioBulkError('k6_missing', `${source} names ${given}, which is not an executable file`, {
      hint: INSTALL,
    });
  }
  const name = process.platform === 'win32' ? 'k6.exe' : 'k6';
  const found = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find(isExecutable);
  if (found === undefined)
    throw new CioBulkError(
      'k6_missing',
      'k6 is not installed: neither --k6-bin nor CIO_BULK_K6 is set, and it is not in PATH',
      { hint: INSTALL },
    );
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function printVersion(path: string): Promise<string> {
  return new Promise((resolve) => {
    // A file that cannot be run is treated like one that prints something else: neither is k6.
    execFile(path, ['version'], { timeout: VERSION_TIMEOUT_MS, windowsHide: true }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}
