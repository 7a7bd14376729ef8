import { resolve } from 'node:path';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { plural } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { cellsOfRecord } from '../input/records/csv.ts';
import { journalError } from '../journal/errors.ts';
import type { Journal } from '../journal/journal.ts';
import { openJournal } from '../journal/open.ts';
import { notesOf } from '../journal/run-notes.ts';
import { findRun, listRuns, type Run } from '../journal/runs.ts';
import { latestRunWithUndelivered, undeliveredRows } from '../journal/undelivered.ts';
import { csvFailures, jsonKeysOf, ndjsonFailures, type FailuresWriter } from '../output/failures-file.ts';
import { failuresCommand, retryCommand, withJournalOf } from '../output/next-command.ts';
import { writeToFile, writeToStdout } from '../output/write-lines.ts';
import type { RunSpec } from './find-run.ts';
import { assertNoneOf } from './not-a-source.ts';
import type { LookSetting } from './setting.ts';

const ALL: readonly UndeliveredState[] = ['failed', 'rejected', 'invalid', 'unclear'];
/** A cleanup reads no file: its rows are ids. */
const NO_SOURCE: SourceLayout = {
  path: '',
  format: 'ndjson',
  compression: 'none',
  encoding: 'utf-8',
  delimiter: ',',
  jsonArray: false,
  headerBytes: 0,
  headerLines: 0,
  header: [],
};

export interface FailuresRequest {
  /** Undefined: the latest run that has undelivered rows. */
  readonly runId: number | undefined;
  readonly format: 'csv' | 'ndjson';
  /** As the user named it; undefined and `-` are stdout. */
  readonly output: string | undefined;
}

/** Undelivered rows with the reason, in a form that can be corrected and sent again. */
export async function writeFailures(request: FailuresRequest, setting: LookSetting): Promise<ExitCode> {
  const journal = openJournal(setting.journalPath, { readonly: true });
  try {
    const id = request.runId ?? latestRunWithUndelivered(journal, undefined, ALL);
    if (id === undefined) {
      setting.terminal.say('No run has undelivered rows');
      return EXIT.ok; // an existing file keeps what it has
    }
    return await writeRun(journal, id, request, setting);
  } catch (error) {
    throw journalError(error, journal.path);
  } finally {
    journal.close();
  }
}

async function writeRun(
  journal: Journal,
  id: number,
  request: FailuresRequest,
  setting: LookSetting,
): Promise<ExitCode> {
  const { host, terminal } = setting;
  const { output } = request;
  const writer = writerFor(journal, id, request.format);
  const lines = failureLines(journal, id, writer);
  if (!isStdout(output)) assertNoneOf(resolve(host.cwd, output), `--output ${output}`, readFrom(journal));
  const rows = isStdout(output)
    ? await writeToStdout(lines, host)
    : writeToFile(lines, resolve(host.cwd, output), output);
  if (rows === undefined) return host.stopCode() ?? EXIT.ok; // the reader has all it wanted; a full disk is reported at the end
  const written = rows - (writer.header === undefined || rows === 0 ? 0 : 1);
  terminal.say(
    `${plural(written, 'undelivered row')} of run ${id}${output === undefined ? '' : ` in ${safeLine(output)}`}`,
  );
  const run = findRun(journal, id);
  if (run?.type === 'import' && written > 0) sayNext(journal, run, request, setting);
  return EXIT.ok;
}

/** The journal, and the files of its runs. */
function readFrom(journal: Journal): { path: string; what: string }[] {
  const sources = listRuns(journal).map(({ id, source }) => ({
    path: source,
    what: `${safeLine(source)}, which run ${id} was read from`,
  }));
  return [{ path: journal.path, what: 'the journal' }, ...sources];
}

/** How the rows are sent once they are corrected. Rows of an abandoned run should not be. */
function sayNext(
  journal: Journal,
  run: Run,
  { format, output }: FailuresRequest,
  { host, terminal }: LookSetting,
): void {
  if (run.state === 'abandoned') return;
  const begun = withJournalOf(notesOf(journal, run.id)?.argv ?? [], host.argv);
  const name = isStdout(output) ? `undelivered.${format}` : output;
  const isJson = (JSON.parse(run.spec) as Partial<RunSpec>).layout?.format === 'ndjson';
  if (isJson && format === 'csv') {
    // CSV cannot hold the values of NDJSON: what was written is for reading.
    const better = 'undelivered.ndjson';
    return terminal.say(
      `To correct them: ${failuresCommand(run.id, host.argv, better)} --format ndjson; then ${retryCommand(run.id, begun, { from: better })}`,
    );
  }
  const send = retryCommand(run.id, begun, { from: name });
  if (name === output) terminal.say(`Correct the rows there, then send them with: ${send}`);
  else
    terminal.say(
      `To correct them: ${failuresCommand(run.id, host.argv, name)}${format === 'ndjson' ? ' --format ndjson' : ''}; then ${send}`,
    );
}

function isStdout(output: string | undefined): output is '-' | undefined {
  return output === undefined || output === '-';
}

function writerFor(journal: Journal, id: number, format: 'csv' | 'ndjson'): FailuresWriter {
  const run = findRun(journal, id);
  if (!run)
    throw new CioBulkError('no_such_run', `there is no run ${id} in this journal`, {
      hint: '`cio-bulk status` lists the runs',
    });
  const { layout = NO_SOURCE } = JSON.parse(run.spec) as Partial<RunSpec>;
  const source = { run: id, layout, cellsOf: (record: string) => cellsOfRecord(record, layout) };
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
