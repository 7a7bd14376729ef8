/** Collects the operations of one chunk and packs them into one buffer: everything is serialised exactly once. */
import type { Buffers } from '../../domain/buffers.ts';
import type { InvalidCode, PackedOperations, PreparedChunk, SingleRequest, SkipCode } from '../../domain/chunk.ts';
import type { RowBlock } from '../../domain/block.ts';
import type { WarningCode } from '../../domain/warnings.ts';
import { quote } from '../values/json-text.ts';
import type { StepValue } from '../values/step-functions.ts';
import type { Addressed } from './addressed.ts';
import { createNumbers, type Numbers } from './numbers.ts';
import { createSetAside, invalidRow } from './set-aside.ts';

/** State of the chunk at work. Fields are written by the mappers in this folder; one packer serves all chunks in turn. */
export interface Packer {
  /** Index in its chunk of the row at work. */
  index: number;
  /** Number in its file of the row at work; the first is 1. */
  row: number;
  /** What value steps have made of cells of the row at work that are no texts now, by index of the column. */
  readonly made: (StepValue | undefined)[];
  /** Of the chunk at work: no cell has a character that JSON escapes. */
  isPlain: boolean;
  /** JSON text of a cell, or of a text in a JSON row. */
  quote(text: string): string;
  /** JSON texts of the operations so far. */
  readonly pieces: string[];
  /** `single`: a request of its own, outside of batches; null = none. */
  operation(text: string, about: Addressed, single: SingleRequest | null, isGuarded: boolean): void;
  invalid(code: InvalidCode, message: string, column?: number, field?: string): void;
  /** The row is invalid as it was read: whatever column it names is one of its line. */
  unreadable(row: { readonly fault: InvalidCode; readonly message: string; readonly column?: number }): void;
  skip(code: SkipCode): void;
  warn(code: WarningCode, column: string | null): void;
  /** The finished chunk; the packer is empty again. */
  finish(block: RowBlock): PreparedChunk;
}

const NO_SINGLES: ReadonlyMap<number, SingleRequest> = new Map();
const NONE_GUARDED: ReadonlySet<number> = new Set();

/**
 * `onlyGuarded`: of all operations only those that would be guarded are taken, and they are not. `columns`: of the table, as far as it is
 * one; a column behind them is made by the mapping, and stands nowhere in a line.
 */
export function createPacker(buffers: Buffers, onlyGuarded = false, columns = Number.POSITIVE_INFINITY): Packer {
  const pieces: string[] = [];
  const numbers = createNumbers();
  let kinds = 0;
  let singles = new Map<number, SingleRequest>();
  let guarded = new Set<number>();
  const aside = createSetAside();

  const packer: Packer = {
    index: 0,
    row: 0,
    made: [],
    isPlain: false,
    quote: (text) => (packer.isPlain ? `"${text}"` : quote(text)),
    pieces,
    operation(text, about, single, isGuarded) {
      if (onlyGuarded && !isGuarded) return packer.skip('sent_before');
      const at = pieces.length;
      if (single !== null) singles.set(at, single);
      if (isGuarded && !onlyGuarded) guarded.add(at);
      pieces.push(text);
      numbers.add(at, packer.index, about.keys);
      kinds |= about.kinds;
    },
    invalid(code, message, column, field) {
      const inLine = column !== undefined && column > columns ? undefined : column;
      aside.invalid(packer.index, invalidRow(code, message, inLine, field));
    },
    unreadable: ({ fault, message, column }) =>
      aside.invalid(packer.index, invalidRow(fault, message, column, undefined)),
    skip: (code) => aside.skip(packer.index, code),
    warn: aside.warn,
    finish(block) {
      const count = pieces.length;
      const chunk: PreparedChunk = {
        start: block.start,
        end: block.end,
        rows: block.rows.length,
        operations: {
          count,
          ...pack(pieces, numbers.take(count), buffers),
          kinds,
          singles: singles.size > 0 ? singles : NO_SINGLES,
          guarded: guarded.size > 0 ? guarded : NONE_GUARDED,
        },
        ...aside.take(),
        raw: block.raw,
        ...(block.unended === undefined ? {} : { unended: block.unended }),
      };
      pieces.length = 0;
      kinds = 0;
      if (singles.size > 0) singles = new Map();
      if (guarded.size > 0) guarded = new Set();
      return chunk;
    },
  };
  return packer;
}

/** All of a chunk's operations side by side in one buffer (to be transferred): the numbers first, then the text in UTF-8. */
function pack(
  pieces: readonly string[],
  { rows, keyEnds, keys }: Numbers,
  buffers: Buffers,
): Numbers & Pick<PackedOperations, 'ends' | 'body'> {
  const text = pieces.join(',');
  const byteLength = Buffer.byteLength(text);
  const isAscii = byteLength === text.length;
  const count = pieces.length;
  const bodyStart = 12 * count + 4 * keys.length;
  const buffer = buffers.take(bodyStart + byteLength);
  const ownRows = new Uint32Array(buffer, 0, count);
  const ownKeyEnds = new Uint32Array(buffer, 4 * count, count);
  const ends = new Uint32Array(buffer, 8 * count, count);
  const ownKeys = new Int32Array(buffer, 12 * count, keys.length);
  const body = Buffer.from(buffer, bodyStart, byteLength);
  ownRows.set(rows);
  ownKeyEnds.set(keyEnds);
  ownKeys.set(keys);
  body.write(text, isAscii ? 'latin1' : 'utf8');
  let end = -1;
  for (let index = 0; index < count; index++) {
    const piece = pieces[index] ?? '';
    end += 1 + (isAscii ? piece.length : Buffer.byteLength(piece));
    ends[index] = end;
  }
  return { rows: ownRows, keyEnds: ownKeyEnds, keys: ownKeys, ends, body };
}
