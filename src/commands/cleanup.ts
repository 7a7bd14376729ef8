import type { Command } from 'commander';
import { CioBulkError, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { cleanUpAll, listLoadtests } from '../jobs/cleanup.ts';
import { SENDING_DEFAULTS } from '../session/options.ts';
import { addRateFlags, rateOption } from './flags/budget.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { addTargetFlags, SENDING_EXITS, targetOptions } from './flags/sending.ts';
import { duration } from './flags/values.ts';

export function configure(command: Command): void {
  addRateFlags(addTargetFlags(command))
    .option('--run <id>', 'clean up after one load test (default: all that have not been cleaned up)')
    .option('--list', 'list load tests and whether they have been cleaned up')
    .option('--dry-run', 'show what would be deleted; delete nothing')
    .option('--yes', 'do not ask before deleting')
    .option('--confirm <last4>', 'last 4 characters of the site id, instead of --yes')
    .option(
      '--settle-wait <duration>',
      'pause between sweeps, because the service may apply changes late (default: 60s; sandbox: 500ms)',
    );
  addCommonFlags(command);
  addHelpEnd(command, ['cio-bulk cleanup --sandbox'], SENDING_EXITS);
}

export function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  if (args.length > 0) throw new CioBulkError('usage', `cleanup takes no arguments, but got "${args.join(' ')}"`);
  const look = { journalPath: journalPathOf(options, host), host, terminal: terminalOf(options, host) };
  if (options['list'] === true) return Promise.resolve(listLoadtests(look));
  const settleWait = text(options, 'settleWait');
  const request = {
    loadtest: text(options, 'run'),
    isDryRun: options['dryRun'] === true,
    isConfirmed: options['yes'] === true,
    confirm: text(options, 'confirm'),
    settleMs: settleWait === undefined ? undefined : duration('--settle-wait', settleWait, 0),
  };
  // Deletes travel in full v2 batches: of all limits, only the rate is worth a flag.
  const given = rateOption(options);
  const rate = given ?? SENDING_DEFAULTS.rate;
  return cleanUpAll(request, { ...look, options: { ...SENDING_DEFAULTS, ...targetOptions(options, given), rate } });
}
