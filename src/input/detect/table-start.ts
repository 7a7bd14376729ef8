import { conflictIn, dialectOf } from '../../domain/dialect.ts';
import { CioBulkError } from '../../domain/errors.ts';
import type { Dialect, Format, SourceLayout } from '../../domain/plan.ts';
import { numberedNames } from '../../domain/repeated-names.ts';
import { parseRecord } from '../records/cells.ts';
import { fitted } from '../records/csv.ts';
import { SHAPE, type Extents } from '../records/extents.ts';
import { LIMITS } from '../records/limits.ts';
import { createCsvSplitter } from '../records/split-csv.ts';
import { detectDelimiter } from './delimiter.ts';
import { undecodable } from './refusals.ts';
import type { Sample } from './sample.ts';

/** What is said about a table, and not found out. The delimiter is `auto` or one character. */
export interface TableOptions extends Dialect {
  /** Names of the columns, of a file that has no header. */
  readonly header?: readonly string[];
  /** Physical lines before the header. */
  readonly skipLines?: number;
  /** Columns of one name get numbers. */
  readonly repeats?: 'number';
}

export const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const TABLE_FLAGS = { header: '--header', skipLines: '--skip-lines', repeats: '--repeated-columns' } as const;
const DIALECT_FLAGS = { quote: '--quote', escape: '--escape', comment: '--comment', ragged: '--ragged' } as const;
const LF = 10;
const CR = 13;

type TableStart = Pick<SourceLayout, 'delimiter' | 'headerBytes' | 'headerLines' | 'header'>;

/** Byte order mark, `sep=` line, skipped lines, header: what stands before the first row of a CSV file. */
export function tableStart(text: Sample, format: Format, options: TableOptions, name: string): TableStart {
  const bom = text.bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
  const separator = /^"?sep=(.)"?(?:\r\n|\r|\n)/i.exec(text.bytes.toString('latin1', bom, bom + 16));
  const lines = Math.max(options.skipLines ?? 0, separator === null ? 0 : 1);
  const headerBytes = bom + bytesOfLines(text, bom, lines, name);
  const rest = text.bytes.subarray(headerBytes);
  const others = dialectOf(options);
  const delimiter =
    options.delimiter === 'auto'
      ? (separator?.[1] ?? detectDelimiter(rest, format === 'tsv' ? '\t' : undefined, others))
      : options.delimiter;
  const dialect = { ...others, delimiter };
  const conflict = conflictIn(dialect);
  if (conflict !== undefined) throw new CioBulkError('usage', `${name}: ${conflict}`);
  const found = createCsvSplitter(dialect, { ...LIMITS, rowsMax: 1 })(rest, text.isWhole);
  const before = { delimiter, headerBytes, headerLines: lines };
  const named = (header: readonly string[]) => (options.repeats === undefined ? header : numberedNames(header));
  if (options.header !== undefined) {
    assertNamesAll(cellsOf(found, rest, dialect), { ...dialect, header: options.header }, name);
    return { ...before, header: named(options.header) };
  }
  return {
    delimiter,
    headerBytes: headerBytes + found.consumed,
    headerLines: lines + found.consumedLines,
    header: found.count === 0 && text.isWhole ? [] : named(headerOf(found, rest, dialect, name)),
  };
}

/** What is said about a table has no meaning for NDJSON. */
export function refuseTableFlags(options: TableOptions, name: string): void {
  const flags = { ...TABLE_FLAGS, ...DIALECT_FLAGS };
  const given = Object.entries(flags).find(([key]) => options[key as keyof typeof flags] !== undefined);
  if (given === undefined) return;
  throw new CioBulkError('usage', `${given[1]} is for CSV, and ${name} is read as NDJSON`, {
    hint: 'leave it out, or add --format csv',
  });
}

/**
 * Whether the beginning of a text has what stands before the header, and the end of one line more. It is asked of a source
 * that still grows, and may be wrong about comments in UTF-16.
 */
export function hasTableStart({ skipLines = 0, comment }: TableOptions, bytes: Buffer): boolean {
  const lines = bytes.toString('latin1').split(/\r\n|\r|\n/);
  return lines.slice(skipLines, -1).some((line) => line !== '' && (comment === undefined || !line.startsWith(comment)));
}

function bytesOfLines({ bytes, isWhole }: Sample, start: number, lines: number, name: string): number {
  if (bytes.length === start) return 0;
  let at = start;
  for (let line = 0; line < lines; line += 1) {
    if (at >= bytes.length)
      throw isWhole
        ? new CioBulkError('usage', `--skip-lines ${lines}: ${name} has only ${line} lines`)
        : new CioBulkError('usage', `--skip-lines ${lines}: the first 256 KiB of ${name} have only ${line} lines`);
    while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at += 1;
    at += bytes[at] === CR && bytes[at + 1] === LF ? 2 : 1;
  }
  return Math.min(at, bytes.length) - start;
}

function cellsOf(found: Extents, rest: Buffer, dialect: Dialect): string[] | undefined {
  return found.count === 0 ? undefined : parseRecord(rest.toString('utf8', found.starts[0], found.ends[0]), dialect);
}

/** Names that were given must be as many as the cells of the first row. */
function assertNamesAll(
  cells: readonly string[] | undefined,
  given: Pick<SourceLayout, 'ragged' | 'header'>,
  name: string,
): void {
  if (cells === undefined || cells.length === given.header.length || fitted(cells, given) !== undefined) return;
  throw new CioBulkError(
    'usage',
    `--header names ${given.header.length} columns, and the first row of ${name} has ${cells.length} cells`,
    { hint: 'name every column, or say the delimiter with --delimiter' },
  );
}

function headerOf(found: Extents, rest: Buffer, dialect: Dialect, name: string): readonly string[] {
  if (found.count === 0)
    throw undecodable(
      name,
      'has no line end in its first 256 KiB',
      'its first line must be a header; is it a CSV file?',
    );
  const isBroken = found.shapes[0] === SHAPE.unclosedQuote || found.shapes[0] === SHAPE.strayQuote;
  const header = isBroken ? undefined : cellsOf(found, rest, dialect);
  if (header === undefined)
    throw undecodable(name, 'has a header with a quote that is not closed properly', 'mend its first line');
  return header;
}
