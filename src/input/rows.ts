import type { InvalidCode } from '../domain/chunk.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { createCsvRows } from './csv.ts';
import type { Extents } from './extents.ts';
import { createJsonRows } from './ndjson.ts';

/** A row that can never be sent, found out while reading it. */
export interface RowFault {
  readonly fault: InvalidCode;
  /** One sentence for people; names counts and limits, never a value. */
  readonly message: string;
  /** 1-based column, when one cell is at fault. */
  readonly column?: number;
}

/** An object of an NDJSON line or of a JSON array. Numbers that a double would damage are `RawNumber`. */
export interface JsonRow {
  readonly json: Readonly<Record<string, unknown>>;
}

/** What a record became: the cells of a CSV record in the order of the header, a JSON object, or a fault. */
export type RawRow = string[] | JsonRow | RowFault;

/** Turns the records of a block into rows, one for one. */
export type RowReader = (raw: Buffer, extents: Extents, isLast: boolean) => RawRow[];

export function createRowReader(layout: SourceLayout): RowReader {
  return layout.format === 'ndjson' ? createJsonRows(layout) : createCsvRows(layout);
}

export function isFault(row: RawRow): row is RowFault {
  return 'fault' in row;
}

export function isJsonRow(row: RawRow): row is JsonRow {
  return 'json' in row;
}
