import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { writeFailures } from '../jobs/write-failures.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { oneOf, wholeNumber } from './flags/values.ts';

export function configure(command: Command): void {
  command
    .option('--run <id>', 'the run to write (default: the latest that has undelivered rows)')
    .option('--format <format>', 'output format: csv or ndjson', 'csv')
    .option('-o, --output <file>', 'file to write to (default: stdout)');
  addCommonFlags(command);
  addHelpEnd(command, ['cio-bulk failures -o undelivered.csv'], [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.stopped]);
}

export function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const format = oneOf('--format', text(options, 'format') ?? 'csv', ['csv', 'ndjson']);
  const givenRun = text(options, 'run');
  const runId = givenRun === undefined ? undefined : wholeNumber('--run', givenRun, 1);
  return writeFailures(
    { runId, format, output: text(options, 'output') },
    { journalPath: journalPathOf(options, host), host, terminal },
  );
}
