/** A mapping file settled for one source: patterns, choices and columns that may be missing become what the source has. */
import { CioBulkError } from '../../domain/errors.ts';
import {
  createNamePatterns,
  createPlaces,
  isIdentifierPlace,
  isNamePattern,
  placeOf,
} from '../values/name-patterns.ts';
import { gatheredBy, lookedAtBy } from '../values/steps.ts';
import { listNames } from './column-names.ts';
import { joinedNames } from './column-steps.ts';
import { ROLE_KEYS, type MappingColumn, type MappingFile, type RoleKey } from './plan-options.ts';

/** What a pattern stands for; null: the columns that fit it are left out. */
type Patterns = ReadonlyMap<string, MappingColumn | null>;

/** `names` are the source's columns; of NDJSON, those of the first rows. @throws CioBulkError `mapping` */
export function settleMapping(map: MappingFile, names: readonly string[], isNdjson: boolean): MappingFile {
  const patterns = patternsOf(map, names);
  if (isNdjson) assertNoSteps(map, patterns);
  const roles = Object.fromEntries(
    [...map.choices].map(([key, choices]) => [key, chosen(map, choices, names, isNdjson)] as const),
  ) as Partial<Record<RoleKey, string | null>>;
  const exact = exactColumns(map, patterns, names, isNdjson);
  const known = isNdjson ? withMentioned(names, { ...map, ...roles }, exact) : names;
  const { columns, leftOver } = byPattern(patterns, known, { ...map, columns: exact });
  const drop = map.drop.filter((name) => !patterns.has(name));
  return { ...map, ...roles, columns, drop, leftOver, ...(isNdjson && patterns.size > 0 ? { patterns } : {}) };
}

function patternsOf(map: MappingFile, names: readonly string[]): Patterns {
  const isPattern = (name: string): boolean => isNamePattern(name) && !names.includes(name);
  return new Map<string, MappingColumn | null>([
    ...[...map.columns].filter(([name]) => isPattern(name)),
    ...map.drop.filter(isPattern).map((name) => [name, null] as const),
  ]);
}

/** The first of several columns that there is. Fields of NDJSON may turn up later: the first of those that nobody has seen is looked for. */
function chosen(
  map: MappingFile,
  choices: readonly (string | null)[],
  names: readonly string[],
  isNdjson: boolean,
): string | null {
  const made = new Set(joinedNames(names, map));
  const found = choices.find((name) => name === null || names.includes(name) || made.has(name));
  if (found !== undefined) return found;
  const [first = null] = choices;
  if (isNdjson) return first;
  throw new CioBulkError(
    'mapping',
    `${map.path}: there is no column ${choices.map((name) => `"${name}"`).join(' or ')}`,
    {
      hint: `the columns are ${listNames(names)}`,
    },
  );
}

/** The entries that name one column, without those that may be missing and are. */
function exactColumns(
  { columns, missing }: MappingFile,
  patterns: Patterns,
  names: readonly string[],
  isNdjson: boolean,
): Map<string, MappingColumn> {
  const exact = [...columns].filter(([name]) => !patterns.has(name));
  if (missing === 'error' || isNdjson) return new Map(exact);
  return new Map(
    exact.flatMap(([name, given]): [string, MappingColumn][] => {
      const entry = withoutMissing(given, names);
      const gathered = gatheredBy(entry.steps ?? {});
      if (gathered === null) return names.includes(name) ? [[name, entry]] : [];
      const sources = gathered.names.filter((source) => names.includes(source));
      return sources.length === 0 ? [] : [[name, { ...entry, steps: { ...entry.steps, [gathered.key]: sources } }]];
    }),
  );
}

/** An entry that asks only columns which are there whether it counts. */
function withoutMissing(entry: MappingColumn, names: readonly string[]): MappingColumn {
  if (entry.steps?.unless === undefined) return entry;
  const { unless, ...steps } = entry.steps;
  const asked = Object.entries(unless).filter(([name]) => names.includes(name));
  return { ...entry, steps: asked.length === 0 ? steps : { ...steps, unless: Object.fromEntries(asked) } };
}

/** Fields that the mapping speaks of, though no row has had them yet: patterns are about them too. */
function withMentioned(
  names: readonly string[],
  map: MappingFile,
  columns: ReadonlyMap<string, MappingColumn>,
): readonly string[] {
  const roles = Object.values(ROLE_KEYS).map((key) => map[key]);
  return [
    ...new Set([
      ...names,
      ...[...columns.values()].flatMap(({ steps }) => lookedAtBy(steps ?? {})),
      ...roles.filter((name) => typeof name === 'string'),
    ]),
  ];
}

/** Every column that no entry names goes where the pattern that fits it best says. */
function byPattern(
  patterns: Patterns,
  names: readonly string[],
  map: MappingFile,
): Required<Pick<MappingFile, 'columns' | 'leftOver'>> {
  const columns = new Map(map.columns);
  const leftOver: string[] = [];
  const best = createNamePatterns([...patterns.keys()]);
  const places = createPlaces();
  for (const [name, { to }] of columns) places.add(to ?? [name]);
  for (const name of names) {
    if (columns.has(name) || map.drop.includes(name)) continue;
    const match = best(name);
    if (match === null) continue;
    const entry = patterns.get(match.pattern) ?? null;
    if (entry === null) {
      leftOver.push(name);
      continue;
    }
    const { nameCase, to = nameCase === undefined ? undefined : ['*'], ...rest } = entry;
    const place =
      to === undefined
        ? undefined
        : placeOf(
            { to, isSnake: nameCase === 'snake' },
            name,
            match.captured,
            (path) => places.isTaken(path) || isIdentifierPlace(map.kind, path),
          );
    if (place !== undefined) places.add(place);
    columns.set(name, { ...rest, isByPattern: true, ...(place === undefined ? {} : { to: place }) });
  }
  return { columns, leftOver };
}

/** Steps are for columns, and fields of NDJSON that turn up later would go without them. */
function assertNoSteps(map: MappingFile, patterns: Patterns): void {
  for (const entry of patterns.values())
    if (entry?.steps !== undefined)
      throw new CioBulkError(
        'mapping',
        `${map.where(entry.pointer)}: value steps of a pattern are for CSV; here, a field of a later row would go without them`,
        { hint: 'name the fields one by one' },
      );
}
