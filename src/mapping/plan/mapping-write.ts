/** The mapping file that gives the plan again, whatever the next file's sample looks like. */
import type { ColumnPlan, PatternPlan, Plan } from '../../domain/plan.ts';
import { isComposed } from '../../domain/roles.ts';
import { rolesOfComposed } from './composed-kinds.ts';
import type { MappingFile, PlanResult } from './plan-options.ts';

const SCHEMA = 'https://unpkg.com/cio-bulk/docs/mapping.schema.json';

/** `said`: how the source is written, as far as somebody has said it. For `validate --write-map`: with `--map` and the same file it gives the same plan; `api` and batch sizes stay flags. */
export function writeMappingFile(
  { plan, map }: Pick<PlanResult, 'plan' | 'map'>,
  said: MappingFile['file'] = map?.file ?? {},
): string {
  const nameOf = (role: ColumnPlan['role']): string | null =>
    plan.columns.find((column) => column.role === role)?.name ?? null;
  const isEvents = plan.kind === 'events';
  const columns: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const column of plan.columns) {
    // The steps of a column that is left out are for those that join it.
    if (column.role !== 'drop' || plan.action !== 'identify' || column.steps !== undefined)
      columns[column.name] = columnEntry(column);
  }
  const patterns = plan.patterns ?? [];
  for (const pattern of patterns) columns[pattern.name] = pattern.role === 'drop' ? null : columnEntry(pattern);
  const drop =
    plan.action === 'identify'
      ? plan.columns
          .filter((column) => column.role === 'drop' && !isAlwaysDropped(column.name))
          .map((column) => column.name)
      : [];
  const file = {
    $schema: SCHEMA,
    ...(Object.keys(said).length === 0 ? {} : { file: said }),
    kind: plan.kind,
    ...(isEvents ? {} : { action: plan.action }),
    id_column: nameOf('id'),
    email_column: nameOf('email'),
    cio_id_column: nameOf('cio_id'),
    ...(isEvents ? eventEntries(plan, nameOf) : {}),
    ...(isComposed(plan.kind)
      ? Object.fromEntries(rolesOfComposed(plan.kind).map(({ role }) => [`${role}_column`, nameOf(role)]))
      : {}),
    ...(plan.timezone === null ? {} : { timezone: plan.timezone }),
    types: plan.typesDefault,
    empty: plan.emptyDefault,
    ...(plan.nulls === undefined ? {} : { null_values: plan.nulls }),
    ...(plan.lift === undefined ? {} : { lift: plan.lift }),
    ...(plan.skipRows === undefined
      ? {}
      : { skip_rows: Object.fromEntries(plan.skipRows.map(({ name, texts }) => [name, texts])) }),
    ...(map?.missing === 'ignore' ? { missing_columns: 'ignore' } : {}),
    ...(plan.extra === 'drop'
      ? { keep_only: plan.columns.filter((column) => column.role !== 'drop').map((column) => column.name) }
      : {}),
    ...(drop.length === 0 ? {} : { drop: [...new Set(drop)] }),
    columns,
    ...(Object.keys(plan.constants).length === 0 ? {} : { constants: plan.constants }),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function eventEntries(plan: Plan, nameOf: (role: ColumnPlan['role']) => string | null): Record<string, unknown> {
  return {
    anonymous_id_column: nameOf('anonymous_id'),
    event_column: nameOf('event'),
    ...(plan.eventName === null ? {} : { event_name: plan.eventName }),
    timestamp_column: nameOf('timestamp'),
    event_id_column: nameOf('event_id'),
    ...(plan.dedupeKey === null ? {} : { dedupe_key: plan.dedupeKey }),
  };
}

function columnEntry(column: ColumnPlan & Pick<PatternPlan, 'isSnake'>): Record<string, unknown> {
  const isAttribute = column.role === 'attribute';
  return {
    ...(isAttribute
      ? { to: column.path.some((name) => name.includes('.')) ? column.path : column.path.join('.'), type: column.type }
      : {}),
    ...(column.isSnake === true ? { name_case: 'snake' } : {}),
    ...(isAttribute && !column.strict ? { mismatch: 'text' } : {}),
    empty: column.empty,
    ...column.steps,
    ...(column.format === 'auto' ? {} : { format: column.format }),
    ...(column.timezone === null ? {} : { timezone: column.timezone }),
  };
}

function isAlwaysDropped(name: string): boolean {
  return name === '' || name.startsWith('cio_bulk_');
}
