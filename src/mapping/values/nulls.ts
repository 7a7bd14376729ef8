/** What stands for "nothing" in a file: the usual markers, which are nobody's name, and those that the user names (`--null`). */
import type { RawRow } from '../../domain/block.ts';
import { isRecord } from './json-values.ts';
import type { JsonRecord } from './json-values.ts';

/** Written by databases (NULL, \N), spreadsheets (#N/A), R and pandas (NA, nan), programs (None, undefined, [object Object]). */
const MARKERS: ReadonlySet<string> = new Set([
  'null',
  '\\n',
  'n/a',
  '#n/a',
  'nan',
  'none',
  'nil',
  'undefined',
  'empty',
  '(null)',
  '<null>',
  '[null]',
  '[object object]',
]);
const MARKER_CHARS_MAX = 15;

/** Whether a text is one of the usual markers, in any case (R's NA in its own), with blanks around it or not. */
export function isNullMarker(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) return false; // as ids nearly always begin, and no marker does
  return text.length <= MARKER_CHARS_MAX && (MARKERS.has(text.trim().toLowerCase()) || text.trim() === 'NA');
}

/** Empties the values that the user says are empty. */
export interface Nulls {
  cells(cells: readonly string[]): readonly string[];
  json(json: JsonRecord): JsonRecord;
  row(row: RawRow): RawRow;
}

/** null when nothing was said: then nothing is looked at. */
export function createNulls(named: readonly string[] | undefined): Nulls | null {
  if (named === undefined || named.length === 0) return null;
  const nulls = new Set(named.map((text) => text.toLowerCase()));
  const isNull = (text: string): boolean => nulls.has(text.toLowerCase());
  const emptied = (value: unknown): unknown => {
    if (typeof value === 'string') return isNull(value) ? null : value;
    if (Array.isArray(value)) return (value as unknown[]).map(emptied);
    return isRecord(value) ? emptiedRecord(value) : value;
  };
  const emptiedRecord = (record: JsonRecord): Record<string, unknown> =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, emptied(value)]));
  const emptiedCells = (cells: readonly string[]): string[] => cells.map((cell) => (isNull(cell) ? '' : cell));
  return {
    cells: emptiedCells,
    json: emptiedRecord,
    row: (row) => (Array.isArray(row) ? emptiedCells(row) : 'json' in row ? { json: emptiedRecord(row.json) } : row),
  };
}
