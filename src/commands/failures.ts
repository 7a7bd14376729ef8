import { resolve } from 'node:path';
import type { Command } from 'commander';
import { oneOf, wholeNumber } from './flags/values.ts';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { parseRecord } from '../input/records/csv.ts';
import { journalError, openJournal, type Journal } from '../journal/open.ts';
import { notesOf } from '../journal/run-notes.ts';
import { findRun, listRuns, type Run } from '../journal/runs.ts';
import { latestRunWithUndelivered, undeliveredRows } from '../journal/undelivered.ts';
import { csvFailures, jsonKeysOf, ndjsonFailures, type FailuresWriter } from '../output/failures-file.ts';
import { plural } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { writeToFile, writeToStdout } from '../output/write-lines.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import type { RunSpec } from '../jobs/find-run.ts';
import { assertNoneOf } from '../jobs/not-a-source.ts';
import { failuresCommand, retryCommand, withJournalOf } from '../output/next-command.ts';

const ALL: readonly UndeliveredState[] = ['failed', 'rejected', 'invalid', 'unclear'];
/** A cleanup reads no file: its rows are ids. */
const NO_SOURCE: SourceLayout = { path: '', format: 'ndjson', compression: 'none', encoding: 'utf-8', delimiter: ',', jsonArray: false, headerBytes: 0, headerLines: 0, header: [] };

export function configure(command: Command): void {
  command
    .option('--run <id>', 'the run (default: the latest that has undelivered rows)')
    .option('--format <format>', 'csv or ndjson', 'csv')
    .option('-o, --output <file>', 'where to write (default: stdout)');
  addCommonFlags(command);
  addHelpEnd(command, ['cio-bulk failures -o undelivered.csv'], [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.stopped]);
}

/** Undelivered rows with the reason, in the shape in which they can be corrected and imported again. */
export async function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const format = oneOf('--format', text(options, 'format') ?? 'csv', ['csv', 'ndjson']);
  const given = text(options, 'run');
  const output = text(options, 'output');
  const journal = openJournal(journalPathOf(options, host), { readonly: true });
  try {
    const id = given === undefined ? latestRunWithUndelivered(journal, undefined, ALL) : wholeNumber('--run', given, 1);
    if (id === undefined) {
      terminal.say('No run has undelivered rows');
      return EXIT.ok; // a file that is there keeps what it has
    }
    const writer = writerFor(journal, id, format);
    const lines = failureLines(journal, id, writer);
    if (output !== undefined && output !== '-') assertNoneOf(resolve(host.cwd, output), `--output ${output}`, readFrom(journal));
    const rows = output === undefined || output === '-' ? await writeToStdout(lines, host) : writeToFile(lines, resolve(host.cwd, output), output);
    if (rows === undefined) return host.stopCode() ?? EXIT.ok; // the reader has what it wanted; what a full disk cut is said at the end
    const written = rows - (writer.header === undefined || rows === 0 ? 0 : 1);
    terminal.say(`${plural(written, 'undelivered row')} of run ${id}${output === undefined ? '' : ` in ${safeLine(output)}`}`);
    const run = findRun(journal, id);
    if (run?.type === 'import' && written > 0) tellNext(journal, run, format, output, host, terminal.say);
    return EXIT.ok;
  } catch (error) {
    throw journalError(error, journal.path);
  } finally {
    journal.close();
  }
}

/** The journal, and the files of its runs. */
function readFrom(journal: Journal): { path: string; what: string }[] {
  const sources = listRuns(journal).map(({ id, source }) => ({ path: source, what: `${safeLine(source)}, which run ${id} was read from` }));
  return [{ path: journal.path, what: 'the journal' }, ...sources];
}

/** How rows go out once they are corrected. A run that was given up has none that should. */
function tellNext(journal: Journal, run: Run, format: 'csv' | 'ndjson', output: string | undefined, host: Host, say: (text: string) => void): void {
  if (run.state === 'abandoned') return;
  const begun = withJournalOf(notesOf(journal, run.id)?.argv ?? [], host.argv);
  const name = output === undefined || output === '-' ? `undelivered.${format}` : output;
  const isJson = (JSON.parse(run.spec) as Partial<RunSpec>).layout?.format === 'ndjson';
  if (isJson && format === 'csv') {
    // CSV cannot hold the values of NDJSON: what was written is for reading.
    const better = 'undelivered.ndjson';
    return say(`To correct them: ${failuresCommand(run.id, host.argv, better)} --format ndjson; then ${retryCommand(run.id, begun, { from: better })}`);
  }
  const send = retryCommand(run.id, begun, { from: name });
  if (name === output) say(`Correct them there, and send them with: ${send}`);
  else say(`To correct them: ${failuresCommand(run.id, host.argv, name)}${format === 'ndjson' ? ' --format ndjson' : ''}; then ${send}`);
}

function writerFor(journal: Journal, id: number, format: 'csv' | 'ndjson'): FailuresWriter {
  const run = findRun(journal, id);
  if (!run) throw new CioBulkError('no_such_run', `there is no run ${id} in this journal`, { hint: '`cio-bulk status` lists the runs' });
  const { layout = NO_SOURCE } = JSON.parse(run.spec) as Partial<RunSpec>;
  const source = { run: id, layout, cellsOf: (record: string) => parseRecord(record, layout.delimiter) };
  if (format === 'ndjson') return ndjsonFailures(source);
  return csvFailures(source, layout.format === 'ndjson' ? jsonKeysOf(undeliveredRows(journal, id, ALL)) : []);
}

function* failureLines(journal: Journal, id: number, writer: FailuresWriter): Generator<string> {
  let isFirst = true;
  for (const row of undeliveredRows(journal, id, ALL)) {
    if (isFirst && writer.header !== undefined) yield writer.header;
    isFirst = false;
    yield writer.line(row);
  }
}
