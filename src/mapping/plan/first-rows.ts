/** The first rows of a source as a plan sees them, with the mapping file settled for the columns that they have. */
import type { RawRow } from '../../domain/block.ts';
import type { Plan, SkipRule, SourceLayout } from '../../domain/plan.ts';
import { createHeaderCheck } from '../rows/header-row.ts';
import { hasTypedLines } from '../rows/json-form.ts';
import { createLift, liftedRow, type Lifting } from '../rows/lifted-rows.ts';
import { createRowSkips } from '../rows/skipped-rows.ts';
import { createNulls } from '../values/nulls.ts';
import { createColumns, type Columns } from './column-names.ts';
import { joinedNames } from './column-steps.ts';
import { escapePointer } from './json-source.ts';
import { countLines, type LineCounts } from './line-counts.ts';
import { underNamesOf } from './mapping-names.ts';
import type { MappingFile, PlanOptions, RoleKey } from './plan-options.ts';
import { settleMapping } from './settle-map.ts';

export interface FirstRows {
  /** Those of the source, and behind them those that the mapping makes of others. */
  readonly columns: Columns;
  readonly map: MappingFile | null;
  /** Without those that a mapping leaves out. */
  readonly rows: readonly RawRow[];
  readonly lines: LineCounts;
  readonly nulls: Plan['nulls'];
  readonly lift: Plan['lift'];
  readonly skipRows: readonly SkipRule[];
}

/** @throws CioBulkError `mapping` */
export function readFirstRows(layout: SourceLayout, firstRows: readonly RawRow[], options: PlanOptions): FirstRows {
  const isNdjson = layout.format === 'ndjson';
  const written = options.map ?? null;
  const nulls = options.nulls ?? written?.nulls;
  const lift = isNdjson && Object.keys(written?.lift ?? {}).length > 0 ? written?.lift : undefined;
  const rows = dataRows(layout, firstRows, { nulls, lift });
  const lines = countLines(rows);
  // Blanks around a name in the header are nobody's intention; cells keep theirs.
  const names = isNdjson ? lines.fields : layout.header.map((name) => name.trim());
  const map = written === null ? null : settledMap(written, names, options, isNdjson);
  const columns = createColumns([...names, ...joinedNames(names, map)]);
  const skipRows = skipRulesOf(columns, map, isNdjson);
  const isSkipped = createRowSkips(skipRows);
  return {
    columns,
    map,
    rows: isSkipped === null ? rows : rows.filter((row) => !isSkipped(row)),
    lines,
    nulls,
    lift,
    skipRows,
  };
}

function settledMap(
  written: MappingFile,
  names: readonly string[],
  options: PlanOptions,
  isNdjson: boolean,
): MappingFile {
  const named: Partial<Record<RoleKey, string>> = options;
  // A column that a flag names need not be chosen.
  const choices = new Map([...written.choices].filter(([role]) => named[role] === undefined));
  const map = { ...written, choices };
  return settleMapping(isNdjson ? map : underNamesOf(names, map), names, isNdjson);
}

/** The first rows as a run will see them: without repeated headers, with what is lifted, and with the texts that mean an empty cell taken for one. */
function dataRows(
  layout: SourceLayout,
  firstRows: readonly RawRow[],
  { nulls: texts, lift: fields }: { readonly nulls: Plan['nulls']; readonly lift: Plan['lift'] },
): readonly RawRow[] {
  const isHeader = createHeaderCheck(layout.header);
  const nulls = createNulls(texts);
  const rows = firstRows.filter((row) => !(Array.isArray(row) && isHeader(row)));
  const lift = fields === undefined ? null : createLift({ lift: fields });
  const lifted = lift === null ? rows : liftedRows(rows, lift);
  return nulls === null ? lifted : lifted.map(nulls.row);
}

function liftedRows(rows: readonly RawRow[], lift: Lifting): readonly RawRow[] {
  const lines = rows.flatMap((row) => (!Array.isArray(row) && 'json' in row ? [row.json] : []));
  const isAmongTyped = hasTypedLines(lines);
  return rows.map((row) => liftedRow(row, lift, isAmongTyped));
}

/** The columns that `skip_rows` looks at. */
function skipRulesOf(columns: Columns, map: MappingFile | null, isNdjson: boolean): readonly SkipRule[] {
  return [...(map?.skipRows ?? [])].flatMap(([name, texts]): SkipRule[] => {
    if (isNdjson) return [{ index: -1, name, texts }];
    if (map?.missing === 'ignore' && !columns.names.includes(name)) return [];
    return [
      { index: columns.named(name, map?.where(`/skip_rows/${escapePointer(name)}`) ?? '', 'mapping'), name, texts },
    ];
  });
}
