import type { RawRow } from '../domain/block.ts';
import type { Extents } from './extents.ts';

/** A row that can never be sent, found out while reading it. The message names counts and limits, never a value. */
export type RowFault = Extract<RawRow, { readonly fault: unknown }>;

/** An object of an NDJSON line or of a JSON array. Numbers that a double would damage are `RawNumber`. */
export type JsonRow = Extract<RawRow, { readonly json: unknown }>;

/** Turns the records of a block into rows, one for one. */
export type RowReader = (raw: Buffer, extents: Extents, isLast: boolean) => RawRow[];
