import type { Command } from 'commander';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { expandInputs } from '../input/bytes/files.ts';
import { inspectFiles } from '../jobs/inspect/inspect-file.ts';
import { SENDING_DEFAULTS } from '../session/options.ts';
import { addCommonFlags, addHelpEnd, terminalOf, text } from './flags/common.ts';
import { addSourceFlags, sourceOptions, tellLeftOut } from './flags/source.ts';
import { plainNumber } from './flags/values.ts';

export function configure(command: Command): void {
  command.argument('<file...>', 'CSV, TSV or NDJSON files, directories or glob patterns; - reads standard input');
  addSourceFlags(command)
    .option('--write-map <file>', 'write the plan to a mapping file, to use with --map')
    .option(
      '--rate <n>',
      'HTTP requests per second to estimate the duration for; 0 = no limit',
      String(SENDING_DEFAULTS.rate),
    );
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk validate fixtures/users.csv', 'cio-bulk validate fixtures/users.csv --json'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.undelivered, EXIT.sigint, EXIT.sigterm],
  );
}

/** Reads everything and sends nothing: needs no credentials and no journal. */
export async function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const source = sourceOptions(options, host.cwd);
  const rate = plainNumber('--rate', text(options, 'rate') ?? '', 0, 100_000);
  const mapPath = text(options, 'writeMap');
  const files = await expandInputs(args, host.cwd, tellLeftOut(terminal));
  if (mapPath !== undefined && files.length > 1)
    throw new CioBulkError('usage', `--write-map is for one file, but ${files.length} were given`);
  const estimate = {
    batchRowsMax: SENDING_DEFAULTS.batchRows,
    batchBytesMax: SENDING_DEFAULTS.batchBytes,
    rate,
    rowsPerSecond: 0,
  };
  return inspectFiles(files, {
    source,
    host,
    terminal,
    estimate,
    isRecentDecided: source.skipRecent,
    showSamples: false,
    mapPath,
  });
}
