/** A mapping file's columns by the names that a table has for them: the very same, or else one that differs in case only. */
import { CioBulkError } from '../../domain/errors.ts';
import { gatheredBy } from '../values/steps.ts';
import { createColumns } from './column-names.ts';
import type { MappingColumn, MappingFile } from './plan-options.ts';

/** What the table does not have keeps its name. @throws CioBulkError `ambiguous_column` or `mapping` */
export function underNamesOf(names: readonly string[], map: MappingFile): MappingFile {
  const source = createColumns(names);
  const columns = new Map<string, MappingColumn>();
  for (const [key, entry] of map.columns) {
    const isMade = gatheredBy(entry.steps ?? {}) !== null;
    const isKept =
      names.includes(key) || isMade || sameNames(names, key).length === 0 || isOtherwiseThere(key, names, map);
    const name = isKept ? key : (names[source.named(key, map.where(entry.pointer), 'mapping')] ?? key);
    if (columns.has(name))
      throw new CioBulkError('mapping', `${map.where(entry.pointer)}: column "${name}" has another entry already`, {
        hint: 'names of columns match in any case: leave one of the two out',
      });
    columns.set(name, withKnownSources(entry, names));
  }
  const known = (given: readonly string[]): readonly string[] =>
    given.flatMap((name) => (names.includes(name) ? name : [name, ...sameNames(names, name)]));
  return {
    ...map,
    columns,
    choices: new Map(
      [...map.choices].map(([role, choices]) => [
        role,
        choices.map((name) => (name === null ? null : knownName(name, names))),
      ]),
    ),
    drop: known(map.drop),
    ...(map.keepOnly === undefined ? {} : { keepOnly: known(map.keepOnly) }),
  };
}

/** A file for many sources may know a column by several names, one of which is the very name here. */
function isOtherwiseThere(key: string, names: readonly string[], { columns, missing }: MappingFile): boolean {
  return missing === 'ignore' && sameNames(names, key).some((name) => columns.has(name));
}

/** The columns that one is made of, as the table names them. */
function withKnownSources(entry: MappingColumn, names: readonly string[]): MappingColumn {
  const gathered = gatheredBy(entry.steps ?? {});
  if (gathered === null) return entry;
  const sources = gathered.names.map((name) => knownName(name, names));
  return { ...entry, steps: { ...entry.steps, [gathered.key]: sources } };
}

/** The very name, or the one name that differs in case only. */
function knownName(name: string, names: readonly string[]): string {
  const [same, ...others] = names.includes(name) ? [name] : sameNames(names, name);
  return same === undefined || others.length > 0 ? name : same;
}

function sameNames(names: readonly string[], name: string): readonly string[] {
  const folded = name.toLowerCase();
  return names.filter((one) => one.toLowerCase() === folded);
}
