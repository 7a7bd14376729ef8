/** Collects the operations of one chunk and packs them into one buffer: everything is serialised exactly once. */
import type { Buffers } from '../../domain/buffers.ts';
import type { InvalidCode, InvalidRow, PackedOperations, PreparedChunk, SingleRequest, SkipCode } from '../../domain/chunk.ts';
import type { RowBlock } from '../../domain/block.ts';
import { createWarningCounts, type WarningCode } from '../../domain/warnings.ts';

/** State of the chunk at work. Fields are written by the mappers in this folder; one packer serves all chunks in turn. */
export interface Packer {
  /** Index in its chunk of the row at work. */
  index: number;
  /** Number in its file of the row at work; the first is 1. */
  row: number;
  /** JSON texts of the operations so far. */
  readonly pieces: string[];
  /** `keys` and `kinds` as in `PackedOperations`. */
  operation(text: string, keys: readonly number[], kinds: number, single: SingleRequest | null, isGuarded: boolean): void;
  invalid(code: InvalidCode, message: string, column?: number, field?: string): void;
  skip(code: SkipCode): void;
  warn(code: WarningCode, column: string | null): void;
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
  let keyEnds = new Uint32Array(OPERATIONS_MIN);
  let keys = new Uint32Array(2 * OPERATIONS_MIN);
  let keyCount = 0;
  let kinds = 0;
  let singles = new Map<number, SingleRequest>();
  let guarded = new Set<number>();
  let invalid: InvalidRow[] = [];
  let skipped: Partial<Record<SkipCode, number>> = {};
  const warnings = createWarningCounts();


  const packer: Packer = {
    index: 0,
    row: 0,
    pieces,
    operation(text, own, ownKinds, single, isGuarded) {
      if (onlyGuarded && !isGuarded) return packer.skip('sent_before');
      const at = pieces.length;
      if (at === rows.length) [rows, keyEnds] = [doubled(rows), doubled(keyEnds)];
      while (keyCount + own.length > keys.length) keys = doubled(keys);
      if (single !== null) singles.set(at, single);
      if (isGuarded && !onlyGuarded) guarded.add(at);
      pieces.push(text);
      rows[at] = packer.index;
      for (let i = 0; i < own.length; i++) keys[keyCount++] = own[i] ?? 0;
      keyEnds[at] = keyCount;
      kinds |= ownKinds;
    },
    invalid(code, message, column, field) {
      invalid.push({
        index: packer.index, code, message, ...(column === undefined ? {} : { column }), ...(field === undefined ? {} : { field }),
      });
    },
    skip(code) {
      skipped[code] = (skipped[code] ?? 0) + 1;
    },
    warn(code, column) {
      warnings.add(code, column, 1);
    },
    finish(block) {
      const count = pieces.length;
      const chunk: PreparedChunk = {
        start: block.start,
        end: block.end,
        rows: block.rows.length,
        operations: {
          count,
          ...pack(pieces, { rows: rows.subarray(0, count), keyEnds: keyEnds.subarray(0, count), keys: keys.subarray(0, keyCount) }, buffers),
          kinds,
          singles: singles.size > 0 ? singles : NO_SINGLES,
          guarded: guarded.size > 0 ? guarded : NONE_GUARDED,
        },
        invalid,
        skipped,
        raw: block.raw,
        ...(block.unended === undefined ? {} : { unended: block.unended }),
        warnings: warnings.list(),
      };
      pieces.length = 0;
      keyCount = 0;
      kinds = 0;
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

function doubled(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(2 * numbers.length);
  more.set(numbers);
  return more;
}

type Numbers = Pick<PackedOperations, 'rows' | 'keyEnds' | 'keys'>;

/** All of a chunk's operations side by side in one buffer (to be transferred): the numbers first, then the text in UTF-8. */
function pack(pieces: readonly string[], { rows, keyEnds, keys }: Numbers, buffers: Buffers): Numbers & Pick<PackedOperations, 'ends' | 'body'> {
  const text = pieces.join(',');
  const byteLength = Buffer.byteLength(text);
  const isAscii = byteLength === text.length;
  const count = pieces.length;
  const bodyStart = 12 * count + 4 * keys.length;
  const buffer = buffers.take(bodyStart + byteLength);
  const ownRows = new Uint32Array(buffer, 0, count);
  const ownKeyEnds = new Uint32Array(buffer, 4 * count, count);
  const ends = new Uint32Array(buffer, 8 * count, count);
  const ownKeys = new Uint32Array(buffer, 12 * count, keys.length);
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
