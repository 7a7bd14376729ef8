import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CioBulkError, EXIT_MEANING, type ExitCode } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import { realJournalPath } from '../../journal/place.ts';
import { withFixtures } from '../../output/fixture-path.ts';
import { createTerminal, type Terminal } from '../../output/terminal.ts';

/** Flags of every command. */
export function addCommonFlags(command: Command): Command {
  return command
    .option('--journal <path>', 'the journal file (default: .cio-bulk/journal.db, or CIO_BULK_JOURNAL)')
    .option('--json', 'print one JSON object per line on stdout')
    .option('--quiet', 'print nothing on stderr but errors and the command that continues')
    .option('--verbose', 'print more details on stderr')
    .option('--no-color', 'print without colours');
}

/** The end of every help page: an example that runs as printed, and the exit codes the command can return. */
export function addHelpEnd(command: Command, examples: readonly string[], codes: readonly ExitCode[]): Command {
  const lines = codes.map((code) => `  ${String(code).padStart(3)}  ${EXIT_MEANING[code]}`);
  return command.addHelpText(
    'after',
    `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.map((text) => `  ${withFixtures(text)}`).join('\n')}\n\nExit codes:\n${lines.join('\n')}`,
  );
}

export function terminalOf(options: Record<string, unknown>, host: Host): Terminal {
  if (options['quiet'] === true && options['verbose'] === true)
    throw new CioBulkError('usage', '--quiet and --verbose contradict each other');
  return createTerminal(host, {
    json: options['json'] === true,
    quiet: options['quiet'] === true,
    verbose: options['verbose'] === true,
    color: options['color'] !== false,
  });
}

export function journalPathOf(options: Record<string, unknown>, host: Host): string {
  const given = text(options, 'journal');
  if (given?.trim() === '') throw new CioBulkError('usage', '--journal "": expected the path of a file');
  const path = given ?? (host.env['CIO_BULK_JOURNAL']?.trim() || '.cio-bulk/journal.db');
  return realJournalPath(resolve(host.cwd, path));
}

/** A flag's text, when it was given. */
export function text(options: Record<string, unknown>, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}
