/** Mapping files (`--map`): read with a pointer to every fault, and written from a plan (`validate --write-map`). */
import { CioBulkError } from '../../domain/errors.ts';
import { escapePointer, JsonFault, parseJsonSource } from './json-source.ts';
import type { JsonSource } from './json-source.ts';
import { isRecord } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import type { MappingColumn, MappingFile } from './plan-options.ts';
import { isZone } from '../values/zones.ts';

const ACTIONS = ['identify', 'delete', 'suppress', 'unsuppress'] as const;
const TYPES = ['string', 'number', 'boolean', 'timestamp', 'json'] as const;
const EMPTY = ['omit', 'null', 'keep'] as const;
const FORMATS = ['auto', 'unix', 'unix_ms', 'unix_us', 'dd/mm/yyyy', 'mm/dd/yyyy'] as const;
const KEYS = [
  '$schema',
  'kind',
  'action',
  'id_column',
  'email_column',
  'cio_id_column',
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
const COLUMN_KEYS = ['to', 'type', 'mismatch', 'empty', 'format', 'timezone'];

/** @throws CioBulkError `mapping`, with the fault's JSON pointer and line:column */
export function parseMappingFile(text: string, path: string): MappingFile {
  const source = parse(text, path);
  const check = createChecks(source, path);
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
          ? { to: check.path(entry, pointer) }
          : columnOf(check, check.record(entry, pointer), pointer),
      );
  }
  const keepOnly = check.texts(root, '', 'keep_only');
  return {
    path,
    ...defined({
      kind: check.choice(root, '', 'kind', ['people', 'events'] as const),
      action: check.choice(root, '', 'action', ACTIONS),
      idColumn: check.nameOrNull(root, 'id_column'),
      emailColumn: check.nameOrNull(root, 'email_column'),
      cioIdColumn: check.nameOrNull(root, 'cio_id_column'),
      eventColumn: check.nameOrNull(root, 'event_column'),
      eventName: check.text(root, '', 'event_name'),
      timestampColumn: check.nameOrNull(root, 'timestamp_column'),
      eventIdColumn: check.nameOrNull(root, 'event_id_column'),
      dedupeKey: check.texts(root, '', 'dedupe_key'),
      timezone: check.zone(root, ''),
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

function columnOf(check: Checks, entry: JsonRecord, pointer: string): MappingColumn {
  check.keys(entry, pointer, COLUMN_KEYS);
  return defined({
    to: entry['to'] === undefined ? undefined : check.path(entry['to'], `${pointer}/to`),
    type: check.choice(entry, pointer, 'type', TYPES),
    mismatch: check.choice(entry, pointer, 'mismatch', ['text', 'invalid'] as const),
    empty: check.choice(entry, pointer, 'empty', EMPTY),
    format: check.choice(entry, pointer, 'format', FORMATS),
    timezone: check.zone(entry, pointer),
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

type Checks = ReturnType<typeof createChecks>;

function createChecks(source: JsonSource, path: string) {
  const fail = (pointer: string, message: string, hint?: string): never => {
    throw new CioBulkError(
      'mapping',
      `${path}:${source.placeOf(pointer)}: ${pointer === '' ? 'the file' : pointer} ${message}`,
      hint === undefined ? {} : { hint },
    );
  };
  const record = (value: unknown, pointer: string): JsonRecord =>
    isRecord(value) ? value : fail(pointer, 'must be an object');
  const text = (from: JsonRecord, pointer: string, key: string): string | undefined => {
    const value = from[key];
    if (value === undefined) return undefined;
    return typeof value === 'string' && value !== ''
      ? value
      : fail(`${pointer}/${key}`, 'must be a text that is not empty');
  };
  return {
    record,
    text,
    optionalRecord: (from: JsonRecord, pointer: string, key: string): JsonRecord | undefined =>
      from[key] === undefined ? undefined : record(from[key], `${pointer}/${key}`),
    keys(from: JsonRecord, pointer: string, allowed: readonly string[]): void {
      for (const key of Object.keys(from)) {
        if (!allowed.includes(key))
          fail(
            `${pointer}/${escapePointer(key)}`,
            'is no key of a mapping file',
            `allowed here: ${allowed.join(', ')}`,
          );
      }
    },
    choice<T extends string>(from: JsonRecord, pointer: string, key: string, choices: readonly T[]): T | undefined {
      const value = from[key];
      if (value === undefined) return undefined;
      return (
        choices.find((choice) => choice === value) ?? fail(`${pointer}/${key}`, `must be one of ${choices.join(', ')}`)
      );
    },
    nameOrNull: (from: JsonRecord, key: string): string | null | undefined =>
      from[key] === null ? null : text(from, '', key),
    texts(from: JsonRecord, pointer: string, key: string, what = 'column name'): readonly string[] | undefined {
      const value = from[key];
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) return fail(`${pointer}/${key}`, `must be a list of ${what}s`);
      return (value as unknown[]).map((item, index) =>
        typeof item === 'string' ? item : fail(`${pointer}/${key}/${index}`, `must be a ${what}`),
      );
    },
    zone(from: JsonRecord, pointer: string): string | undefined {
      const zone = text(from, pointer, 'timezone');
      if (zone !== undefined && !isZone(zone))
        fail(
          `${pointer}/timezone`,
          'is no time zone',
          'use a name such as Europe/Vienna, an offset such as +02:00, or UTC',
        );
      return zone;
    },
    /** `a.b` nests; `["a.b"]` is the one name with a dot in it. */
    path(value: unknown, pointer: string): readonly string[] {
      const names: readonly unknown[] =
        typeof value === 'string'
          ? value.split('.')
          : Array.isArray(value)
            ? (value as unknown[])
            : fail(pointer, 'must be a name, a dotted path, or a list of names');
      if (names.length === 0) return fail(pointer, 'must not be empty');
      return names.map((name, index) =>
        typeof name === 'string' && name !== ''
          ? name
          : fail(Array.isArray(value) ? `${pointer}/${index}` : pointer, 'has an empty name in it'),
      );
    },
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that are undefined: an option that was not given is absent. */
function defined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>;
}
