/** Collects the operations of one chunk and packs them into one buffer: everything is serialised exactly once. */
import type { Buffers } from '../domain/buffers.ts';
import type { InvalidCode, InvalidRow, PreparedChunk, SingleRequest, SkipCode } from '../domain/chunk.ts';
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
  /** The finished chunk; the packer is empty again. `onText` sees the joined text and the lengths of its pieces. */
  finish(block: RowBlock, onText: (text: string, lengths: readonly number[]) => void): PreparedChunk;
}

export function createPacker(buffers: Buffers): Packer {
  const pieces: string[] = [];
  let rows: number[] = [];
  let keys: number[] = [];
  let singles = new Map<number, SingleRequest>();
  let guarded = new Set<number>();
  let invalid: InvalidRow[] = [];
  let skipped: Partial<Record<SkipCode, number>> = {};
  let warnings = new Map<string, number>();

  const packer: Packer = {
    index: 0,
    row: 0,
    pieces,
    operation(text, key, second, single, isGuarded) {
      if (single !== null) singles.set(pieces.length, single);
      if (isGuarded) guarded.add(pieces.length);
      pieces.push(text);
      rows.push(packer.index);
      keys.push(key, second);
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
    finish(block, onText) {
      const text = pieces.join(',');
      const lengths = pieces.map((piece) => piece.length);
      const { body, ends } = encode(text, pieces, lengths, buffers);
      const chunk: PreparedChunk = {
        start: block.start,
        end: block.end,
        rows: block.rows.length,
        operations: { count: pieces.length, rows: new Uint32Array(rows), keys: new Uint32Array(keys), ends, body, singles, guarded },
        invalid,
        skipped,
        raw: block.raw,
        warnings: Object.fromEntries(warnings),
      };
      onText(text, lengths);
      pieces.length = 0;
      rows = [];
      keys = [];
      singles = new Map();
      guarded = new Set();
      invalid = [];
      skipped = {};
      warnings = new Map();
      return chunk;
    },
  };
  return packer;
}

/** The text in UTF-8, in a buffer of its own (to be transferred), and where each piece ends in it. */
function encode(text: string, pieces: readonly string[], lengths: readonly number[], buffers: Buffers): { body: Uint8Array; ends: Uint32Array } {
  const byteLength = Buffer.byteLength(text);
  const isAscii = byteLength === text.length;
  const body = Buffer.from(buffers.take(byteLength), 0, byteLength);
  body.write(text, isAscii ? 'latin1' : 'utf8');
  const ends = new Uint32Array(lengths.length);
  let end = -1;
  for (let index = 0; index < lengths.length; index++) {
    end += 1 + (isAscii ? (lengths[index] ?? 0) : Buffer.byteLength(pieces[index] ?? ''));
    ends[index] = end;
  }
  return { body, ends };
}
