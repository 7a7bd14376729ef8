import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import { personsOf } from '../domain/person.ts';
import type { Plan, SourceLayout } from '../domain/plan.ts';
import { parseRecord } from '../input/records/csv.ts';
import type { Correction } from '../journal/corrections.ts';
import type { Journal } from '../journal/open.ts';
import type { Run } from '../journal/runs.ts';
import { undeliveredRows } from '../journal/undelivered.ts';
import { createPreparer, type Preparer } from '../mapping/rows/prepare.ts';
import { WOULD_TRIGGER } from '../domain/recent.ts';
import { recordText } from '../output/failures-file.ts';
import { eventIdIn, withEventId } from './event-id-text.ts';
import type { RunSpec } from './find-run.ts';
import { valueIn, type FixedFile, type FixedRow } from './corrected-file.ts';
import { recentSinceSeconds } from '../domain/recent.ts';
import { isSpreadsheetLoss } from './spreadsheet-loss.ts';

const CORRECTED = { code: 'corrected', reason: 'the row was corrected and has not arrived yet' } as const;

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
  readonly refused: readonly {
    readonly line: number;
    readonly row: number | null;
    readonly state: UndeliveredState;
    readonly code: string;
    readonly reason: string;
    readonly column: number | null;
    readonly field: string | null;
  }[];
  /** Rows of the file that have arrived by now. */
  readonly known: number;
  /** Columns, no identifiers among them, whose cells a spreadsheet turned into numbers, with the count of rows. */
  readonly damaged: ReadonlyMap<string, number>;
}

/**
 * Rows of a corrected failures file, prepared with the plan of their run and under their old row numbers. An event that may have
 * arrived as it was keeps its id: corrected or not, it counts once.
 */
export function prepareFixedRows(source: FixedSource): FixedRows {
  const { run, file } = source;
  const spec = JSON.parse(run.spec) as RunSpec;
  const { layout } = file;
  if (spec.layout.format === 'ndjson' && layout.format !== 'ndjson')
    throw new CioBulkError(
      'usage',
      `--from ${file.path}: run ${run.id} read NDJSON, and a CSV file cannot hold its values`,
      { hint: `write its rows with: cio-bulk failures --run ${run.id} --format ndjson` },
    );
  const plan = source.changePlan(planFor(layout, spec.plan, file.path));
  const newPreparer = (): Preparer =>
    createPreparer({
      layout,
      plan,
      identity: { target: source.workspace, dataset: spec.dataset, clockMs: spec.clockMs },
      skipRows: 0,
      recent: {
        policy: source.allowTriggers ? 'allow' : 'guard',
        sinceSeconds: recentSinceSeconds(source.host.clock.now() - source.clockAheadMs),
      },
    });
  const prepare = createRowPreparer(newPreparer);
  const corrections: Correction[] = [];
  const sendable = new Set<number>();
  const damaged = new Map<string, number>();
  const refused: FixedRows['refused'][number][] = file.unreadable.map(({ line, reason }) => ({
    line,
    row: null,
    state: 'invalid',
    code: 'unparsable',
    reason,
    column: null,
    field: null,
  }));
  let known = file.rows.size;
  let overtaken = 0;
  for (const before of undeliveredRows(source.journal, run.id, ['failed', 'rejected', 'invalid', 'unclear'])) {
    const fixed = file.rows.get(before.row);
    if (!fixed) continue;
    known--;
    if (fixed.sourceLine !== undefined && fixed.sourceLine !== before.line)
      throw new CioBulkError(
        'usage',
        `--from ${file.path}: row ${before.row} comes from line ${fixed.sourceLine} according to the file, but in run ${run.id} of this journal it comes from line ${before.line}`,
        {
          hint: 'give a file that `cio-bulk failures` wrote from this journal; another one is named with --journal',
        },
      );
    const losses = lostBySpreadsheet({ before: spec.layout, after: layout }, plan, before, fixed);
    const identifier = losses.find(({ isIdentifier }) => isIdentifier);
    if (identifier) {
      const reason = `the ${identifier.name} was changed the way spreadsheets change numbers: leading zeros, a plus sign or digits are gone`;
      refused.push({
        line: fixed.line,
        row: fixed.row,
        state: before.state,
        code: 'spreadsheet_number',
        reason,
        column: null,
        field: identifier.name,
      });
      continue;
    }
    const prepared = prepare(fixed);
    if ('reason' in prepared) {
      refused.push({
        line: fixed.line,
        row: fixed.row,
        state: before.state,
        code: prepared.code,
        reason: prepared.reason,
        column: prepared.column,
        field: prepared.field,
      });
      continue;
    }
    for (const { name } of losses) damaged.set(name, (damaged.get(name) ?? 0) + 1);
    sendable.add(before.row);
    const payload =
      before.payload !== null && mayHaveArrived(before)
        ? keepEventId(before.payload, prepared.payload)
        : prepared.payload;
    const isSame =
      before.payload !== null && Buffer.compare(before.payload, payload) === 0 && before.single === prepared.single;
    if (isSame && before.state === 'failed') continue; // sent again as it is
    const persons = personsOf(Buffer.from(payload).toString(), prepared.request);
    const hasHeldBack = before.state === 'failed' && persons.every((person) => before.persons.includes(person));
    if (!hasHeldBack && !prepared.isEvent) overtaken++;
    const { code, reason } = prepared.isGuarded ? WOULD_TRIGGER : CORRECTED;
    corrections.push({
      row: before.row,
      code,
      reason,
      persons,
      payload,
      single: prepared.single,
      record: recordText(spec.layout, fixed.content, fixed.text, layout),
    });
  }
  return { corrections, sendable, overtaken, refused, known, damaged };
}

type Prepared =
  | {
      readonly payload: Uint8Array;
      readonly single: string | null;
      readonly request: { readonly method: 'PUT' | 'POST' | 'DELETE'; readonly path: string } | undefined;
      readonly isGuarded: boolean;
      readonly isEvent: boolean;
    }
  | { readonly code: string; readonly reason: string; readonly column: number | null; readonly field: string | null };

/** Prepares rows one by one. An equal row is not skipped as a repeat here: rows between the two may have been delivered already. */
function createRowPreparer(newPreparer: () => Preparer): (fixed: FixedRow) => Prepared {
  let preparer = newPreparer();
  const attempt = ({ row, content }: FixedRow) => {
    const position = { row: row - 1, line: 0, offset: 0, hash: '' };
    return preparer.prepare({ start: position, end: position, raw: new Uint8Array(), rows: [content], isLast: false });
  };
  return (fixed) => {
    let chunk = attempt(fixed);
    if (Object.keys(chunk.skipped).length > 0) {
      preparer = newPreparer(); // which remembers nothing
      chunk = attempt(fixed);
    }
    const { operations, invalid } = chunk;
    if (operations.count === 0) {
      const fault = invalid[0];
      return {
        code: fault?.code ?? 'skipped',
        reason: fault?.message ?? 'the row was left out',
        column: fault?.column ?? null,
        field: fault?.field ?? null,
      };
    }
    const request = operations.singles.get(0);
    const payload = operations.body;
    return {
      payload,
      request,
      single: request ? `${request.method} ${request.path}` : null,
      isGuarded: operations.guarded.has(0),
      isEvent: eventIdIn(Buffer.from(payload).toString()) !== undefined,
    };
  };
}

/** Only a row that was refused, by the API or before, is known not to have counted. */
function mayHaveArrived({ state, isInDoubt }: UndeliveredRow & { readonly isInDoubt: boolean }): boolean {
  return isInDoubt || (state !== 'rejected' && state !== 'invalid');
}

function keepEventId(before: Uint8Array, after: Uint8Array): Uint8Array {
  const id = eventIdIn(Buffer.from(before).toString());
  return id === undefined ? after : Buffer.from(withEventId(Buffer.from(after).toString(), id));
}

interface Loss {
  readonly name: string;
  readonly isIdentifier: boolean;
}

/** Cells that a spreadsheet changed by itself, between the source of the run and the corrected file. */
function lostBySpreadsheet(
  { before, after }: { readonly before: SourceLayout; readonly after: SourceLayout },
  plan: Plan,
  { record }: UndeliveredRow,
  { content }: FixedRow,
): Loss[] {
  if (before.format === 'ndjson') return [];
  const cells = parseRecord(record, before.delimiter);
  if (cells?.length !== before.header.length) return [];
  return plan.columns.flatMap(({ name, role }): Loss[] => {
    if (role === 'drop') return [];
    const [old, now] = [
      cells[before.header.findIndex((one) => one.trim() === name.trim())],
      valueIn(content, after, name),
    ];
    if (old === undefined || typeof now !== 'string' || !isSpreadsheetLoss(old, now)) return [];
    return [
      {
        name,
        isIdentifier:
          role === 'id' ||
          role === 'email' ||
          role === 'cio_id' ||
          role === 'event_id' ||
          plan.dedupeKey?.includes(name) === true,
      },
    ];
  });
}

/** The run's plan, looking for its columns where this file has them. */
function planFor(layout: SourceLayout, plan: Plan, path: string): Plan {
  if (layout.format === 'ndjson') return plan;
  const columns = plan.columns.map((column) => {
    const index =
      column.index < 0 ? column.index : layout.header.findIndex((name) => name.trim() === column.name.trim());
    if (index === -1 && column.index >= 0 && column.role !== 'drop')
      throw new CioBulkError('usage', `--from ${path}: the column ${column.name} is missing`, {
        hint: 'keep all columns of the failures file',
      });
    return { ...column, index };
  });
  return { ...plan, columns: columns.filter(({ role, index }) => role !== 'drop' || index >= 0) };
}
