import { CioBulkError } from '../domain/errors.ts';
import { settledRows, undeliveredRows } from '../domain/outcome.ts';
import { countRows, decodeRanges } from '../domain/row-ranges.ts';
import { count, minuteOf, plural, shellWord, span } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { textTable } from '../domain/text/table.ts';
import { senderOf } from '../journal/lock.ts';
import { journalError } from '../journal/errors.ts';
import type { Journal } from '../journal/journal.ts';
import { openJournal } from '../journal/open.ts';
import { notesOf, type RunNotes } from '../journal/run-notes.ts';
import { findRun, inDoubtOf, listRuns, type Run } from '../journal/runs.ts';
import { countUndelivered, waitsForLeave } from '../journal/undelivered.ts';
import {
  allowedCommand,
  commandLine,
  failuresCommand,
  retryCommand,
  sameCommand,
  withJournalOf,
} from '../output/next-command.ts';
import type { LookSetting } from './setting.ts';
import { hasSkippedRecent } from './skipped-recent.ts';

/** One run in detail, or a table of all. Reads the journal and changes nothing: works while a run is under way. */
export function showStatus(runId: number | undefined, look: LookSetting): void {
  const journal = openJournal(look.journalPath, { readonly: true });
  try {
    if (runId === undefined) showAll(journal, look);
    else showOne(journal, runId, look);
  } catch (error) {
    throw journalError(error, journal.path);
  } finally {
    journal.close();
  }
}

interface RunStatus {
  readonly run: Run;
  readonly notes: RunNotes | undefined;
  readonly state: 'running' | 'interrupted' | 'finished' | 'abandoned';
  readonly undelivered: number;
  readonly inDoubt: number;
  readonly next: string;
}

function statusOf(journal: Journal, run: Run, look: LookSetting): RunStatus {
  const undelivered = undeliveredRows(run.tally);
  const inDoubt = inDoubtOf(journal, run.id).reduce((sum, rows) => sum + countRows(decodeRanges(rows)), 0);
  const isRunning = run.state === 'open' && senderOf(journal, run.workspace)?.isAlive === true;
  const state = run.state === 'open' ? (isRunning ? 'running' : 'interrupted') : run.state;
  const status: Omit<RunStatus, 'next'> = { run, notes: notesOf(journal, run.id), state, undelivered, inDoubt };
  return { ...status, next: nextOf(journal, status, look) };
}

/** What to type next: with the flags of the command that began the run, and the journal of this one. */
function nextOf(
  journal: Journal,
  { run, notes, state, undelivered }: Omit<RunStatus, 'next'>,
  { host, journalPath }: LookSetting,
): string {
  if (state === 'running') return 'wait';
  if (state === 'abandoned') return '';
  const isHere = notes === undefined || notes.folder === host.cwd;
  const there = isHere ? '' : `cd ${shellWord(notes.folder)} && `; // where its relative paths start
  const begun = withJournalOf(notes?.argv ?? [], isHere ? host.argv : ['--journal', journalPath]);
  if (state === 'interrupted')
    return notes === undefined
      ? 'run the same command again'
      : `${there}${sameCommand({ argv: begun }, { hasBegun: true })}`;
  if (run.tally.failed > 0)
    return there + retryCommand(run.id, begun, { allowTriggers: waitsForLeave(journal, run.id) });
  if (undelivered > 0) return failuresCommand(run.id, host.argv);
  return hasSkippedRecent(journal, run) ? `${there}${allowedCommand(begun)}` : 'nothing';
}

function showAll(journal: Journal, look: LookSetting): void {
  const { terminal } = look;
  const all = listRuns(journal).map((run) => statusOf(journal, run, look));
  for (const status of all) terminal.json(toJson(journal, status));
  if (all.length === 0) {
    terminal.data('The journal holds no runs');
    return;
  }
  const rows = all.map(({ run, notes, state, undelivered, next }) => [
    String(run.id),
    state,
    run.type,
    run.source,
    targetOf(run, notes),
    count(Math.max(run.rowsRead, settledRows(run.tally))),
    count(run.tally.delivered),
    count(undelivered),
    minuteOf(run.startedAt),
    span(run.updatedAt - run.startedAt),
    next,
  ]);
  terminal.data(
    textTable(
      [
        'run',
        'state',
        'type',
        'source',
        'target',
        'rows read',
        'delivered',
        'undelivered',
        'started (UTC)',
        'took',
        'next',
      ],
      rows,
    ),
  );
}

function showOne(journal: Journal, id: number, look: LookSetting): void {
  const { terminal } = look;
  const run = findRun(journal, id);
  if (!run)
    throw new CioBulkError('no_such_run', `there is no run ${id} in this journal`, {
      hint: '`cio-bulk status` lists the runs',
    });
  const status = statusOf(journal, run, look);
  terminal.json(toJson(journal, status));
  const { tally } = run;
  terminal.data(`Run ${run.id}: ${safeLine(run.source)}, ${status.state}`);
  terminal.data(
    textTable(
      ['', ''],
      [
        ...(status.notes
          ? [
              ['command', commandLine(status.notes.argv)],
              ['in', status.notes.folder],
            ]
          : []),
        ['target', targetOf(run, status.notes)],
        ['started', `${new Date(run.startedAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`],
        ['took', span(run.updatedAt - run.startedAt)],
        ['rows read', count(Math.max(run.rowsRead, settledRows(tally)))],
        ...Object.entries(tally).map(([name, value]) => [name, count(value)]),
        ['in doubt', count(status.inDoubt)],
        [
          'checkpoint',
          run.checkpoint ? `row ${count(run.checkpoint.row)}, byte ${count(run.checkpoint.offset)}` : 'none',
        ],
      ],
    ),
  );
  for (const { state, code, count: rows } of countUndelivered(journal, id))
    terminal.data(`  ${plural(rows, 'row')} ${state}: ${code}`);
  if (status.next !== '') terminal.data(`Next: ${status.next}`);
}

/** Where a run sends, as far as it is known. */
function targetOf({ environmentId }: Run, notes: RunNotes | undefined): string {
  if (notes?.target === 'sandbox') return 'sandbox';
  return [notes?.target, environmentId === null ? undefined : `workspace ${environmentId}`]
    .filter((part) => part !== undefined)
    .join(', ');
}

function toJson(
  journal: Journal,
  { run, notes, state, undelivered, inDoubt, next }: RunStatus,
): Record<string, unknown> & { type: string } {
  const rowsRead = Math.max(run.rowsRead, settledRows(run.tally));
  return {
    type: 'run',
    run: run.id,
    kind: run.type,
    source: run.source,
    state,
    rows_read: rowsRead,
    ...run.tally,
    pending: rowsRead - settledRows(run.tally),
    undelivered,
    in_doubt: inDoubt,
    checkpoint_row: run.checkpoint?.row ?? 0,
    started_at: new Date(run.startedAt).toISOString(),
    updated_at: new Date(run.updatedAt).toISOString(),
    target: notes?.target ?? null,
    workspace: run.environmentId,
    command: notes ? commandLine(notes.argv) : null,
    duration_ms: run.updatedAt - run.startedAt,
    codes: Object.fromEntries(
      countUndelivered(journal, run.id).map(({ state: of, code, count: rows }) => [`${of}:${code}`, rows]),
    ),
    next,
  };
}
