import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { expandInputs } from '../input/files.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf } from './common.ts';
import { assertConfirmable } from './confirm-action.ts';
import { importFile } from './import-file.ts';
import { inspectFile } from './inspect-file.ts';
import { addSendingFlags, sendingOptions } from './sending-flags.ts';
import { withSendingSession } from './session.ts';
import { addSourceFlags, sourceOptions } from './source-flags.ts';
import { worseOf } from './worse-of.ts';

export function configure(command: Command): void {
  command.argument('<file...>', 'CSV, TSV or NDJSON files, directories, patterns; - is stdin');
  addSourceFlags(command);
  addSendingFlags(command)
    .option('--dry-run', 'show the plan, what would be invalid, and a sample payload; send nothing')
    .option('--restart', 'forget the unfinished run of this file and start a new one')
    .option('--yes', 'do not ask before deleting or suppressing people');
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk import fixtures/users.csv --sandbox', 'cio-bulk import fixtures/events.ndjson --sandbox'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.credentials, EXIT.forbidden, EXIT.unreachable, EXIT.undelivered, EXIT.stopped, EXIT.unfinished, EXIT.sigint, EXIT.sigterm],
  );
}

/** Several files are one run each, in the order given; the worst exit code wins. */
export async function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const sending = sendingOptions(options);
  const source = sourceOptions(options, host.cwd);
  const files = await expandInputs(args, host.cwd);
  if (options['dryRun'] === true) {
    let worst: ExitCode = EXIT.ok;
    const estimate = { batchRowsMax: sending.batchRows, batchBytesMax: sending.batchBytes, rate: sending.rate, rowsPerSecond: sending.rowsPerSecond };
    const isRecentDecided = sending.allowTriggers || source.skipRecent || sending.sandbox;
    for (const file of files) {
      worst = worseOf(worst, await inspectFile(file, { source, host, terminal, estimate, isRecentDecided, showSamples: true, mapPath: undefined }));
      if (host.stopping.aborted) break;
    }
    return worst;
  }
  const isConfirmed = options['yes'] === true;
  assertConfirmable(source.plan.action ?? source.plan.map?.action ?? 'identify', isConfirmed, host);
  const journalPath = journalPathOf(options, host);
  const startedAt = host.clock.monotonic();
  const isOver = (): boolean => host.stopping.aborted || (sending.maxDurationMs !== undefined && host.clock.monotonic() - startedAt >= sending.maxDurationMs);
  return withSendingSession({ command: 'import', options: sending, journalPath, host, terminal }, async (session) => {
    let worst: ExitCode = EXIT.ok;
    for (const file of files) {
      const code = await importFile(file, { session, source, sending, host, terminal, journalPath, restart: options['restart'] === true, isConfirmed, startedAt });
      worst = worseOf(worst, code);
      if (isOver()) break;
    }
    return worst;
  });
}
