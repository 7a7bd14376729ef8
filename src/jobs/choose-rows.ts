import type { Host } from '../domain/host.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import { cellsOfRecord } from '../input/records/csv.ts';
import { rowOf } from '../input/records/ndjson.ts';
import { storeCorrections, withoutRowsBehind, withRowsOfSamePersons } from '../journal/corrections.ts';
import type { Journal } from '../journal/journal.ts';
import type { Run } from '../journal/runs.ts';
import { undeliveredRows } from '../journal/undelivered.ts';
import { count, plural } from '../domain/text/numbers.ts';
import type { Terminal } from '../output/terminal.ts';
import type { RunSpec } from './find-run.ts';
import type { FixedFile, FixedRow } from './corrected-file.ts';
import { prepareFixedRows, type FixedRows } from './corrected-rows.ts';
import { undeliveredFields, where } from '../output/undelivered-lines.ts';

const SHOWN_MAX = 5;

/** Which undelivered rows a retry sends. */
export interface RowsToRetry {
  readonly states: readonly UndeliveredState[];
  readonly isWanted: (row: number) => boolean;
  readonly count: number;
}

export interface Choice {
  readonly journal: Journal;
  readonly run: Run;
  /** A corrected failures file: only its rows are sent, and the failed rows of the same persons. */
  readonly file: FixedFile | undefined;
  /** Rows that could not be mapped are mapped again, with a changed plan. */
  readonly mapsAnew: boolean;
  readonly changePlan: (plan: Plan) => Plan;
  readonly states: readonly UndeliveredState[];
  readonly allowTriggers: boolean;
  /** See `SendingSession`. */
  readonly clockAheadMs: number;
  readonly workspace: string;
  readonly host: Host;
  readonly terminal: Terminal;
}

/** Stores corrections before anything is sent. Reports what still cannot be sent, and which rows may overwrite newer values. */
export function chooseRows(choice: Choice): RowsToRetry {
  const { journal, run, file, states, terminal, host } = choice;
  const source = file ?? (choice.mapsAnew ? storedInvalidRows(journal, run) : undefined);
  const fixed = source && prepareFixedRows({ ...choice, file: source });
  if (source && fixed) {
    tellOf(fixed, source, run, terminal);
    storeCorrections(journal, run.id, fixed.corrections, host.clock.now());
  }
  const overtaken =
    (fixed?.overtaken ?? 0) +
    (states.includes('rejected') ? run.tally.rejected : 0) +
    (states.includes('unclear') ? run.tally.unclear : 0);
  if (overtaken > 0 && holdsPeople(run))
    terminal.warn(
      `${plural(overtaken, 'row')} that held back no later row of the same person (refused, unclear, or about somebody else until now) ${overtaken === 1 ? 'is' : 'are'} sent now: if a later row has arrived in the meantime, older values overwrite its own`,
    );
  if (file && fixed) {
    const all = withRowsOfSamePersons(journal, run.id, fixed.sendable);
    const refused = new Set(fixed.refused.flatMap(({ row }) => row ?? []));
    const rows = withoutRowsBehind(journal, run.id, all, refused);
    const waiting = [...all].filter((row) => !rows.has(row) && !refused.has(row)).length;
    if (waiting > 0)
      terminal.warn(
        `${plural(waiting, 'row')} of a person whose earlier row still cannot be sent ${waiting === 1 ? 'waits' : 'wait'} for its correction`,
      );
    const others = [...rows].filter((row) => !fixed.sendable.has(row)).length;
    if (others > 0)
      terminal.say(
        `${plural(others, 'failed row')} of the same persons ${others === 1 ? 'is' : 'are'} sent too, to keep their values in order`,
      );
    return { states: ['failed'], isWanted: (row) => rows.has(row), count: rows.size };
  }
  const moved = fixed?.corrections.length ?? 0;
  return {
    states,
    isWanted: () => true,
    count:
      run.tally.failed +
      moved +
      (states.includes('rejected') ? run.tally.rejected : 0) +
      (states.includes('unclear') ? run.tally.unclear : 0),
  };
}

/** Only people have values to overwrite: a late event does no harm. */
function holdsPeople(run: Run): boolean {
  const { plan, layout } = JSON.parse(run.spec) as Partial<RunSpec>;
  return plan?.kind !== 'events' || layout?.format === 'ndjson';
}

/** Rows that could not be mapped, as they were in their source. */
function storedInvalidRows(journal: Journal, run: Run): FixedFile {
  const { layout } = JSON.parse(run.spec) as RunSpec;
  const rows = new Map<number, FixedRow>();
  for (const { row, line, record, code } of undeliveredRows(journal, run.id, ['invalid'])) {
    if (code === 'unparsable') continue;
    const cells = layout.format === 'ndjson' ? undefined : cellsOfRecord(record, layout);
    if (layout.format !== 'ndjson' && cells?.length !== layout.header.length) continue;
    rows.set(row, { row, line, sourceLine: line, content: cells ?? rowOf(record, 'line', false), text: record });
  }
  return { path: run.source, layout, run: run.id, rows, unreadable: [] };
}

function tellOf({ refused, known, damaged }: FixedRows, { path }: FixedFile, run: Run, terminal: Terminal): void {
  for (const [index, { line, row, state, code, reason, column, field }] of refused.entries()) {
    if (row !== null)
      terminal.json({ ...undeliveredFields(run.id, { row, line, state, code, reason, column, field }), source: path });
    if (index < SHOWN_MAX)
      terminal.warn(`${where(path, { row: row ?? 0, line, column })}: still cannot be sent: ${reason}`);
  }
  if (refused.length > SHOWN_MAX)
    terminal.warn(`${count(refused.length - SHOWN_MAX)} more rows of ${path} still cannot be sent`);
  if (refused.some(({ code }) => code === 'spreadsheet_number'))
    terminal.warn(
      'format the column as text before you open the file in a spreadsheet, and correct it again; to change an identifier on purpose, import the row',
    );
  for (const [name, rows] of damaged)
    terminal.warn(
      `${plural(rows, 'value')} of ${name} ${rows === 1 ? 'was' : 'were'} changed the way spreadsheets change numbers: leading zeros, a plus sign or digits are gone`,
    );
  if (known > 0)
    terminal.say(`${plural(known, 'row')} of ${path} ${known === 1 ? 'is' : 'are'} no longer undelivered and left out`);
}
