import { parse } from 'csv-parse/sync';
import type { Dialect } from '../../domain/plan.ts';

/** Cells of any well-formed record. */
export function parseRecord(record: string, dialect: Dialect): string[] | undefined {
  return parseRecords([record], dialect)[0];
}

/** Cells of well-formed records, one for one; undefined where a record has none. */
export function parseRecords(records: readonly string[], dialect: Dialect): (string[] | undefined)[] {
  if (dialect.quote === '') return records.map((record) => record.split(dialect.delimiter));
  return dialect.escape === undefined ? parseDoubled(records, dialect) : records.map(createEscapedCells(dialect));
}

/** Parses all at once, or one by one when that does not give one list of cells per record. */
function parseDoubled(records: readonly string[], dialect: Dialect): (string[] | undefined)[] {
  const { delimiter, quote = '"' } = dialect;
  const options = {
    delimiter,
    quote,
    escape: quote,
    record_delimiter: ['\n'],
    relax_quotes: true,
    relax_column_count: true,
  };
  try {
    const parsed: string[][] = parse(records.join('\n'), options);
    if (parsed.length === records.length) return parsed;
  } catch (error) {
    if (records.length === 1) return [undefined];
    if (!(error instanceof Error)) throw error;
  }
  if (records.length === 1) return [undefined];
  return records.map((record) => parseRecord(record, dialect));
}

/** Cells of a well-formed record without doubled or escaped quotes. */
export function createQuotedCells({ delimiter, quote = '"' }: Dialect): (record: string) => string[] {
  const code = quote === '' ? Number.NaN : quote.charCodeAt(0);
  const width = delimiter.length;
  return (record) => {
    const cells: string[] = [];
    let at = 0;
    for (;;) {
      let end: number;
      if (record.charCodeAt(at) === code) {
        end = record.indexOf(quote, at + 1) + 1;
        cells.push(record.slice(at + 1, end - 1));
      } else {
        end = record.indexOf(delimiter, at);
        if (end === -1) end = record.length;
        cells.push(record.slice(at, end));
      }
      if (end >= record.length) return cells;
      at = end + width;
    }
  };
}

/**
 * Cells where an escape character takes the meaning from a quote, a line end or itself. Before anything else it is text, as
 * PostgreSQL reads it: `C:\temp` keeps its backslash. Doubled quotes count too.
 */
function createEscapedCells({ delimiter, quote = '"', escape = quote }: Dialect) {
  const [q, e] = [literal(quote), literal(escape)];
  const escaped = new RegExp(`${e}(${e}|${q}|\\r?\\n|\\r)|${q}(${q})`, 'g');
  return (record: string): string[] | undefined => {
    const cells: string[] = [];
    let at = 0;
    for (;;) {
      let end: number;
      if (record.startsWith(quote, at)) {
        const close = closingQuote(record, at + 1, quote, escape);
        if (close === -1) return undefined;
        end = close + 1;
        if (end < record.length && !record.startsWith(delimiter, end)) return undefined;
        cells.push(
          record.slice(at + 1, close).replace(escaped, (_, one: string | undefined, doubled: string) => one ?? doubled),
        );
      } else {
        end = record.indexOf(delimiter, at);
        if (end === -1) end = record.length;
        cells.push(record.slice(at, end));
      }
      if (end >= record.length) return cells;
      at = end + delimiter.length;
    }
  };
}

function closingQuote(record: string, start: number, quote: string, escape: string): number {
  let found = record.indexOf(quote, start);
  while (found !== -1) {
    let run = found;
    while (run > start && record[run - 1] === escape) run -= 1;
    const isEscaped = (found - run) % 2 === 1;
    if (!isEscaped && record[found + 1] !== quote) return found;
    found = record.indexOf(quote, found + (isEscaped ? 1 : 2));
  }
  return -1;
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`);
}
