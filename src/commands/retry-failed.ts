import type { Command } from 'commander';
import { CioBulkError, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import { retryFleet } from '../jobs/fleet-undelivered.ts';
import { retryFailed } from '../jobs/retry.ts';
import { addPlanFlags, hasPlanFlags, planChange } from './flags/changed-plan.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { addFleetLookFlags, fleetLook } from './flags/fleet.ts';
import { addSendingFlags, SENDING_EXITS, sendingOptions } from './flags/sending.ts';
import { wholeNumber } from './flags/values.ts';

export function configure(command: Command): void {
  command
    .option('--run <id>', 'the run to retry (default: the latest that has failed rows)')
    .option('--rejected', 'also send rows that the API refused')
    .option('--unclear', 'also send rows of batches in which the API reported errors without saying where')
    .option(
      '--from <fixed.csv>',
      'send the rows of a corrected failures file, and failed rows of the same people, in order',
    );
  addFleetLookFlags(command);
  addPlanFlags(command);
  addSendingFlags(command);
  addCommonFlags(command);
  addHelpEnd(command, ['cio-bulk retry-failed --sandbox'], SENDING_EXITS);
}

export function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const look = fleetLook(options, host, ['run', 'journal', 'from', 'sandbox', 'budget']);
  if (look) return retryFleet(statesOf(options), look);
  const terminal = terminalOf(options, host);
  const sending = sendingOptions(options);
  const fixedPath = text(options, 'from');
  const states = statesOf(options);
  if (fixedPath !== undefined && states.length > 1)
    throw new CioBulkError('usage', '--from names the rows itself: leave out --rejected and --unclear');
  const changePlan = planChange(options);
  const givenRun = text(options, 'run');
  const runId = givenRun === undefined ? undefined : wholeNumber('--run', givenRun, 1);
  return retryFailed(
    { runId, states, fixedPath, mapsAnew: hasPlanFlags(options), changePlan },
    { options: sending, journalPath: journalPathOf(options, host), host, terminal },
  );
}

/** The states whose rows are sent. */
function statesOf(options: Record<string, unknown>): UndeliveredState[] {
  const states: UndeliveredState[] = ['failed'];
  if (options['rejected'] === true) states.push('rejected');
  if (options['unclear'] === true) states.push('unclear');
  return states;
}
