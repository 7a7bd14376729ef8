import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import { personsOf } from '../domain/person.ts';
import { gatheredBy } from '../mapping/values/steps.ts';
import type { Plan } from '../domain/plan.ts';
import type { Correction } from '../journal/corrections.ts';
import type { Journal } from '../journal/journal.ts';
import type { Run } from '../journal/runs.ts';
import { undeliveredRows, type StoredUndelivered } from '../journal/undelivered.ts';
import { createPreparer, type Preparer } from '../mapping/rows/prepare.ts';
import { recordText } from '../output/failures-file.ts';
import { eventIdIn, withEventId } from './event-id-text.ts';
import type { RunSpec } from './find-run.ts';
import type { FixedFile, FixedRow } from './corrected-file.ts';
import { recentSinceSeconds, WOULD_TRIGGER } from '../domain/recent.ts';
import { createRowPreparer, type PreparedRow, type RowFault } from './prepare-row.ts';
import { lostBySpreadsheet, type Loss } from './spreadsheet-loss.ts';

const CORRECTED = { code: 'corrected', reason: 'the row was corrected and has not arrived yet' } as const;

const UNWRITABLE: RowFault = {
  code: 'unparsable',
  reason: 'a cell has a delimiter or a line end, which its source cannot hold: nothing quotes there (--quote none)',
  column: null,
  field: null,
};

export interface FixedSource {
  readonly journal: Journal;
  readonly run: Run;
  readonly file: FixedFile;
  readonly host: Host;
  readonly workspace: string;
  /** See `SendingSession`. */
  readonly clockAheadMs: number;
  /** Recent events may go out; else they stay undelivered as `would_trigger`. */
  readonly allowTriggers: boolean;
  /** What flags change about the run's plan. */
  readonly changePlan: (plan: Plan) => Plan;
}

/** A corrected file compared with the journal. */
export interface FixedRows {
  readonly corrections: readonly Correction[];
  /** Rows of the file that can be sent, whether they were changed or not. */
  readonly sendable: ReadonlySet<number>;
  /** Rows that no later row waited for (they were refused, or are about another person now): those may have been sent already. */
  readonly overtaken: number;
  /** Rows that still cannot be sent: they stay as they are. */
  readonly refused: readonly RefusedRow[];
  /** Rows of the file that have arrived by now. */
  readonly known: number;
  /** Columns, no identifiers among them, whose cells a spreadsheet turned into numbers, with the count of rows. */
  readonly damaged: ReadonlyMap<string, number>;
}

interface RefusedRow extends RowFault {
  readonly line: number;
  /** Null when its line cannot be read as a row. */
  readonly row: number | null;
  readonly state: UndeliveredState;
}

/**
 * Rows of a corrected failures file, prepared with the plan of their run and under their old row numbers. An event that may have
 * arrived as it was keeps its id: corrected or not, it counts once.
 */
export function prepareFixedRows(source: FixedSource): FixedRows {
  const { run, file } = source;
  const spec = JSON.parse(run.spec) as RunSpec;
  // A row that somebody has corrected is meant to be sent.
  const plan = source.changePlan({ ...planFor(file, spec, run), skipRows: [] });
  const prepare = createRowPreparer(() => newPreparer(source, spec, plan));
  const corrections: Correction[] = [];
  const sendable = new Set<number>();
  const damaged = new Map<string, number>();
  const refused = file.unreadable.map(unparsable);
  let known = file.rows.size;
  let overtaken = 0;
  for (const before of undeliveredRows(source.journal, run.id, ['failed', 'rejected', 'invalid', 'unclear'])) {
    const fixed = file.rows.get(before.row);
    if (!fixed) continue;
    known--;
    assertSameLine(before, fixed, source);
    const losses = lostBySpreadsheet({ before: spec.layout, after: file.layout }, plan, before, fixed);
    const text = recordText(spec.layout, fixed.content, fixed.text, file.layout);
    const prepared = lostIdentifier(losses) ?? withRecord(prepare(fixed), text);
    if ('reason' in prepared) {
      refused.push({ line: fixed.line, row: fixed.row, state: before.state, ...prepared });
      continue;
    }
    for (const { name } of losses) damaged.set(name, (damaged.get(name) ?? 0) + 1);
    sendable.add(before.row);
    const { single, isEvent, isGuarded, record } = prepared;
    const payload = payloadOf(prepared, before);
    if (isUnchanged(before, payload, single)) continue; // sent again as it is
    const persons = personsOf(Buffer.from(payload).toString(), prepared.request);
    if (!isEvent && !hasHeldBack(before, persons)) overtaken++;
    const { code, reason } = isGuarded ? WOULD_TRIGGER : CORRECTED;
    corrections.push({ row: before.row, code, reason, persons, payload, single, record });
  }
  return { corrections, sendable, overtaken, refused, known, damaged };
}

/** What is stored of a corrected row is a record of its source: one that cannot be written cannot be sent. */
function withRecord(
  prepared: PreparedRow | RowFault,
  record: string | undefined,
): (PreparedRow & { readonly record: string }) | RowFault {
  if ('reason' in prepared) return prepared;
  return record === undefined ? UNWRITABLE : { ...prepared, record };
}

function newPreparer(source: FixedSource, { dataset, clockMs }: RunSpec, plan: Plan): Preparer {
  return createPreparer({
    layout: source.file.layout,
    plan,
    identity: { target: source.workspace, dataset, clockMs },
    skipRows: 0,
    recent: {
      policy: source.allowTriggers ? 'allow' : 'guard',
      sinceSeconds: recentSinceSeconds(source.host.clock.now() - source.clockAheadMs),
    },
  });
}

function unparsable({ line, reason }: FixedFile['unreadable'][number]): RefusedRow {
  return { line, row: null, state: 'invalid', code: 'unparsable', reason, column: null, field: null };
}

/** A row number means another row in another journal. */
function assertSameLine(before: StoredUndelivered, { sourceLine }: FixedRow, { file, run }: FixedSource): void {
  if (sourceLine === undefined || sourceLine === before.line) return;
  throw new CioBulkError(
    'usage',
    `--from ${file.path}: row ${before.row} comes from line ${sourceLine} according to the file, but in run ${run.id} of this journal it comes from line ${before.line}`,
    { hint: 'give a file that `cio-bulk failures` wrote from this journal; another one is named with --journal' },
  );
}

/** With a damaged identifier, the row would reach somebody else. */
function lostIdentifier(losses: readonly Loss[]): RowFault | undefined {
  const identifier = losses.find(({ isIdentifier }) => isIdentifier);
  if (!identifier) return undefined;
  return {
    code: 'spreadsheet_number',
    reason: `the ${identifier.name} was changed the way spreadsheets change numbers: leading zeros, a plus sign or digits are gone`,
    column: null,
    field: identifier.name,
  };
}

function payloadOf({ payload }: PreparedRow, before: StoredUndelivered): Uint8Array {
  return before.payload !== null && mayHaveArrived(before) ? keepEventId(before.payload, payload) : payload;
}

/** Only a row that was refused, by the API or before, is known not to have counted. */
function mayHaveArrived({ state, isInDoubt }: StoredUndelivered): boolean {
  return isInDoubt || (state !== 'rejected' && state !== 'invalid');
}

function keepEventId(before: Uint8Array, after: Uint8Array): Uint8Array {
  const id = eventIdIn(Buffer.from(before).toString());
  return id === undefined ? after : Buffer.from(withEventId(Buffer.from(after).toString(), id));
}

/** Of the rows that a retry sends anyway. Others move from their state into `failed`, changed or not. */
function isUnchanged(before: StoredUndelivered, payload: Uint8Array, single: string | null): boolean {
  return (
    before.state === 'failed' &&
    before.payload !== null &&
    Buffer.compare(before.payload, payload) === 0 &&
    before.single === single
  );
}

/** Whether later rows of the same persons have waited for this one. */
function hasHeldBack(before: StoredUndelivered, persons: readonly string[]): boolean {
  return before.state === 'failed' && persons.every((person) => before.persons.includes(person));
}

/** The run's plan, looking for its columns where this file has them. */
function planFor({ layout, path }: FixedFile, { plan, layout: ofRun }: RunSpec, run: Run): Plan {
  if (layout.format === 'ndjson') return plan;
  if (ofRun.format === 'ndjson')
    throw new CioBulkError(
      'usage',
      `--from ${path}: run ${run.id} read NDJSON, and a CSV file cannot hold its values`,
      {
        hint: `write its rows with: cio-bulk failures --run ${run.id} --format ndjson`,
      },
    );
  const sources = new Set(plan.columns.flatMap(({ steps }) => gatheredBy(steps ?? {})?.names ?? []));
  const columns = plan.columns.map((column) => {
    // A column that the mapping makes of others stands behind those of the file.
    const behind = column.index - ofRun.header.length;
    const index =
      column.index < 0
        ? column.index
        : behind >= 0
          ? layout.header.length + behind
          : layout.header.findIndex((name) => name.trim() === column.name.trim());
    if (index === -1 && column.index >= 0 && (column.role !== 'drop' || sources.has(column.name)))
      throw new CioBulkError('usage', `--from ${path}: the column ${column.name} is missing`, {
        hint: 'keep all columns of the failures file',
      });
    return { ...column, index };
  });
  return {
    ...plan,
    columns: columns.filter(({ role, index }) => role !== 'drop' || index >= 0),
  };
}
