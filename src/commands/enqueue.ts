import type { Command } from 'commander';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { expandInputs } from '../input/bytes/files.ts';
import { enqueueFiles } from '../jobs/enqueue.ts';
import { addCommonFlags, addHelpEnd, terminalOf, text } from './flags/common.ts';
import { addFleetFlags, redisUrl } from './flags/fleet.ts';
import { addSourceFlags, sourceOptions, tellLeftOut } from './flags/source.ts';
import { wholeNumber } from './flags/values.ts';

export function configure(command: Command): void {
  command.argument('<file...>', 'CSV, TSV or NDJSON files, directories or glob patterns; - reads standard input');
  addSourceFlags(addFleetFlags(command))
    .option('--max-pending <n>', 'refuse more when so many operations are pending', '1000000')
    .option('--yes', 'do not ask before deleting or suppressing people');
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk enqueue fixtures/events.ndjson --redis redis://127.0.0.1:6379'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.unreachable, EXIT.undelivered, EXIT.unfinished, EXIT.sigint, EXIT.sigterm],
  );
}

export async function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const source = sourceOptions(options, host.cwd);
  if (source.plan.api === 'v1')
    throw new CioBulkError('usage', '--api v1: workers send v2 batches only', { hint: 'leave --api out' });
  const files = await expandInputs(args, host.cwd, tellLeftOut(terminal));
  return enqueueFiles(files, {
    source,
    redisUrl: redisUrl(options),
    envFile: text(options, 'envFile'),
    pendingMax: wholeNumber('--max-pending', text(options, 'maxPending') ?? '', 1),
    isConfirmed: options['yes'] === true,
    host,
    terminal,
  });
}
