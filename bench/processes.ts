import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROBE, RUNS_FOLDER } from './paths.ts';
import type { Usage } from './probe.ts';

/** No program of the benchmark takes longer, not even with ten million rows. */
const DEADLINE_MS = 20 * 60_000;

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** On the clock that all processes of a machine share. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Started {
  readonly child: ChildProcess;
  readonly startedAt: number;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node, before the script. */
  readonly nodeArgs?: readonly string[];
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** A benchmark that is stopped leaves nobody behind who goes on sending, and no journals. */
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Starts Node with nothing of this process's environment but the path. */
export function startNode(args: readonly string[], { cwd, env = {}, nodeArgs = [] }: StartOptions): Started {
  const startedAt = monotonicMs();
  const child = spawn(process.execPath, [...nodeArgs, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    let endedAt = 0;
    child.once('error', reject);
    child.once('exit', () => (endedAt = monotonicMs()));
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr, startedAt, endedAt }));
  });
  return { child, startedAt, ended };
}

/** Runs Node to its end, and says what it used. Throws when it ends with another exit code than expected. */
export async function measureNode(
  args: readonly string[],
  { cwd, env = {}, nodeArgs = [] }: StartOptions,
  expected = 0,
): Promise<Ended & Usage> {
  const usagePath = join(cwd, 'usage.json');
  const started = startNode(args, {
    cwd,
    env: { ...env, CIO_BULK_BENCH_USAGE: usagePath },
    nodeArgs: ['--import', pathToFileURL(PROBE).href, ...nodeArgs],
  });
  const ended = await started.ended;
  assertExit(ended, expected, args);
  const usage = JSON.parse(readFileSync(usagePath, 'utf8')) as Usage;
  return { ...ended, ...usage };
}

export function assertExit(ended: Ended, expected: number, args: readonly string[]): void {
  if (ended.exitCode === expected) return;
  throw new Error(
    `${args.join(' ')}\nended with ${ended.exitCode} and not with ${expected}\n${ended.stdout.slice(-2000)}\n${ended.stderr.slice(-2000)}`,
  );
}

/** A folder for one run, gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(RUNS_FOLDER, { recursive: true });
  const folder = mkdtempSync(join(RUNS_FOLDER, 'run-'));
  folders.add(folder);
  try {
    return await work(folder);
  } finally {
    folders.delete(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}
