/** Mapping files (`--map`), read with a pointer to every fault. mapping-write.ts writes one from a plan. */
import { CioBulkError } from '../../domain/errors.ts';
import { formatOf, stepsOf } from './column-steps.ts';
import { createJsonChecks, type JsonChecks } from './json-checks.ts';
import { escapePointer, JsonFault, parseJsonSource } from './json-source.ts';
import type { JsonSource } from './json-source.ts';
import type { JsonRecord } from '../values/json-values.ts';
import type { MappingColumn, MappingFile } from './plan-options.ts';
import { STEP_KEYS } from '../values/steps.ts';
import { isZone } from '../values/zones.ts';

const KINDS = ['people', 'events', 'devices', 'objects', 'relationships'] as const;
const ACTIONS = ['identify', 'delete', 'suppress', 'unsuppress'] as const;
const TYPES = ['string', 'number', 'boolean', 'timestamp', 'json'] as const;
const EMPTY = ['omit', 'null', 'keep'] as const;
const KEYS = [
  '$schema',
  'kind',
  'action',
  'id_column',
  'email_column',
  'cio_id_column',
  'anonymous_id_column',
  'device_token_column',
  'device_platform_column',
  'object_type_id_column',
  'object_id_column',
  'event_column',
  'event_name',
  'timestamp_column',
  'event_id_column',
  'dedupe_key',
  'timezone',
  'types',
  'empty',
  'null_values',
  'drop',
  'keep_only',
  'columns',
  'constants',
];
const COLUMN_KEYS = ['to', 'type', 'mismatch', 'empty', 'timezone', ...STEP_KEYS];

/** @throws CioBulkError `mapping`, with the fault's JSON pointer and line:column */
export function parseMappingFile(text: string, path: string): MappingFile {
  const source = parse(text, path);
  const check = createJsonChecks(source, path);
  const root = check.record(source.value, '');
  check.keys(root, '', KEYS);
  const drop = [...(check.texts(root, '', 'drop') ?? [])];
  const columns = new Map<string, MappingColumn>();
  for (const [name, entry] of Object.entries(check.optionalRecord(root, '', 'columns') ?? {})) {
    const pointer = `/columns/${escapePointer(name)}`;
    if (entry === null) drop.push(name);
    else
      columns.set(
        name,
        typeof entry === 'string'
          ? { to: pathOf(check, entry, pointer) }
          : columnOf(check, check.record(entry, pointer), pointer),
      );
  }
  const keepOnly = check.texts(root, '', 'keep_only');
  return {
    path,
    ...defined({
      kind: check.choice(root, '', 'kind', KINDS),
      action: check.choice(root, '', 'action', ACTIONS),
      idColumn: check.nameOrNull(root, 'id_column'),
      emailColumn: check.nameOrNull(root, 'email_column'),
      cioIdColumn: check.nameOrNull(root, 'cio_id_column'),
      anonymousIdColumn: check.nameOrNull(root, 'anonymous_id_column'),
      deviceTokenColumn: check.nameOrNull(root, 'device_token_column'),
      devicePlatformColumn: check.nameOrNull(root, 'device_platform_column'),
      objectTypeIdColumn: check.nameOrNull(root, 'object_type_id_column'),
      objectIdColumn: check.nameOrNull(root, 'object_id_column'),
      eventColumn: check.nameOrNull(root, 'event_column'),
      eventName: check.text(root, '', 'event_name'),
      timestampColumn: check.nameOrNull(root, 'timestamp_column'),
      eventIdColumn: check.nameOrNull(root, 'event_id_column'),
      dedupeKey: check.texts(root, '', 'dedupe_key'),
      timezone: zoneOf(check, root, ''),
      types: check.choice(root, '', 'types', ['auto', 'string'] as const),
      empty: check.choice(root, '', 'empty', EMPTY),
      nulls: check.texts(root, '', 'null_values', 'text'),
      keepOnly,
    }),
    drop,
    columns,
    constants: check.optionalRecord(root, '', 'constants') ?? {},
  };
}

function columnOf(check: JsonChecks, entry: JsonRecord, pointer: string): MappingColumn {
  check.keys(entry, pointer, COLUMN_KEYS);
  return defined({
    to: entry['to'] === undefined ? undefined : pathOf(check, entry['to'], `${pointer}/to`),
    type: check.choice(entry, pointer, 'type', TYPES),
    mismatch: check.choice(entry, pointer, 'mismatch', ['text', 'invalid'] as const),
    empty: check.choice(entry, pointer, 'empty', EMPTY),
    format: formatOf(check, entry, pointer),
    timezone: zoneOf(check, entry, pointer),
    steps: stepsOf(check, entry, pointer),
  });
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
