import { isAscii, isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import type { RawRow } from '../../domain/block.ts';
import type { SourceLayout } from '../../domain/plan.ts';
import { SHAPE } from './extents.ts';
import { badBytes } from './row-reader.ts';
import type { RowFault, RowReader } from './row-reader.ts';

const FAULTS: Readonly<Record<number, RowFault>> = {
  [SHAPE.unclosedQuote]: { fault: 'unparsable', message: 'a quote opens a cell and never closes' },
  [SHAPE.strayQuote]: {
    fault: 'unparsable',
    message: 'text follows the closing quote of a cell; a quote inside a quoted cell must be doubled',
  },
  [SHAPE.tooLong]: { fault: 'unparsable', message: 'the line is longer than 16 MiB' },
};

/**
 * Cells of CSV records. csv-parse reads 180,000 rows a second, `split` a million, and the splitter already knows which
 * records hold nothing but delimiters or plain quotes: csv-parse gets the others, those with doubled quotes.
 */
export function createCsvRows(layout: SourceLayout): RowReader {
  const { delimiter } = layout;
  const undecoded = badBytes(layout.encoding);
  const columns = layout.header.length;
  const wrongCount = new Map<number, RowFault>();

  return (raw, extents) => {
    const isOneByteText = isAscii(raw);
    const isGoodText = isOneByteText || isUtf8(raw);
    // Where every character is one byte, the offsets of records are offsets of the text too.
    const text = isOneByteText ? raw.toString('latin1') : '';
    const rows: RawRow[] = [];
    const escaped: number[] = [];
    for (let i = 0; i < extents.count; i += 1) {
      const shape = extents.shapes[i] ?? SHAPE.plain;
      const start = extents.starts[i] ?? 0;
      const end = extents.ends[i] ?? 0;
      const fault = FAULTS[shape];
      if (fault !== undefined) rows.push(fault);
      else if (!isGoodText && !isUtf8(raw.subarray(start, end))) rows.push(undecoded);
      else if (shape === SHAPE.escaped) rows.push([String(escaped.push(i))]);
      else {
        const record = isOneByteText ? text.slice(start, end) : raw.toString('utf8', start, end);
        rows.push(counted(shape === SHAPE.plain ? record.split(delimiter) : cellsOf(record, delimiter)));
      }
    }
    if (escaped.length > 0)
      parseEscaped(rows, escaped, (i) => raw.toString('utf8', extents.starts[i] ?? 0, extents.ends[i] ?? 0));
    return rows;
  };

  function parseEscaped(rows: RawRow[], indexes: readonly number[], textOf: (index: number) => string): void {
    const parsed = parseRecords(indexes.map(textOf), delimiter);
    for (const [k, index] of indexes.entries()) {
      const cells = parsed[k];
      rows[index] = cells === undefined ? { fault: 'unparsable', message: 'the row is not CSV' } : counted(cells);
    }
  }

  function counted(cells: string[]): RawRow {
    const found = cells.length;
    if (found === columns) return cells;
    let fault = wrongCount.get(found);
    if (fault === undefined) {
      fault = {
        fault: 'wrong_cell_count',
        message: `the row has ${found} ${found === 1 ? 'cell' : 'cells'}, the header ${columns}`,
      };
      wrongCount.set(found, fault);
    }
    return fault;
  }
}

/** Cells of any well-formed record. */
export function parseRecord(record: string, delimiter: string): string[] | undefined {
  return parseRecords([record], delimiter)[0];
}

/** Parses all at once, or one by one when that does not give one list of cells per record. */
function parseRecords(records: readonly string[], delimiter: string): (string[] | undefined)[] {
  const options = { delimiter, record_delimiter: ['\n'], relax_quotes: true, relax_column_count: true };
  try {
    const parsed: string[][] = parse(records.join('\n'), options);
    if (parsed.length === records.length) return parsed;
  } catch (error) {
    if (records.length === 1) return [undefined];
    if (!(error instanceof Error)) throw error;
  }
  if (records.length === 1) return [undefined];
  return records.map((record) => parseRecord(record, delimiter));
}

/** Cells of a well-formed record without doubled quotes. */
function cellsOf(record: string, delimiter: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let end: number;
    if (record.charCodeAt(at) === 34) {
      end = record.indexOf('"', at + 1) + 1;
      cells.push(record.slice(at + 1, end - 1));
    } else {
      end = record.indexOf(delimiter, at);
      if (end === -1) end = record.length;
      cells.push(record.slice(at, end));
    }
    if (end >= record.length) return cells;
    at = end + 1;
  }
}
