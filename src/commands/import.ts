import type { Command } from 'commander';
import type { ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { expandInputs } from '../input/bytes/files.ts';
import { importFiles } from '../jobs/import-files.ts';
import { inspectFiles } from '../jobs/inspect/inspect-file.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf } from './flags/common.ts';
import { addSendingFlags, SENDING_EXITS, sendingOptions } from './flags/sending.ts';
import { addSourceFlags, sourceOptions, tellLeftOut } from './flags/source.ts';

export function configure(command: Command): void {
  command.argument('<file...>', 'CSV, TSV or NDJSON files, directories or glob patterns; - reads standard input');
  addSourceFlags(command);
  addSendingFlags(command)
    .option('--dry-run', 'show the plan, the rows that would be invalid and a sample payload; send nothing')
    .option('--restart', 'abandon the unfinished run of this file and start a new one')
    .option('--yes', 'do not ask before deleting or suppressing people');
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk import fixtures/users.csv --sandbox', 'cio-bulk import fixtures/events.ndjson --sandbox'],
    SENDING_EXITS,
  );
}

export async function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const sending = sendingOptions(options);
  const source = sourceOptions(options, host.cwd);
  const files = await expandInputs(args, host.cwd, tellLeftOut(terminal));
  if (options['dryRun'] === true) {
    const estimate = {
      batchRowsMax: sending.batchRows,
      batchBytesMax: sending.batchBytes,
      rate: sending.rate,
      rowsPerSecond: sending.rowsPerSecond,
    };
    const isRecentDecided = sending.allowTriggers || source.skipRecent || sending.sandbox;
    return inspectFiles(files, {
      source,
      host,
      terminal,
      estimate,
      isRecentDecided,
      showSamples: true,
      mapPath: undefined,
    });
  }
  return importFiles(files, {
    source,
    sending,
    host,
    terminal,
    journalPath: journalPathOf(options, host),
    restart: options['restart'] === true,
    isConfirmed: options['yes'] === true,
  });
}
