import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { addHelpEnd } from './flags/common.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../session/sandbox-process.ts';

const DEFAULT_PORT = '8787';

const HELP = `
Faults are shares of the requests. They are injected at random, but the same --seed gives the same faults:
  429=1%,500=0.5%,reset-before=0.1%,reset-after=0.1%,timeout=0.1%,torn=0.1%,html503=0.1%,partial=1%,errors-in-200=0.1%
GET /_sandbox/state counts what it holds and the requests it has had; docs/sandbox.md describes the rest.
It exits with 0 when stopped by Ctrl-C or SIGTERM, and with 5 when it cannot start (port taken, database unusable).`;

/** Flags and help of `cio-bulk sandbox`. */
export function configure(command: Command): void {
  addHelpEnd(
    command
      .description(
        'run a local stand-in for Customer.io (Track API v1 and v2, and the App API calls that cio-bulk makes), for rehearsals and tests',
      )
      .option('--port <n>', 'port on 127.0.0.1; 0 = any free one', DEFAULT_PORT)
      .option('--db <file>', 'SQLite file that keeps people and events (default: a temporary one)')
      .option('--rate-limit <n>', 'requests per second; anything above is answered with 429')
      .option('--latency <ms>', 'delay of every answer: 80, or a range such as 20-200')
      .option('--faults <list>', 'faults to inject, and how often, such as "429=1%,reset-after=0.1%"')
      .option('--seed <n>', 'seed for faults and latency (default: 1)')
      .option('--json', 'print the URL and credentials as one JSON object instead of text')
      .option('--quiet', 'print only the environment variables to set')
      .option('--verbose', 'no effect here; accepted because every command takes it')
      .addHelpText('after', HELP),
    ['cio-bulk sandbox --port 0 --latency 20-200 --faults "429=1%,partial=1%"'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.unreachable],
  );
}

/** Runs until the operator stops it, which is a server's normal end: exit 0. */
export async function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  if (args.length > 0) throw new CioBulkError('usage', `sandbox takes no arguments, but got "${args.join(' ')}"`);
  const sandbox = await startSandbox(toOptions(options, host.cwd));
  try {
    host.stdout.write(options['json'] === true ? describeAsJson(sandbox) : describe(sandbox));
    if (options['quiet'] !== true && options['json'] !== true) host.stderr.write('Stop it with Ctrl-C.\n');
    const isStopped = await Promise.race([untilAborted(host.stopping), sandbox.ended.then(() => false)]);
    if (!isStopped && !host.stopping.aborted)
      throw new CioBulkError('sandbox_failed', 'the sandbox ended by itself; see its message above');
  } finally {
    await sandbox.stop();
  }
  return EXIT.ok;
}

function toOptions(options: Readonly<Record<string, unknown>>, cwd: string): SandboxOptions {
  const chosen: Record<string, string> = { port: DEFAULT_PORT };
  for (const name of ['port', 'db', 'rateLimit', 'latency', 'faults', 'seed']) {
    const value = options[name];
    if (typeof value === 'string' || typeof value === 'number') chosen[name] = String(value);
  }
  if (chosen['db'] !== undefined) chosen['db'] = resolve(cwd, chosen['db']);
  return chosen;
}

function environmentOf(sandbox: Sandbox): Readonly<Record<string, string>> {
  return {
    CUSTOMERIO_SITE_ID: sandbox.siteId,
    CUSTOMERIO_TRACK_API_KEY: sandbox.trackApiKey,
    CUSTOMERIO_APP_API_KEY: sandbox.appApiKey,
    CUSTOMERIO_REGION: sandbox.region,
    CUSTOMERIO_TRACK_URL: sandbox.trackUrl,
    CUSTOMERIO_APP_URL: sandbox.appUrl,
  };
}

/** A shell can evaluate it: what is not an export line is a comment. */
function describe(sandbox: Sandbox): string {
  const lines = Object.entries(environmentOf(sandbox)).map(([name, value]) => `export ${name}=${value}\n`);
  return `# sandbox at ${sandbox.url}, made-up credentials:\n${lines.join('')}`;
}

function describeAsJson(sandbox: Sandbox): string {
  return `${JSON.stringify({ type: 'sandbox', url: sandbox.url, environment: environmentOf(sandbox) })}\n`;
}

function untilAborted(signal: AbortSignal): Promise<true> {
  return new Promise((done) => {
    if (signal.aborted) done(true);
    else signal.addEventListener('abort', () => done(true), { once: true });
  });
}
