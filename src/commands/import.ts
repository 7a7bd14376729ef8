import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { expandInputs, type InputFile } from '../input/bytes/files.ts';
import { runsOfSource } from '../journal/runs.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf } from './flags/common.ts';
import { assertConfirmable } from '../jobs/confirm-action.ts';
import { eachFile } from '../jobs/each-file.ts';
import { importFile } from '../jobs/import.ts';
import { inspectFile } from '../jobs/inspect/inspect-file.ts';
import { addSendingFlags, sendingOptions } from './flags/sending.ts';
import { assertNoneOf } from '../jobs/not-a-source.ts';
import { sameCommand } from '../output/next-command.ts';
import { withSendingSession, type SendingSession } from '../session/session.ts';
import { addSourceFlags, sourceOptions } from './flags/source.ts';

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
    const estimate = { batchRowsMax: sending.batchRows, batchBytesMax: sending.batchBytes, rate: sending.rate, rowsPerSecond: sending.rowsPerSecond };
    const isRecentDecided = sending.allowTriggers || source.skipRecent || sending.sandbox;
    const look = (file: InputFile): Promise<ExitCode> => inspectFile(file, { source, host, terminal, estimate, isRecentDecided, showSamples: true, mapPath: undefined });
    return eachFile(files, terminal, look, () => !host.stopping.aborted);
  }
  const isConfirmed = options['yes'] === true;
  assertConfirmable(source.plan.action ?? source.plan.map?.action ?? 'identify', isConfirmed, host);
  const journalPath = journalPathOf(options, host);
  assertNoneOf(journalPath, `the journal ${journalPath}`, files.map(({ path, name }) => ({ path, what: `${safeLine(name)}, which is to be read` })));
  const startedAt = host.clock.monotonic();
  const isOver = (): boolean => host.stopping.aborted || (sending.maxDurationMs !== undefined && host.clock.monotonic() - startedAt >= sending.maxDurationMs);
  return withSendingSession({ command: 'import', options: sending, journalPath, host, terminal }, async (session) => {
    const setting = { session, source, sending, host, terminal, journalPath, restart: options['restart'] === true, isConfirmed, startedAt };
    return eachFile(files, terminal, (file) => importFile(file, setting), (code, rest, file) => {
      if (rest.length === 0 || isOver()) return false;
      if (isDone(code, session, file)) return true;
      terminal.say(`Not sent: ${rest.map(({ name }) => safeLine(name)).join(', ')}. The rest of ${safeLine(file.name)} comes first: it would overwrite newer values`);
      terminal.next(sameCommand(host));
      return false;
    });
  });
}

/** Files are sent in the order given: while rows of one are still to be sent, those of the next must not overtake them. */
function isDone(code: ExitCode, { journal, workspace }: SendingSession, file: InputFile): boolean {
  if (code === EXIT.ok || code === EXIT.undelivered) return true;
  return code === EXIT.usage && runsOfSource(journal, file.path, workspace).every(({ state }) => state !== 'open');
}
