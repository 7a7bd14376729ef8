import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { showFleet } from '../jobs/fleet-undelivered.ts';
import { showStatus } from '../jobs/show-status.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { addFleetLookFlags, fleetLook } from './flags/fleet.ts';
import { wholeNumber } from './flags/values.ts';

export function configure(command: Command): void {
  command.option('--run <id>', 'show one run in detail (default: a table of all runs)');
  addFleetLookFlags(command).option('--env-file <path>', 'read the site id from a file of NAME=value lines');
  addCommonFlags(command);
  addHelpEnd(command, ['cio-bulk status'], [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.unreachable, EXIT.stopped]);
}

export function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const look = fleetLook(options, host, ['run', 'journal']);
  if (look) return showFleet(look);
  const givenRun = text(options, 'run');
  const runId = givenRun === undefined ? undefined : wholeNumber('--run', givenRun, 1);
  showStatus(runId, { journalPath: journalPathOf(options, host), host, terminal: terminalOf(options, host) });
  return Promise.resolve(EXIT.ok);
}
