import { isAscii, isUtf8 } from 'node:buffer';
import type { RawRow } from '../../domain/block.ts';
import type { Dialect, SourceLayout } from '../../domain/plan.ts';
import { createQuotedCells, parseRecord, parseRecords } from './cells.ts';
import { SHAPE } from './extents.ts';
import { badBytes } from './row-reader.ts';
import type { RowFault, RowReader } from './row-reader.ts';

/** Shapes that are faults. */
function faultsIn({ escape }: Dialect): Readonly<Record<number, RowFault>> {
  const how = escape === undefined ? 'doubled' : `doubled or escaped with ${escape}`;
  return {
    [SHAPE.unclosedQuote]: { fault: 'unparsable', message: 'a quote opens a cell and never closes' },
    [SHAPE.strayQuote]: {
      fault: 'unparsable',
      message: `text follows the closing quote of a cell; a quote inside a quoted cell must be ${how}`,
    },
    [SHAPE.tooLong]: { fault: 'unparsable', message: 'the line is longer than 16 MiB' },
  };
}

/**
 * Cells of CSV records. csv-parse reads 180,000 rows a second, `split` a million, and the splitter already knows which
 * records hold nothing but delimiters or plain quotes: csv-parse gets the others, those with doubled quotes.
 */
export function createCsvRows(layout: SourceLayout): RowReader {
  const { delimiter } = layout;
  const undecoded = badBytes(layout.encoding);
  const faults = faultsIn(layout);
  const counted = createCellCount(layout);
  const cellsOf = createQuotedCells(layout);

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
      const fault = faults[shape];
      if (fault !== undefined) rows.push(fault);
      else if (!isGoodText && !isUtf8(raw.subarray(start, end))) rows.push(undecoded);
      else if (shape === SHAPE.escaped) rows.push([String(escaped.push(i))]);
      else {
        const record = isOneByteText ? text.slice(start, end) : raw.toString('utf8', start, end);
        rows.push(counted(shape === SHAPE.plain ? record.split(delimiter) : cellsOf(record)));
      }
    }
    if (escaped.length > 0)
      parseEscaped(rows, escaped, (i) => raw.toString('utf8', extents.starts[i] ?? 0, extents.ends[i] ?? 0));
    return rows;
  };

  function parseEscaped(rows: RawRow[], indexes: readonly number[], textOf: (index: number) => string): void {
    const parsed = parseRecords(indexes.map(textOf), layout);
    for (const [k, index] of indexes.entries()) {
      const cells = parsed[k];
      rows[index] = cells === undefined ? { fault: 'unparsable', message: 'the row is not CSV' } : counted(cells);
    }
  }
}

/** The cells of a record as a row has them; a record that has too many or too few keeps them as they are. */
export function cellsOfRecord(record: string, layout: SourceLayout): string[] | undefined {
  const cells = parseRecord(record, layout);
  return cells && (fitted(cells, layout) ?? cells);
}

/** Rows with as many cells as the header. */
function createCellCount(layout: SourceLayout): (cells: string[]) => RawRow {
  const columns = layout.header.length;
  const wrongCount = new Map<number, RowFault>();
  return (cells) => {
    const found = cells.length;
    if (found === columns) return cells;
    const row = fitted(cells, layout);
    if (row !== undefined) return row;
    let fault = wrongCount.get(found);
    if (fault === undefined) {
      fault = {
        fault: 'wrong_cell_count',
        message: `the row has ${found} ${found === 1 ? 'cell' : 'cells'}, the header ${columns}`,
      };
      wrongCount.set(found, fault);
    }
    return fault;
  };
}

/** Cells made to be as many as the header's, if the dialect allows it and no value is lost. */
export function fitted(
  cells: readonly string[],
  { ragged, header: { length } }: Pick<SourceLayout, 'ragged' | 'header'>,
): string[] | undefined {
  if (ragged !== 'fill' || cells.slice(length).some((cell) => cell !== '')) return undefined;
  return Array.from({ length }, (_, index) => cells[index] ?? '');
}
