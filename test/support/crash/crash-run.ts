import { fileURLToPath } from 'node:url';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../src/session/sandbox-process.ts';
import { startCli, type CliResult, type RunningCli } from '../cli.ts';
import type { Finishing } from '../temp.ts';

const HOOK = fileURLToPath(new URL('./crash-hook.mjs', import.meta.url));

export interface CrashRun {
  readonly cwd: string;
  readonly sandbox: Sandbox;
  readonly args: readonly string[];
  /** Where to die: the k-th time the program comes to this place. */
  readonly crashAt?: { readonly point: string; readonly hit: number };
  readonly input?: string;
}

/** Starts the program against a sandbox, with or without a place to die. */
export function startAgainst(test: Finishing, { cwd, sandbox, args, crashAt, input }: CrashRun): RunningCli {
  return startCli(test, args, {
    cwd,
    env: {
      CUSTOMERIO_TRACK_URL: sandbox.trackUrl,
      CUSTOMERIO_SITE_ID: sandbox.siteId,
      CUSTOMERIO_TRACK_API_KEY: sandbox.trackApiKey,
      ...(crashAt ? { CIO_BULK_TEST_CRASH: `${crashAt.point}:${crashAt.hit}` } : {}),
    },
    ...(crashAt ? { nodeArgs: ['--import', HOOK] } : {}),
    ...(input === undefined ? {} : { input }),
  });
}

export function runAgainst(test: Finishing, run: CrashRun): Promise<CliResult> {
  return startAgainst(test, run).ended;
}

/** A sandbox that logs every operation, gone when the test ends. */
export async function loggingSandbox(test: Finishing, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ logOperations: true, ...options });
  test.onTestFinished(() => sandbox.stop());
  return sandbox;
}

export async function resetSandbox({ url }: Sandbox): Promise<void> {
  const response = await fetch(`${url}/_sandbox/reset`, { method: 'POST' });
  if (!response.ok) throw new Error(`the sandbox answered ${response.status} to a reset`);
}
