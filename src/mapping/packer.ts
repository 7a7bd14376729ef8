/** Collects the operations of one chunk and packs them into one buffer: everything is serialised exactly once. */
import type { Buffers } from '../domain/buffers.ts';
import type { InvalidCode, InvalidRow, PackedOperations, PreparedChunk, SingleRequest, SkipCode } from '../domain/chunk.ts';
import type { RowBlock } from '../domain/block.ts';

/** State of the chunk at work. Fields are written by the mappers in this folder; one packer serves all chunks in turn. */
export interface Packer {
  /** Index in its chunk of the row at work. */
  index: number;
  /** Number in its file of the row at work; the first is 1. */
  row: number;
  /** JSON texts of the operations so far. */
  readonly pieces: string[];
  operation(text: string, key: number, second: number, single: SingleRequest | null, isGuarded: boolean): void;
  invalid(code: InvalidCode, message: string, column?: number, field?: string): void;
  skip(code: SkipCode): void;
  warn(text: string): void;
  /** The finished chunk; the packer is empty again. */
  finish(block: RowBlock): PreparedChunk;
}

/** Room for a usual chunk; more when one has more. */
const OPERATIONS_MIN = 256;
const NO_SINGLES: ReadonlyMap<number, SingleRequest> = new Map();
const NONE_GUARDED: ReadonlySet<number> = new Set();

/** `onlyGuarded`: of all operations only those that would be guarded are taken, and they are not. */
export function createPacker(buffers: Buffers, onlyGuarded = false): Packer {
  const pieces: string[] = [];
  // Of the operations so far: written over for every chunk, since arrays of a chunk's own would outlive it by a collection.
  let rows = new Uint32Array(OPERATIONS_MIN);
  let keys = new Uint32Array(2 * OPERATIONS_MIN);
  let singles = new Map<number, SingleRequest>();
  let guarded = new Set<number>();
  let invalid: InvalidRow[] = [];
  let skipped: Partial<Record<SkipCode, number>> = {};
  const warnings = new Map<string, number>();

  function grow(): void {
    const [oldRows, oldKeys] = [rows, keys];
    rows = new Uint32Array(2 * oldRows.length);
    rows.set(oldRows);
    keys = new Uint32Array(2 * oldKeys.length);
    keys.set(oldKeys);
  }

  const packer: Packer = {
    index: 0,
    row: 0,
    pieces,
    operation(text, key, second, single, isGuarded) {
      if (onlyGuarded && !isGuarded) return packer.skip('sent_before');
      const at = pieces.length;
      if (at === rows.length) grow();
      if (single !== null) singles.set(at, single);
      if (isGuarded && !onlyGuarded) guarded.add(at);
      pieces.push(text);
      rows[at] = packer.index;
      keys[2 * at] = key;
      keys[2 * at + 1] = second;
    },
    invalid(code, message, column, field) {
      invalid.push({
        index: packer.index, code, message, ...(column === undefined ? {} : { column }), ...(field === undefined ? {} : { field }),
      });
    },
    skip(code) {
      skipped[code] = (skipped[code] ?? 0) + 1;
    },
    warn(text) {
      warnings.set(text, (warnings.get(text) ?? 0) + 1);
    },
    finish(block) {
      const count = pieces.length;
      const chunk: PreparedChunk = {
        start: block.start,
        end: block.end,
        rows: block.rows.length,
        operations: { count, ...pack(pieces, rows.subarray(0, count), keys.subarray(0, 2 * count), buffers), singles: singles.size > 0 ? singles : NO_SINGLES, guarded: guarded.size > 0 ? guarded : NONE_GUARDED },
        invalid,
        skipped,
        raw: block.raw,
        warnings: Object.fromEntries(warnings),
      };
      pieces.length = 0;
      if (singles.size > 0) singles = new Map();
      if (guarded.size > 0) guarded = new Set();
      invalid = [];
      skipped = {};
      warnings.clear();
      return chunk;
    },
  };
  return packer;
}

/** All of a chunk's operations side by side in one buffer (to be transferred): the numbers first, then the text in UTF-8. */
function pack(pieces: readonly string[], rows: Uint32Array, keys: Uint32Array, buffers: Buffers): Pick<PackedOperations, 'rows' | 'keys' | 'ends' | 'body'> {
  const text = pieces.join(',');
  const byteLength = Buffer.byteLength(text);
  const isAscii = byteLength === text.length;
  const count = pieces.length;
  const bodyStart = 16 * count;
  const buffer = buffers.take(bodyStart + byteLength);
  const ownRows = new Uint32Array(buffer, 0, count);
  const ownKeys = new Uint32Array(buffer, 4 * count, 2 * count);
  const ends = new Uint32Array(buffer, 12 * count, count);
  const body = Buffer.from(buffer, bodyStart, byteLength);
  ownRows.set(rows);
  ownKeys.set(keys);
  body.write(text, isAscii ? 'latin1' : 'utf8');
  let end = -1;
  for (let index = 0; index < count; index++) {
    const piece = pieces[index] ?? '';
    end += 1 + (isAscii ? piece.length : Buffer.byteLength(piece));
    ends[index] = end;
  }
  return { rows: ownRows, keys: ownKeys, ends, body };
}
