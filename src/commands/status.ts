import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { showStatus } from '../jobs/show-status.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { wholeNumber } from './flags/values.ts';

export function configure(command: Command): void {
  command.option('--run <id>', 'show one run in detail (default: a table of all runs)');
  addCommonFlags(command);
  addHelpEnd(command, ['cio-bulk status'], [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.stopped]);
}

export function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const givenRun = text(options, 'run');
  const runId = givenRun === undefined ? undefined : wholeNumber('--run', givenRun, 1);
  showStatus(runId, { journalPath: journalPathOf(options, host), host, terminal: terminalOf(options, host) });
  return Promise.resolve(EXIT.ok);
}
