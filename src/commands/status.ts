import type { Command } from 'commander';
import { wholeNumber } from '../config/values.ts';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { settledRows } from '../domain/outcome.ts';
import { countRows, decodeRanges } from '../domain/row-ranges.ts';
import { senderOf } from '../journal/lock.ts';
import { journalError, openJournal, type Journal } from '../journal/open.ts';
import { findRun, inDoubtOf, listRuns, type Run } from '../journal/runs.ts';
import { countUndelivered } from '../journal/undelivered.ts';
import { count, plural } from '../report/numbers.ts';
import { textTable } from '../report/plan-text.ts';
import { safeLine } from '../report/safe-text.ts';
import type { Terminal } from '../report/terminal.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './common.ts';

export function configure(command: Command): void {
  command.option('--run <id>', 'one run in detail (default: a table of all runs)');
  addCommonFlags(command);
  addHelpEnd(command, ['cio-bulk status'], [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.stopped]);
}

/** Reads the journal and changes nothing: works while a run is going on. */
export function run(_args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  const terminal = terminalOf(options, host);
  const given = text(options, 'run');
  const journal = openJournal(journalPathOf(options, host), { readonly: true });
  try {
    if (given === undefined) showAll(journal, terminal);
    else showOne(journal, terminal, wholeNumber('--run', given, 1));
  } catch (error) {
    throw journalError(error, journal.name);
  } finally {
    journal.close();
  }
  return Promise.resolve(EXIT.ok);
}

interface RunStatus {
  readonly run: Run;
  readonly state: 'running' | 'interrupted' | 'finished' | 'abandoned';
  readonly undelivered: number;
  readonly inDoubt: number;
  readonly next: string;
}

function statusOf(journal: Journal, run: Run): RunStatus {
  const { failed, rejected, invalid, unclear } = run.tally;
  const undelivered = failed + rejected + invalid + unclear;
  const inDoubt = inDoubtOf(journal, run.id).reduce((sum, rows) => sum + countRows(decodeRanges(rows)), 0);
  const isRunning = run.state === 'open' && senderOf(journal, run.workspace)?.isAlive === true;
  const state = run.state === 'open' ? (isRunning ? 'running' : 'interrupted') : run.state;
  const next =
    state === 'running' ? 'wait'
    : state === 'interrupted' ? 'run the same command again'
    : state === 'abandoned' ? ''
    : failed > 0 ? `cio-bulk retry-failed --run ${run.id}`
    : undelivered > 0 ? `cio-bulk failures --run ${run.id}`
    : 'nothing'; // prettier-ignore
  return { run, state, undelivered, inDoubt, next };
}

function showAll(journal: Journal, terminal: Terminal): void {
  const all = listRuns(journal).map((run) => statusOf(journal, run));
  for (const status of all) terminal.json(toJson(journal, status));
  if (all.length === 0) {
    terminal.data('The journal holds no runs');
    return;
  }
  const rows = all.map(({ run, state, undelivered, next }) => [
    String(run.id), state, run.type, run.source, count(Math.max(run.rowsRead, settledRows(run.tally))), count(run.tally.delivered), count(undelivered), new Date(run.startedAt).toISOString().slice(0, 16).replace('T', ' '), next,
  ]); // prettier-ignore
  terminal.data(textTable(['run', 'state', 'type', 'source', 'rows read', 'delivered', 'undelivered', 'started (UTC)', 'next'], rows));
}

function showOne(journal: Journal, terminal: Terminal, id: number): void {
  const run = findRun(journal, id);
  if (!run) throw new CioBulkError('no_such_run', `there is no run ${id} in this journal`, { hint: '`cio-bulk status` lists the runs' });
  const status = statusOf(journal, run);
  terminal.json(toJson(journal, status));
  const { tally } = run;
  terminal.data(`Run ${run.id}: ${safeLine(run.source)}, ${status.state}`);
  terminal.data(
    textTable(
      ['', ''],
      [
        ['rows read', count(Math.max(run.rowsRead, settledRows(tally)))],
        ...Object.entries(tally).map(([name, value]) => [name, count(value)]),
        ['in doubt', count(status.inDoubt)],
        ['checkpoint', run.checkpoint ? `row ${count(run.checkpoint.row)}, byte ${count(run.checkpoint.offset)}` : 'none'],
      ],
    ),
  );
  for (const { state, code, count: rows } of countUndelivered(journal, id)) terminal.data(`  ${plural(rows, 'row')} ${state}: ${code}`);
  if (status.next !== '') terminal.data(`Next: ${status.next}`);
}

function toJson(journal: Journal, { run, state, undelivered, inDoubt, next }: RunStatus): Record<string, unknown> & { type: string } {
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
    codes: Object.fromEntries(countUndelivered(journal, run.id).map(({ state: of, code, count: rows }) => [`${of}:${code}`, rows])),
    next,
  };
}
