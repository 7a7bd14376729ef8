/** Mapping files (`--map`), read with a pointer to every fault. mapping-write.ts writes one from a plan. */
import { CioBulkError } from '../../domain/errors.ts';
import { safeText } from './column-names.ts';
import { formatOf, stepsOf } from './column-steps.ts';
import { createJsonChecks, type JsonChecks } from './json-checks.ts';
import { escapePointer, JsonFault, parseJsonSource } from './json-source.ts';
import type { JsonSource } from './json-source.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { ROLE_KEYS, type MappingColumn, type MappingFile, type RoleKey } from './plan-options.ts';
import { anyText, listOf, oneOf } from './shapes.ts';
import { STEP_KEYS } from '../values/steps.ts';
import { isZone } from '../values/zones.ts';

const KINDS = ['people', 'events', 'devices', 'objects', 'relationships'] as const;
const ACTIONS = ['identify', 'delete', 'suppress', 'unsuppress'] as const;
const TYPES = ['string', 'number', 'boolean', 'timestamp', 'json'] as const;
const EMPTY = ['omit', 'null', 'keep'] as const;
const COLUMN_KEYS = ['to', 'name_case', 'type', 'mismatch', 'empty', 'timezone', ...STEP_KEYS];
const WISHES = ['timezone', 'unsubscribed', 'group_object_type'] as const;
export const FILE_KEYS = [
  'format',
  'encoding',
  'header',
  'delimiter',
  'quote',
  'escape',
  'comment',
  'skip_lines',
  'ragged',
  'repeated_columns',
];
const KEYS = [
  '$schema',
  'title',
  'recognised_by',
  'file',
  'kind',
  'action',
  ...Object.keys(ROLE_KEYS),
  'event_name',
  'dedupe_key',
  'timezone',
  'types',
  'empty',
  'null_values',
  'lift',
  'skip_rows',
  'drop',
  'keep_only',
  'missing_columns',
  'columns',
  'constants',
  'requires',
  'wants',
];
const POINTER_CHARS = 120;

/** @throws CioBulkError `mapping`, with the fault's JSON pointer and line:column */
export function parseMappingFile(text: string, path: string): MappingFile {
  const source = parse(text, path);
  const check = createJsonChecks(source, path);
  const root = check.record(source.value, '');
  check.keys(root, '', KEYS);
  const { columns, drop } = columnsOf(check, root);
  const { roles, choices } = rolesOf(check, root);
  return {
    path,
    where: (pointer) => `${path}:${source.placeOf(pointer)}: ${safeText(pointer, POINTER_CHARS)}`,
    ...roles,
    ...defined({
      kind: check.choice(root, '', 'kind', KINDS),
      action: check.choice(root, '', 'action', ACTIONS),
      title: check.text(root, '', 'title'),
      recognisedBy: check.texts(root, '', 'recognised_by'),
      eventName: check.text(root, '', 'event_name'),
      dedupeKey: check.texts(root, '', 'dedupe_key'),
      timezone: zoneOf(check, root, ''),
      types: check.choice(root, '', 'types', ['auto', 'string', 'nested'] as const),
      empty: check.choice(root, '', 'empty', EMPTY),
      nulls: check.texts(root, '', 'null_values', 'text'),
      keepOnly: check.texts(root, '', 'keep_only'),
    }),
    choices,
    columns,
    drop,
    constants: check.optionalRecord(root, '', 'constants') ?? {},
    file: Object.fromEntries(optionalTexts(check, root, 'file', FILE_KEYS)),
    missing: check.choice(root, '', 'missing_columns', ['error', 'ignore'] as const) ?? 'error',
    lift: liftOf(check, root),
    skipRows: skipRowsOf(check, root),
    requires: optionalTexts(check, root, 'requires', WISHES),
    wants: optionalTexts(check, root, 'wants', WISHES),
  };
}

/** A column of null, and one in `drop`, are the same. */
function columnsOf(check: JsonChecks, root: JsonRecord): Pick<MappingFile, 'columns'> & { readonly drop: string[] } {
  const drop = [...(check.texts(root, '', 'drop') ?? [])];
  const columns = new Map<string, MappingColumn>();
  for (const [name, entry] of Object.entries(check.optionalRecord(root, '', 'columns') ?? {})) {
    const pointer = `/columns/${escapePointer(name)}`;
    if (entry === null) drop.push(name);
    else
      columns.set(
        name,
        typeof entry === 'string'
          ? { pointer, to: pathOf(check, entry, pointer) }
          : columnOf(check, check.record(entry, pointer), pointer),
      );
  }
  return { columns, drop };
}

/** A column, null for none, or a list of them to choose from. */
function rolesOf(
  check: JsonChecks,
  root: JsonRecord,
): { readonly roles: Partial<Record<RoleKey, string | null>>; readonly choices: MappingFile['choices'] } {
  const roles: Partial<Record<RoleKey, string | null>> = {};
  const choices = new Map<RoleKey, readonly (string | null)[]>();
  for (const [key, role] of Object.entries(ROLE_KEYS)) {
    const value = root[key];
    if (Array.isArray(value)) choices.set(role, choiceOf(check, value as unknown[], key));
    else if (value === null) roles[role] = null;
    else {
      const name = check.text(root, '', key);
      if (name !== undefined) roles[role] = name;
    }
  }
  return { roles, choices };
}

function choiceOf(check: JsonChecks, names: readonly unknown[], key: string): readonly (string | null)[] {
  if (names.length === 0) check.fail(`/${key}`, 'must be a column name, null, or a list of them that is not empty');
  return names.map((name, index) =>
    name === null || (typeof name === 'string' && name !== '')
      ? name
      : check.fail(`/${key}/${index}`, 'must be a column name or null'),
  );
}

function optionalTexts<K extends string>(
  check: JsonChecks,
  root: JsonRecord,
  key: string,
  allowed: readonly K[],
): ReadonlyMap<K, string> {
  const record = check.optionalRecord(root, '', key) ?? {};
  check.keys(record, `/${key}`, allowed);
  return new Map(
    allowed.flatMap((name): [K, string][] => {
      const text = check.text(record, `/${key}`, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

function liftOf(check: JsonChecks, root: JsonRecord): MappingFile['lift'] {
  const record = check.optionalRecord(root, '', 'lift') ?? {};
  return Object.fromEntries(
    Object.keys(record).map((name) => [
      name,
      oneOf(['fields', 'pairs']).read(record[name], `/lift/${escapePointer(name)}`, check),
    ]),
  );
}

function skipRowsOf(check: JsonChecks, root: JsonRecord): MappingFile['skipRows'] {
  const record = check.optionalRecord(root, '', 'skip_rows') ?? {};
  return new Map(
    Object.entries(record).map(([name, texts]) => [
      name,
      listOf(anyText, 'texts').read(texts, `/skip_rows/${escapePointer(name)}`, check),
    ]),
  );
}

function columnOf(check: JsonChecks, entry: JsonRecord, pointer: string): MappingColumn {
  check.keys(entry, pointer, COLUMN_KEYS);
  const said = defined({
    to: entry['to'] === undefined ? undefined : pathOf(check, entry['to'], `${pointer}/to`),
    nameCase: check.choice(entry, pointer, 'name_case', ['snake'] as const),
    type: check.choice(entry, pointer, 'type', TYPES),
    mismatch: check.choice(entry, pointer, 'mismatch', ['text', 'invalid'] as const),
    empty: check.choice(entry, pointer, 'empty', EMPTY),
    format: formatOf(check, entry, pointer),
    timezone: zoneOf(check, entry, pointer),
    steps: stepsOf(check, entry, pointer),
  });
  return { pointer, ...said };
}

function parse(text: string, path: string): JsonSource {
  try {
    return parseJsonSource(text);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new CioBulkError('mapping', `${path}:${error.place}: ${error.message}`, {
      hint: 'the file must be JSON; docs/mapping.md shows one',
    });
  }
}

function zoneOf(check: JsonChecks, from: JsonRecord, pointer: string): string | undefined {
  const zone = check.text(from, pointer, 'timezone');
  if (zone !== undefined && !isZone(zone))
    check.fail(
      `${pointer}/timezone`,
      'is no time zone',
      'use a name such as Europe/Vienna, an offset such as +02:00, or UTC',
    );
  return zone;
}

/** `a.b` nests; `["a.b"]` is the one name with a dot in it. */
function pathOf(check: JsonChecks, value: unknown, pointer: string): readonly string[] {
  const names: readonly unknown[] =
    typeof value === 'string'
      ? value.split('.')
      : Array.isArray(value)
        ? (value as unknown[])
        : check.fail(pointer, 'must be a name, a dotted path, or a list of names');
  if (names.length === 0) return check.fail(pointer, 'must not be empty');
  return names.map((name, index) =>
    typeof name === 'string' && name !== ''
      ? name
      : check.fail(Array.isArray(value) ? `${pointer}/${index}` : pointer, 'has an empty name in it'),
  );
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that are undefined: an option that was not given is absent. */
function defined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>;
}
