import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Finishing } from './temp.ts';
import { until } from './until.ts';

export const BIN = fileURLToPath(new URL('../../bin/cio-bulk.js', import.meta.url));
/** Made up, long enough to be found wherever they leak, and unlike anything else in the output. */
export const CREDENTIALS = { siteId: 'canary-site-4f1d0c7b9e', apiKey: 'canary-key-8a52d1e6f3' } as const;

export const OPEN = Symbol('open');

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where to send: base URL of the Track API, with the credentials above. */
  readonly trackUrl?: string;
  /** What is on standard input. Absent: nothing, and it is closed at once. OPEN leaves it open for the test to write to. */
  readonly input?: string | Uint8Array | typeof OPEN;
  /** Arguments of Node, before the script. */
  readonly nodeArgs?: readonly string[];
}

/** A JSON line on stdout. */
export type JsonLine = Readonly<Record<string, unknown>> & { readonly type: string };

export interface CliResult {
  /** Exit code, or null after a signal that killed. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
  readonly json: readonly JsonLine[];
  /** The last line of JSON whose type is `summary`. */
  readonly summary: JsonLine | undefined;
  /** The last line on stderr. */
  readonly lastLine: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<CliResult>;
  /** Waits until stderr holds a text. */
  says(text: string | RegExp): Promise<void>;
}

/** Starts the real program as a user would, and kills it when the test ends. */
export function startCli(test: Finishing, args: readonly string[], options: CliOptions): RunningCli {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), BIN, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: options.cwd, ...targetEnv(options.trackUrl), ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin?.on('error', () => undefined);
  if (options.input !== undefined && options.input !== OPEN) child.stdin?.end(options.input);
  const ended = once(child, 'close').then((): CliResult => {
    const json = jsonLines(stdout);
    return {
      code: child.exitCode,
      signal: child.signalCode,
      stdout,
      stderr,
      elapsedMs: performance.now() - startedAt,
      json,
      summary: json.findLast(({ type }) => type === 'summary'),
      lastLine: stderr.trimEnd().split('\n').at(-1) ?? '',
    };
  });
  test.onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    says: (text) =>
      until(
        () => (typeof text === 'string' ? stderr.includes(text) : text.test(stderr)),
        `stderr to hold ${String(text)}`,
        () => stderr,
      ),
  };
}

export function runCli(test: Finishing, args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(test, args, options).ended;
}

export function targetEnv(trackUrl: string | undefined): Record<string, string> {
  return trackUrl === undefined
    ? {}
    : {
        CUSTOMERIO_TRACK_URL: trackUrl,
        CUSTOMERIO_SITE_ID: CREDENTIALS.siteId,
        CUSTOMERIO_TRACK_API_KEY: CREDENTIALS.apiKey,
      };
}

function jsonLines(stdout: string): JsonLine[] {
  return stdout
    .split('\n')
    .flatMap((line): JsonLine[] => (line.startsWith('{"type":') ? [JSON.parse(line) as JsonLine] : []));
}
