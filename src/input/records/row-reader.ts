import type { RawRow } from '../../domain/block.ts';
import type { Encoding } from '../../domain/plan.ts';
import type { Extents } from './extents.ts';

/** A row that can never be sent, found out while reading it. The message names counts and limits, never a value. */
export type RowFault = Extract<RawRow, { readonly fault: unknown }>;

/** A row with bytes that are no text in its source's encoding. */
export function badBytes(encoding: Encoding): RowFault {
  const name = encoding === 'utf-8' ? 'UTF-8' : encoding;
  return {
    fault: 'unparsable',
    message: `the row has bytes that are not ${name}; if the file is in another encoding, say so with --encoding`,
  };
}

/** An object of an NDJSON line or of a JSON array. Numbers that a double would damage are `RawNumber`. */
export type JsonRow = Extract<RawRow, { readonly json: unknown }>;

/** Turns the records of a block into rows, one for one. */
export type RowReader = (raw: Buffer, extents: Extents, isLast: boolean) => RawRow[];
