/** What type a column has, by its first thousand values; and which types the user demands. */
import { CioBulkError } from '../../domain/errors.ts';
import type { ColumnType } from '../../domain/plan.ts';
import { listNames } from './column-names.ts';
import { booleanText, damageOf, isJson, isPlainDecimal } from '../values/values.ts';

/** Names that identify somebody stay text even when they look like numbers. */
const ALWAYS_TEXT = new Set(['id', 'email', 'phone', 'cio_id', 'anonymous_id']);
const TYPES = ['string', 'number', 'boolean', 'timestamp', 'json'] as const;

/** `isNested`: a column may hold JSON, which is so when one of its cells is an object or a list. */
export function inferType(target: string, cells: readonly string[], isNested: boolean): ColumnType {
  if (ALWAYS_TEXT.has(target)) return 'string';
  if (isNested && cells.some(isObjectOrList)) return 'json';
  let isNumber = true;
  let isBoolean = true;
  let isEmpty = true;
  for (const cell of cells) {
    if (cell === '') continue;
    isEmpty = false;
    if (isNumber && !isPlainDecimal(cell)) isNumber = false;
    if (isBoolean && booleanText(cell) === null) isBoolean = false;
    if (!isNumber && !isBoolean) return 'string';
  }
  if (isEmpty) return 'string';
  return isNumber ? 'number' : 'boolean';
}

function isObjectOrList(cell: string): boolean {
  return /^\s*[[{]/.test(cell) && isJson(cell);
}

/** Damage by another program among the values, or null. */
export function damageIn(cells: Iterable<string>): string | null {
  for (const cell of cells) {
    const damage = damageOf(cell);
    if (damage !== null) return damage;
  }
  return null;
}

export interface TypesOption {
  /** null = nothing is said beyond the default (`auto`), so that a mapping file may. */
  readonly fallback: 'string' | null;
  readonly demanded: ReadonlyMap<string, ColumnType>;
}

/** `auto`, `string`, or `column:type,...`: a column's name may hold colons, a type does not. */
export function parseTypes(types: string | undefined): TypesOption {
  const demanded = new Map<string, ColumnType>();
  if (types === undefined || types === 'auto') return { fallback: null, demanded };
  if (types === 'string') return { fallback: types, demanded };
  for (const item of types.split(',')) {
    const colon = item.lastIndexOf(':');
    const type = TYPES.find((candidate) => candidate === item.slice(colon + 1).trim());
    if (colon < 1 || type === undefined) {
      throw new CioBulkError('usage', `--types: "${item}" is neither auto, string nor column:type`, {
        hint: `the types are ${listNames(TYPES)}`,
      });
    }
    demanded.set(item.slice(0, colon).trim(), type);
  }
  return { fallback: null, demanded };
}
