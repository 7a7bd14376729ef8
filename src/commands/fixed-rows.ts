import { resolve } from 'node:path';
import type { RawRow } from '../domain/block.ts';
import type { PreparedChunk } from '../domain/chunk.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import { personsOf } from '../domain/person.ts';
import type { Plan, SourceLayout } from '../domain/plan.ts';
import { openBlocks } from '../input/blocks.ts';
import { detectLayout } from '../input/layout.ts';
import type { Journal } from '../journal/open.ts';
import type { Run } from '../journal/runs.ts';
import { packRows, undeliveredRows } from '../journal/undelivered.ts';
import { createPreparer, type Preparer } from '../mapping/prepare.ts';
import { plural } from '../report/numbers.ts';
import type { RunSpec } from './find-run.ts';
import { recentSince } from './recent-events.ts';

/** Names the row of the run in a failures file. */
export const ROW_COLUMN = 'cio_bulk_row';
const PAGE_ROWS = 1000;

export interface FixedSource {
  readonly journal: Journal;
  readonly run: Run;
  readonly path: string;
  readonly host: Host;
  readonly workspace: string;
  /** Recent events may go out; else they stay undelivered as `would_trigger`. */
  readonly allowTriggers: boolean;
  readonly warn: (text: string) => void;
}

/**
 * Rows of a corrected failures file, prepared with the plan of their run and under their old row numbers: an event that is
 * identified by its row keeps its ULID. Rows that are delivered by now are left out.
 */
export async function* fixedChunks(source: FixedSource): AsyncGenerator<PreparedChunk> {
  const spec = JSON.parse(source.run.spec) as RunSpec;
  const layout = await detectLayout(resolve(source.host.cwd, source.path), { format: 'auto', delimiter: 'auto', encoding: 'auto' });
  if (spec.layout.format === 'ndjson' && layout.format !== 'ndjson')
    throw new CioBulkError('usage', `--from ${source.path}: run ${source.run.id} has read NDJSON, whose values a CSV file cannot hold`, { hint: `write its rows with: cio-bulk failures --run ${source.run.id} --format ndjson` });
  const plan = planFor(layout, spec.plan, source.path);
  const preparer = createPreparer({
    layout,
    plan,
    identity: { target: source.workspace, dataset: spec.dataset, clockMs: spec.clockMs },
    skipRows: 0,
    recent: { policy: source.allowTriggers ? 'allow' : 'guard', sinceSeconds: recentSince(source.host) },
  });
  const open = new Map<number, UndeliveredRow>();
  for (const row of undeliveredRows(source.journal, source.run.id, ['failed', 'rejected', 'invalid', 'unclear'])) open.set(row.row, row);
  const fixed = new Map<number, FixedRow>();
  let stillInvalid = 0;
  for await (const block of openBlocks(layout, null, { signal: source.host.stopping }))
    for (const row of block.rows) {
      const before = open.get(rowNumberOf(row, layout, source.path));
      const after = before && prepareOne(preparer, row, before);
      if (after) fixed.set(after.row, after); // a row that stands there twice is sent once, as it stands last
      else if (before || rowFault(row)) stillInvalid++;
    }
  if (stillInvalid > 0) source.warn(`${plural(stillInvalid, 'row')} of ${source.path} still cannot be sent: see \`cio-bulk validate\``);
  const rows = [...fixed.values()].sort((a, b) => a.row - b.row);
  for (let at = 0; at < rows.length; at += PAGE_ROWS) yield packRows(rows.slice(at, at + PAGE_ROWS), ({ row }) => fixed.get(row)?.isGuarded === true);
}

interface FixedRow extends UndeliveredRow {
  readonly isGuarded: boolean;
}

function rowFault(row: RawRow): boolean {
  return !Array.isArray(row) && 'fault' in row;
}

function prepareOne(preparer: Preparer, row: RawRow, before: UndeliveredRow): FixedRow | undefined {
  const position = { row: before.row - 1, line: 0, offset: 0, hash: '' };
  const { operations } = preparer.prepare({ start: position, end: position, raw: new Uint8Array(), rows: [row], isLast: false });
  if (operations.count === 0) return undefined; // still invalid: it stays as it is
  const single = operations.singles.get(0);
  return {
    ...before,
    persons: personsOf(new TextDecoder().decode(operations.body), single),
    payload: operations.body,
    single: single ? `${single.method} ${single.path}` : null,
    isGuarded: operations.guarded.has(0),
  };
}

function rowNumberOf(row: RawRow, layout: SourceLayout, path: string): number {
  const value = Array.isArray(row) ? row[layout.header.indexOf(ROW_COLUMN)] : 'json' in row ? row.json[ROW_COLUMN] : undefined;
  const number = Number(value);
  if ((typeof value === 'string' || typeof value === 'number') && Number.isInteger(number) && number > 0) return number;
  if (rowFault(row)) return 0;
  throw new CioBulkError('usage', `--from ${path}: a row has no ${ROW_COLUMN}, so nobody knows which row it corrects`, { hint: 'give a file that `cio-bulk failures` wrote, or import a new file instead' });
}

/** The run's plan, looking for its columns where this file has them. */
function planFor(layout: SourceLayout, plan: Plan, path: string): Plan {
  if (layout.format === 'ndjson') return plan;
  if (!layout.header.includes(ROW_COLUMN)) throw new CioBulkError('usage', `--from ${path}: there is no column ${ROW_COLUMN}`, { hint: 'give a file that `cio-bulk failures` wrote' });
  const columns = plan.columns.map((column) => {
    const index = column.index < 0 ? column.index : layout.header.findIndex((name) => name.trim() === column.name.trim());
    if (index === -1 && column.index >= 0 && column.role !== 'drop')
      throw new CioBulkError('usage', `--from ${path}: the column ${column.name} is missing`, { hint: 'keep all columns of the failures file' });
    return { ...column, index };
  });
  return { ...plan, columns: columns.filter(({ role, index }) => role !== 'drop' || index >= 0) };
}
