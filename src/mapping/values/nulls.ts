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
/** Of the longest, with room for blanks. */
export const MARKER_CHARS_MAX = 15;
/** By character code, of the ASCII ones: whether a marker, or a blank around one, can begin with it, and end with it. */
const BEGINS = asciiTable([...MARKERS].map((marker) => marker.charAt(0)));
const ENDS = asciiTable([...MARKERS].map((marker) => marker.charAt(marker.length - 1)));

/** Whether a text is one of the usual markers, in any case (R's NA in its own), with blanks around it or not. */
export function isNullMarker(text: string): boolean {
  if (text.length > MARKER_CHARS_MAX || BEGINS[text.charCodeAt(0)] === 0) return false;
  if (ENDS[text.charCodeAt(text.length - 1)] === 0) return false;
  const marker = text.trim();
  return marker === 'NA' || MARKERS.has(marker.toLowerCase());
}

function asciiTable(letters: readonly string[]): Uint8Array {
  const table = new Uint8Array(0x80);
  for (const letter of [...letters, 'N', 'A', ' ', '\t', '\n', '\v', '\f', '\r'])
    for (const form of [letter, letter.toUpperCase()]) table[form.charCodeAt(0)] = 1;
  return table;
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
