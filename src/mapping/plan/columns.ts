/** What each column of a source becomes. */
import type { RawRow } from '../../domain/block.ts';
import { CioBulkError } from '../../domain/errors.ts';
import { ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTES_MAX, bytesOver } from '../../domain/limits.ts';
import type { Action, ColumnPlan, EmptyPolicy, PatternPlan, SourceLayout } from '../../domain/plan.ts';
import type { Columns } from './column-names.ts';
import { safeText } from './column-names.ts';
import { settledSteps, typeSaid } from './column-steps.ts';
import { consentShape, isBelowConsent } from '../values/consent.ts';
import { damageIn, inferType } from './column-types.ts';
import type { TypesOption } from './column-types.ts';
import type { MappingColumn, MappingFile } from './plan-options.ts';
import { reservedMeaning } from './reserved-names.ts';
import { lookedAtBy } from '../values/steps.ts';
import { isDropped } from './roles.ts';
import { KINDS_OF, MOMENTS, type Role } from '../../domain/roles.ts';
import type { Roles } from './roles.ts';
import { sampleTexts } from './sample-texts.ts';

export interface ColumnsInput {
  readonly layout: SourceLayout;
  readonly sample: readonly RawRow[];
  readonly columns: Columns;
  readonly roles: Roles;
  readonly map: MappingFile | null;
  readonly types: TypesOption;
  readonly typesDefault: 'auto' | 'string';
  readonly empty: EmptyPolicy;
  readonly action: Action;
}

/** `notes` are warnings by index of the plan's column; `patterns` are for fields that no row of the sample has. */
export function planColumns(input: ColumnsInput): {
  columns: ColumnPlan[];
  patterns: PatternPlan[];
  notes: Map<number, string[]>;
} {
  const { layout, columns: source, roles, map } = input;
  checkNames(input);
  const notes = new Map<number, string[]>();
  const isNdjson = layout.format === 'ndjson';
  const columns = source.names.map((name, index): ColumnPlan => {
    const role = roles.byColumn.get(index);
    const column = planColumn(input, name, index, role);
    notes.set(index, notesOf(input, column, index));
    return isNdjson ? { ...column, index: -1 } : column;
  });
  if (isNdjson) for (const later of laterColumns(input)) columns.push(later);
  const attributes = columns.filter((column) => column.role === 'attribute').length;
  if (roles.kind !== 'events' && !isNdjson && attributes > ATTRIBUTES_MAX) {
    throw new CioBulkError('mapping', `${attributes} columns would become attributes; the limit is ${ATTRIBUTES_MAX}`, {
      hint: 'leave some out with "drop" or "keep_only" in a file for --map',
    });
  }
  for (const [name, { pointer }] of map?.columns ?? []) {
    if (!isNdjson && !source.names.includes(name)) source.named(name, map?.where(pointer) ?? '', 'mapping');
  }
  for (const name of input.types.demanded.keys()) if (!isNdjson) source.named(name, '--types', 'usage');
  const patterns = [...(map?.patterns ?? [])].map(([pattern, entry]) => patternPlan(input, pattern, entry));
  return { columns, patterns, notes };
}

function patternPlan(input: ColumnsInput, pattern: string, entry: MappingColumn | null): PatternPlan {
  const { map } = input;
  const column = typedColumn(
    { ...input, map: map === null || entry === null ? map : { ...map, columns: new Map([[pattern, entry]]) } },
    pattern,
    -1,
    undefined,
  );
  if (entry === null) return { ...column, role: 'drop' };
  const isRenamed = entry.nameCase !== undefined && entry.to === undefined;
  return {
    ...column,
    // What keeps its name has the whole of it in place of the pattern.
    path: isRenamed ? ['*'] : column.path,
    ...(entry.nameCase === undefined ? {} : { isSnake: true }),
  };
}

function planColumn(input: ColumnsInput, name: string, index: number, role: Role | undefined): ColumnPlan {
  const { columns, map, layout } = input;
  const steps = settledSteps({ columns, map, isNdjson: layout.format === 'ndjson' }, name, role);
  const column = typedColumn(input, name, index, role);
  return steps === undefined ? column : { ...column, steps };
}

function typedColumn(input: ColumnsInput, name: string, index: number, role: Role | undefined): ColumnPlan {
  const { roles, map, types, empty, layout } = input;
  const entry: Partial<MappingColumn> = map?.columns.get(name) ?? {};
  const demanded = demandedType(types, name) ?? entry.type;
  const path = entry.to ?? [name];
  const isOmitted = isDropped(name, map) || roles.leftOut.has(index) || input.action !== 'identify';
  if (roles.kind === 'people' && role === undefined && !isOmitted && isBelowConsent(path))
    throw new CioBulkError(
      'mapping',
      `${placeIn(map, name)}"${path.join('.')}" is below "unsubscribed", which is true or false`,
      {
        hint: 'give the column another name',
      },
    );
  const isMoment = path.length === 1 && path[0] === MOMENTS[roles.kind];
  const consent =
    roles.kind === 'people' && layout.format !== 'ndjson' && role === undefined && !isOmitted
      ? consentShape(path)
      : null;
  if (consent !== null)
    return {
      index,
      name,
      role: 'attribute',
      path,
      type: consent === 'word' ? 'boolean' : 'json',
      strict: true,
      empty: 'omit',
      format: 'auto',
      timezone: null,
    };
  const inferred =
    layout.format === 'ndjson'
      ? 'json'
      : input.typesDefault === 'string'
        ? 'string'
        : inferType(path.join('.'), sampleTexts(input.sample, name, index), map?.types === 'nested');
  return {
    index,
    name,
    role: role ?? (isOmitted ? 'drop' : 'attribute'),
    path: role === undefined ? path : [role === 'event_id' ? 'id' : role],
    type:
      role === 'timestamp'
        ? 'timestamp'
        : role !== undefined || isOmitted
          ? 'string'
          : (typeSaid(entry, demanded) ??
            (isMoment
              ? 'timestamp'
              : layout.format === 'ndjson' && input.typesDefault === 'string'
                ? 'string'
                : inferred)),
    strict: role === undefined && !isOmitted && demanded !== undefined && entry.mismatch !== 'text',
    empty: entry.empty ?? empty,
    format: entry.format ?? 'auto',
    timezone: entry.timezone ?? null,
  };
}

/** NDJSON rows may have fields that the sample lacks: the usual identifiers are recognised wherever they turn up. */
function laterColumns(input: ColumnsInput): ColumnPlan[] {
  const { columns: source, roles, map } = input;
  const known = new Set(source.names.map((name) => name.toLowerCase()));
  const later = new Map<string, Role | 'drop' | undefined>(roles.unseen);
  const taken = new Set<Role>([...roles.byColumn.values(), ...roles.unseen.values(), ...roles.absent]);
  const hasOwn = taken.has('id') || taken.has('email');
  const mayTurnUp = (role: 'email' | 'cio_id' | 'anonymous_id'): boolean =>
    KINDS_OF[role].includes(roles.kind) && !taken.has(role) && !known.has(role) && !isDropped(role, map);
  if (mayTurnUp('email')) later.set('email', 'email');
  if (mayTurnUp('cio_id') && !hasOwn) later.set('cio_id', 'cio_id');
  if (mayTurnUp('anonymous_id')) later.set('anonymous_id', 'anonymous_id');
  const sources = [...(map?.columns.values() ?? [])].flatMap(({ steps }) => lookedAtBy(steps ?? {}));
  const mentioned = [...(map?.columns.keys() ?? []), ...sources, ...input.types.demanded.keys(), ...(map?.drop ?? [])];
  for (const name of mentioned) {
    if (!source.names.includes(name) && !later.has(name)) later.set(name, undefined);
  }
  const moment = MOMENTS[roles.kind];
  const isMapped = [...(map?.columns.values() ?? [])].some((entry) => entry.to?.[0] === moment);
  if (moment !== undefined && !known.has(moment) && !isMapped && !isDropped(moment, map)) later.set(moment, undefined);
  if (mayTurnUp('cio_id') && hasOwn) later.set('cio_id', 'drop');
  return [...later].map(([name, role]) =>
    role === 'drop'
      ? { ...planColumn(input, name, -1, undefined), role, type: 'string' as const, strict: false }
      : planColumn(input, name, -1, role),
  );
}

/** Where a mapping file speaks of a column, for the beginning of a message; empty where none does. */
export function placeIn(map: MappingFile | null, name: string): string {
  const pointer = map?.columns.get(name)?.pointer;
  return pointer === undefined ? '' : `${map?.where(pointer) ?? ''}: `;
}

function demandedType(types: TypesOption, name: string): ColumnPlan['type'] | undefined {
  const exact = types.demanded.get(name);
  if (exact !== undefined) return exact;
  for (const [key, type] of types.demanded) if (key.toLowerCase() === name.toLowerCase()) return type;
  return undefined;
}

function notesOf(input: ColumnsInput, column: ColumnPlan, index: number): string[] {
  const notes: string[] = [];
  const { name } = column;
  if (name === '' && input.layout.format !== 'ndjson')
    notes.push(`column ${column.index + 1} has no name and is left out`);
  const leftOut = input.roles.leftOut.get(index);
  if (leftOut !== undefined) notes.push(leftOut);
  if (column.role === 'attribute') {
    const meaning = column.path.length === 1 ? reservedMeaning(input.roles.kind, column.path[0] ?? '') : null;
    if (meaning !== null) notes.push(meaning);
  }
  if (column.role !== 'drop') {
    const damage = damageIn(sampleTexts(input.sample, name, column.index));
    if (damage !== null) notes.push(`"${safeText(name, 60)}": ${damage}`);
  }
  return notes;
}

/** Two columns of one name cannot both be sent, and a name has its limit. (Fields of NDJSON are checked row by row.) */
function checkNames({ layout, columns, map, roles, action }: ColumnsInput): void {
  if (layout.format === 'ndjson') return;
  const seen = new Map<string, number>();
  for (const [index, name] of columns.names.entries()) {
    if (isDropped(name, map) || (action !== 'identify' && !roles.byColumn.has(index))) continue;
    const first = seen.get(name);
    if (first !== undefined) {
      throw new CioBulkError(
        'ambiguous_column',
        `columns ${first + 1} and ${index + 1} are both named "${safeText(name, 60)}"`,
        { hint: 'number them with --repeated-columns number, or leave both out with "drop" in a file for --map' },
      );
    }
    seen.set(name, index);
    const bytes =
      roles.kind !== 'events' && !roles.byColumn.has(index)
        ? bytesOver((map?.columns.get(name)?.to ?? [name]).at(-1) ?? '', ATTRIBUTE_NAME_BYTES_MAX)
        : 0;
    if (bytes > 0) {
      throw new CioBulkError(
        'mapping',
        `the name of column ${index + 1} has ${bytes} bytes; an attribute's name may have ${ATTRIBUTE_NAME_BYTES_MAX}`,
        { hint: 'rename it or leave it out with --map' },
      );
    }
  }
}
