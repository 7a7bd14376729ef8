/** A mapping file's columns by the names that a table has for them: the very same, or else one that differs in case only. */
import { CioBulkError } from '../../domain/errors.ts';
import { createColumns } from './column-names.ts';
import type { MappingColumn, MappingFile } from './plan-options.ts';

/** What the table does not have keeps its name. @throws CioBulkError `ambiguous_column` or `mapping` */
export function underNamesOf(names: readonly string[], map: MappingFile): MappingFile {
  const source = createColumns(names);
  const columns = new Map<string, MappingColumn>();
  for (const [key, entry] of map.columns) {
    const isKept = names.includes(key) || sameNames(names, key).length === 0;
    const name = isKept ? key : (names[source.named(key, map.where(entry.pointer), 'mapping')] ?? key);
    if (columns.has(name))
      throw new CioBulkError('mapping', `${map.where(entry.pointer)}: column "${name}" has another entry already`, {
        hint: 'names of columns match in any case: leave one of the two out',
      });
    columns.set(name, entry);
  }
  const known = (given: readonly string[]): readonly string[] =>
    given.flatMap((name) => (names.includes(name) ? name : [name, ...sameNames(names, name)]));
  return {
    ...map,
    columns,
    drop: known(map.drop),
    ...(map.keepOnly === undefined ? {} : { keepOnly: known(map.keepOnly) }),
  };
}

function sameNames(names: readonly string[], name: string): readonly string[] {
  const folded = name.toLowerCase();
  return names.filter((one) => one.toLowerCase() === folded);
}
