import { cellText, isUsual } from '../domain/dialect.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import type { RawRow } from '../domain/block.ts';
import type { SourceLayout } from '../domain/plan.ts';

/** Columns that a failures file puts in front of the original ones; reading leaves out whatever begins with `cio_bulk_`. */
export const ADDED_COLUMNS = [
  'cio_bulk_run',
  'cio_bulk_row',
  'cio_bulk_line',
  'cio_bulk_state',
  'cio_bulk_code',
  'cio_bulk_reason',
  'cio_bulk_record',
] as const;

export interface FailuresWriter {
  readonly header: string | undefined;
  line(row: UndeliveredRow): string;
}

export interface FailuresSource {
  readonly run: number;
  readonly layout: SourceLayout;
  /** Cells of a record, undefined when it cannot be parsed. */
  readonly cellsOf: (record: string) => readonly string[] | undefined;
}

/**
 * Undelivered rows as CSV. The added columns stand in front, so that a row with too many or too few cells shifts nothing; the
 * original cells follow byte for byte, or, where they are written in an unusual dialect, as CSV is usually written: the file must be read
 * without a word about it. A record that is no CSV (or JSON) goes whole into `cio_bulk_record`.
 */
export function csvFailures({ run, layout, cellsOf }: FailuresSource, jsonKeys: readonly string[]): FailuresWriter {
  const isJson = layout.format === 'ndjson';
  const isKept = !isJson && isUsual(layout);
  const delimiter = isKept ? layout.delimiter : ',';
  const names = isJson ? jsonKeys : layout.header.map((name) => name.replace(/^\uFEFF/, ''));
  const cell = (text: string): string => cellText(text, { delimiter }) ?? '';
  return {
    header: [...ADDED_COLUMNS, ...names].map(cell).join(delimiter),
    line(row) {
      const cells = isJson || !isRecord(row) ? undefined : cellsOf(row.record);
      const isReadable = isJson ? isRecord(row) && parseObject(row.record) !== undefined : cells !== undefined;
      const added = [
        String(run),
        String(row.row),
        String(row.line),
        row.state,
        row.code,
        noFormula(row.reason),
        isReadable ? '' : noFormula(row.record),
      ].map(cell);
      const rest = isJson
        ? names.map((name) => cell(jsonCell(isReadable ? ownField(row.record, name) : undefined))).join(delimiter)
        : cells !== undefined
          ? isKept
            ? row.record
            : cells.map(cell).join(delimiter)
          : names.map(() => '').join(delimiter);
      return names.length === 0 ? added.join(delimiter) : `${added.join(delimiter)}${delimiter}${rest}`;
    },
  };
}

/** Undelivered rows as NDJSON: the added fields in front of the original ones, whose text is left as it is. */
export function ndjsonFailures({ run, layout, cellsOf }: FailuresSource): FailuresWriter {
  return {
    header: undefined,
    line(row) {
      const added = {
        cio_bulk_run: run,
        cio_bulk_row: row.row,
        cio_bulk_line: row.line,
        cio_bulk_state: row.state,
        cio_bulk_code: row.code,
        cio_bulk_reason: row.reason,
      };
      if (layout.format === 'ndjson') {
        if (!isRecord(row) || !parseObject(row.record))
          return JSON.stringify({ ...added, cio_bulk_record: row.record });
        const inner = oneLine(row.record).slice(1);
        return `${JSON.stringify(added).slice(0, -1)}${inner === '}' ? '' : ','}${inner}`;
      }
      const cells = isRecord(row) ? cellsOf(row.record) : undefined;
      if (cells?.length !== layout.header.length)
        // with a cell too few, values would stand under wrong names
        return JSON.stringify({ ...added, cio_bulk_record: row.record });
      const original = Object.fromEntries(cells.map((text, i) => [layout.header[i]?.trim() ?? '', text]));
      return JSON.stringify({ ...added, ...original });
    },
  };
}

/**
 * A corrected row as a record of its run's source: what was added to it is gone, and its cells stand where that source has them.
 * Undefined when that source, in which nothing quotes, cannot hold a cell.
 */
export function recordText(source: SourceLayout, row: RawRow, text: string, layout: SourceLayout): string | undefined {
  if (source.format === 'ndjson')
    return oneLine(text).replace(/^\{(?:\s*"cio_bulk_\w+"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[\d.]+|null)\s*,?)+\s*/, '{');
  const cellOf = (name: string): unknown =>
    Array.isArray(row)
      ? row[layout.header.findIndex((one) => one.trim() === name.trim())]
      : 'json' in row
        ? row.json[name.trim()]
        : undefined;
  const cells = source.header.map((name) => cellText(jsonCell(cellOf(name)), source));
  return cells.includes(undefined) ? undefined : cells.join(source.delimiter);
}

/** A row that could not be read is kept whole: its text might swallow the rows behind it, or look like something it is not. */
function isRecord({ code }: UndeliveredRow): boolean {
  return code !== 'unparsable';
}

/** Top-level keys of the JSON objects among the records, in order of appearance. */
export function jsonKeysOf(rows: Iterable<UndeliveredRow>): string[] {
  const keys = new Set<string>();
  for (const { record } of rows)
    for (const key of Object.keys(parseObject(record) ?? {})) if (!key.startsWith('cio_bulk_')) keys.add(key);
  return [...keys];
}

/** An element of a JSON array may stand on several lines; between its tokens a line break is only white space. */
function oneLine(record: string): string {
  const text = record.trim();
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]+\s*/g, ' ') : text;
}

function parseObject(record: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(record);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Only what the record itself holds: a column may be called `constructor`. */
function ownField(record: string, name: string): unknown {
  const object = parseObject(record);
  return object && Object.hasOwn(object, name) ? object[name] : undefined;
}

function jsonCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A spreadsheet must not run what an API or a broken row says. Only cells that we add are touched. */
function noFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
