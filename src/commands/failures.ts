import type { Command } from 'commander';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { writeFleetFailures } from '../jobs/fleet-undelivered.ts';
import { writeFailures } from '../jobs/write-failures.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { addFleetLookFlags, fleetLook } from './flags/fleet.ts';
import { oneOf, wholeNumber } from './flags/values.ts';

export function configure(command: Command): void {
  command
    .option('--run <id>', 'the run to write (default: the latest that has undelivered rows)')
    .option('--format <format>', 'output format: csv or ndjson (default: csv; with --redis: ndjson)')
    .option('-o, --output <file>', 'file to write to (default: stdout)');
  addFleetLookFlags(command).option('--env-file <path>', 'read the site id from a file of NAME=value lines');
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk failures -o undelivered.csv'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.unreachable, EXIT.stopped],
  );
}

export function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const look = fleetLook(options, host, ['run', 'journal']);
  if (look && text(options, 'format') === 'csv')
    throw new CioBulkError('usage', '--format csv: operations in Redis are JSON');
  if (look) return writeFleetFailures(text(options, 'output'), look);
  const terminal = terminalOf(options, host);
  const format = oneOf('--format', text(options, 'format') ?? 'csv', ['csv', 'ndjson']);
  const givenRun = text(options, 'run');
  const runId = givenRun === undefined ? undefined : wholeNumber('--run', givenRun, 1);
  return writeFailures(
    { runId, format, output: text(options, 'output') },
    { journalPath: journalPathOf(options, host), host, terminal },
  );
}
