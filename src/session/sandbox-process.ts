import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeModuleError } from '../domain/native-module.ts';
import { CioBulkError } from '../domain/errors.ts';

/** Settings of a sandbox, as the texts of the flags; the sandbox itself checks them. */
export interface SandboxOptions {
  /** 0 or absent = any free port. */
  readonly port?: string | number;
  /** Database file; absent = a temporary one. Its folder is made when it is missing. */
  readonly db?: string;
  readonly rateLimit?: string | number;
  readonly latency?: string | number;
  readonly faults?: string;
  readonly seed?: string | number;
  readonly retryAfter?: string;
  readonly region?: 'us' | 'eu';
  readonly environmentId?: number;
  readonly logOperations?: boolean;
  readonly redirectTo?: string;
  readonly siteId?: string;
  readonly trackApiKey?: string;
  readonly appApiKey?: string;
}

/** `GET /_sandbox/state` (docs/sandbox.md). */
export interface SandboxState {
  readonly people: number;
  readonly events: number;
  readonly suppressed: number;
  readonly objects: number;
  readonly relationships: number;
  readonly deliveries: number;
  readonly failed_changes: number;
  readonly skipped_updates: number;
  readonly deleted_people: number;
  readonly duplicate_events_ignored: number;
  readonly operations_received: number;
  readonly requests: {
    readonly total: number;
    readonly by_path: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  readonly faults_injected: Readonly<Record<string, number>>;
  readonly max_requests_in_any_second: number;
  readonly first_request_at: string | null;
  readonly last_request_at: string | null;
}

export interface Sandbox {
  /** Base URL without a path; Track and App API answer on the same one. */
  readonly url: string;
  readonly trackUrl: string;
  readonly appUrl: string;
  readonly siteId: string;
  readonly trackApiKey: string;
  readonly appApiKey: string;
  readonly region: 'us' | 'eu';
  readonly pid: number;
  state(): Promise<SandboxState>;
  /** Closes it and waits until it is gone. May be called twice. */
  stop(): Promise<void>;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;

/** Made-up keys of every sandbox; they open nothing else. The site id belongs to its database. */
export const SANDBOX_KEYS = {
  trackApiKey: 'sandbox-track-key',
  appApiKey: 'sandbox-app-key',
} as const;

/**
 * Starts a sandbox in a process of its own and resolves when it listens. It ends with this process, however this one
 * ends. Throws `usage` for a setting that cannot be, `sandbox_failed` when it does not start.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const db = options.db === undefined ? undefined : resolve(options.db);
  if (db !== undefined) makeFolder(dirname(db));
  const settings = { ...SANDBOX_KEYS, ...options, db };
  const child = fork(entryPath(), [], {
    env: { ...process.env, NODE_OPTIONS: '', CIO_BULK_SANDBOX: JSON.stringify(settings) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let ready: Ready;
  try {
    ready = await untilReady(child);
  } catch (error) {
    await stopChild(child, ended);
    throw error;
  }
  const { url, siteId } = ready;
  return {
    url,
    trackUrl: url,
    appUrl: url,
    siteId,
    trackApiKey: settings.trackApiKey,
    appApiKey: settings.appApiKey,
    region: options.region ?? 'us',
    pid: child.pid ?? 0,
    state: () => readState(url),
    stop: () => stopChild(child, ended),
    ended,
  };
}

/** The compiled entry: beside this file's folder in dist, or in dist when this runs from the sources. */
function entryPath(): string {
  const beside = fileURLToPath(new URL('../sandbox/main.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/sandbox/main.js', import.meta.url));
}

function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (basename(folder) === '.cio-bulk') writeFileSync(join(folder, '.gitignore'), '*\n');
}

interface Ready {
  readonly url: string;
  readonly siteId: string;
}

function untilReady(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, isUsage = false): void => {
      clearTimeout(timer);
      reject(
        isUsage
          ? new CioBulkError('usage', message, { hint: 'see `cio-bulk sandbox --help`' })
          : (nativeModuleError(message) ??
              new CioBulkError('sandbox_failed', `the sandbox did not start: ${message}`, hintFor(message))),
      );
    };
    const timer = setTimeout(() => fail(`no answer within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`its process ended with exit code ${code ?? 'none'}`));
    child.on('message', (message: unknown) => {
      if (isReady(message)) {
        clearTimeout(timer);
        resolve(message);
      } else if (isFailure(message)) fail(message.message, message.isUsage);
    });
  });
}

function hintFor(message: string): { hint?: string } {
  return message.includes('EADDRINUSE')
    ? { hint: 'another program has the port: choose one with --port, or --port 0 for any free one' }
    : {};
}

function isReady(message: unknown): message is Ready {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'ready' &&
    'url' in message &&
    typeof message.url === 'string' &&
    'siteId' in message &&
    typeof message.siteId === 'string'
  );
}

function isFailure(message: unknown): message is { readonly message: string; readonly isUsage: boolean } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'failed';
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

async function readState(url: string): Promise<SandboxState> {
  const response = await fetch(`${url}/_sandbox/state`);
  if (!response.ok)
    throw new CioBulkError('sandbox_failed', `the sandbox answered ${response.status} when asked for its state`);
  return (await response.json()) as SandboxState;
}
