import { createRequire } from 'node:module';
import type * as Commander from 'commander';
import { CioBulkError, ERRORS, EXIT, type ExitCode } from './domain/errors.ts';
import type { Host } from './domain/host.ts';
import { nativeModuleError } from './domain/native-module.ts';
import { processHost } from './host.ts';
import { withFixtures } from './output/fixture-path.ts';
import { jsonLine, safeLine, safeText } from './domain/text/safe-text.ts';

// Required and not imported: importing CommonJS takes a parser of its own, and importing node:fs loads all of it. --help shows it.
const require = createRequire(import.meta.url);
const commander = require('commander') as typeof Commander;

/** A command: its flags, and what it does. Loaded only when it is called, so that --help stays fast. */
interface CommandModule {
  configure(command: Commander.Command): void;
  run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode>;
}

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<CommandModule> }>> = {
  import: {
    summary: 'send people or events from CSV, TSV or NDJSON files',
    load: () => import('./commands/import.ts'),
  },
  validate: {
    summary: 'check files offline: plan, warnings and errors of an import',
    load: () => import('./commands/validate.ts'),
  },
  'retry-failed': {
    summary: 'send the failed rows of a run again',
    load: () => import('./commands/retry-failed.ts'),
  },
  failures: {
    summary: 'write undelivered rows with their reasons, ready to correct and send again',
    load: () => import('./commands/failures.ts'),
  },
  status: {
    summary: 'show the runs in the journal: state, counts and what to do next',
    load: () => import('./commands/status.ts'),
  },
  enqueue: {
    summary: 'put the rows of files into Redis, for workers to send',
    load: () => import('./commands/enqueue.ts'),
  },
  worker: {
    summary: 'send operations that applications put into Redis',
    load: () => import('./commands/worker.ts'),
  },
  loadtest: {
    summary: 'run a bundled k6 scenario against staging or the sandbox',
    load: () => import('./commands/loadtest.ts'),
  },
  cleanup: { summary: 'delete the test people that load tests created', load: () => import('./commands/cleanup.ts') },
  sandbox: {
    summary: 'run a local stand-in for Customer.io, for rehearsals and tests',
    load: () => import('./commands/sandbox.ts'),
  },
};

/** Parses, loads the one command that was asked for, runs it, and ends with its exit code. */
export async function main(host: Host = processHost()): Promise<void> {
  const code = await runCommand(host.argv, host);
  const { isComplete, mustLeave } = await host.end();
  process.exitCode = isComplete || code !== EXIT.ok ? code : ERRORS.output_unwritable;
  if (mustLeave) process.exit();
}

async function runCommand(argv: readonly string[], host: Host): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = new commander.Command('cio-bulk')
    .description(
      'Bulk sync and load testing for Customer.io.\nEvery row ends in exactly one known state, no event counts twice, and the same command finishes an interrupted job.',
    )
    .version(version(), '-V, --version')
    .helpCommand(false)
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
      // A sentence, perhaps with a suggestion on a line of its own: any other line break came from the command line.
      outputError: (text, write) =>
        write(
          `${safeText(
            text
              .trimEnd()
              .replace(/^error: /, 'cio-bulk: ')
              .replace(/\n(?!\(Did you mean)/g, '\ufffd'),
          )}\n`,
        ),
    })
    .addHelpText(
      'after',
      `\nTry it without an account:\n  ${withFixtures('cio-bulk import fixtures/users.csv --sandbox', host.cwd)}\n\nEach command has its own --help, with an example and its exit codes.`,
    );
  try {
    for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
      const command = program.command(name).description(summary).exitOverride();
      if (argv.find((word) => !word.startsWith('-')) !== name) continue;
      const module = await load();
      module.configure(command);
      command.action(async () => {
        code = await module.run(command.args, command.opts(), host);
      });
    }
    program.exitOverride();
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, argv, host);
  }
}

/** Known errors are told in a sentence and a hint; unknown ones are bugs, and show where they happened. */
function report(error: unknown, argv: readonly string[], host: Host): ExitCode {
  const stopCode = host.stopCode();
  if (stopCode !== undefined && isAbort(error)) return stopCode; // a signal before there was anything to settle
  if (error instanceof commander.CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (argv.includes('--json'))
      host.stdout.write(
        `${jsonLine({ type: 'error', code: 'usage', message: error.message.replace(/^error: /, ''), hint: null, exit_code: EXIT.usage })}\n`,
      );
    return EXIT.usage;
  }
  const known = error instanceof CioBulkError ? error : nativeModuleError(error);
  const exitCode = known?.exitCode ?? EXIT.bug;
  const message = known?.message ?? 'this is a bug in cio-bulk';
  if (argv.includes('--json')) {
    const line = { type: 'error', code: known?.code ?? 'bug', message, hint: known?.hint ?? null, exit_code: exitCode };
    host.stdout.write(`${jsonLine(line)}\n`);
  }
  host.stderr.write(`cio-bulk: ${safeLine(message)}\n`);
  if (!known)
    host.stderr.write(`${safeText(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
  if (known?.hint !== undefined) host.stderr.write(`${safeText(known.hint)}\n`);
  if (known?.next !== undefined) host.stderr.write(`${safeText(known.next)}\n`);
  return exitCode;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function version(): string {
  return (require('../package.json') as { readonly version: string }).version;
}
