import type { Hash } from 'node:crypto';
import { IDLE } from './file-bytes.ts';
import type { FileWatch } from './file-watch.ts';
import { sourceText, type TextLayout } from './text-source.ts';

const LF = 10;
const CR = 13;
const CHUNK_BYTES = 256 * 1024;

/** The part of a source's text that is in memory. */
export interface Window {
  /**
   * Reads until there are this many bytes, or all there are. Of a source that still grows it gives what there is once it
   * pauses, having waited for one byte more than before.
   */
  fill(bytes: number): Promise<void>;
  bytes(): Buffer;
  /** Nothing follows the bytes in memory. */
  isEnded(): boolean;
  drop(bytes: number): void;
  /** Throws the failure that ended the reading early, which `fill` keeps back while there may be rows to give. */
  throwIfBroken(): void;
  /** Hashes and forgets this many bytes. Resolves to the last of them, or undefined when there are fewer. */
  skip(bytes: number, hash: Hash): Promise<number | undefined>;
  /** The SHA-256 that `hash` would have after this many bytes more, which stay in memory; undefined when there are fewer. */
  digestAhead(bytes: number, hash: Hash): Promise<string | undefined>;
  /** Hashes and forgets the text up to the next line end and this too; resolves to the number of bytes. */
  skipLine(hash: Hash, isCrLineEnd: boolean): Promise<number>;
  /** Passes over a line end that was still missing, after a source whose last line had none was appended to. */
  skipHalfLineEnd(hash: Hash, lastByte: number, refuse: () => Error): Promise<number>;
  /** Whether all text behind the next `bytes` bytes is white space. Consumes it. */
  isBlankBehind(bytes: number): Promise<boolean>;
  close(): Promise<void>;
}

export function openWindow(layout: TextLayout, follow: boolean, signal: AbortSignal | undefined, watch?: FileWatch): Window {
  const source = sourceText(layout, { start: 0, chunkBytes: CHUNK_BYTES, follow, signal, ...(watch === undefined ? {} : { watch }) });
  let current: Buffer = Buffer.alloc(0);
  let ended = false;
  let failure: { readonly error: unknown } | undefined;

  /** The next piece, undefined at the end, IDLE when a growing source pauses. */
  async function next(): Promise<Buffer | typeof IDLE | undefined> {
    if (ended || failure !== undefined) return undefined;
    try {
      const piece = await source.next();
      if (piece.done !== true) return piece.value;
      ended = true;
    } catch (error) {
      failure = { error };
      signal?.throwIfAborted();
    }
    return undefined;
  }

  function throwIfBroken(): void {
    if (failure !== undefined) throw failure.error;
  }

  async function fill(bytes: number): Promise<void> {
    if (current.length >= bytes) return;
    const pieces = [current];
    let total = current.length;
    while (total < bytes) {
      const piece = await next();
      if (piece === undefined) break;
      if (piece !== IDLE) {
        pieces.push(piece);
        total += piece.length;
      } else if (total > 0) break;
    }
    if (pieces.length > 1) current = current.length === 0 && pieces.length === 2 ? (pieces[1] ?? current) : Buffer.concat(pieces, total);
  }

  /** At least this many bytes, however long it takes; false when there are fewer. */
  async function need(bytes: number): Promise<boolean> {
    for (;;) {
      await fill(bytes);
      if (current.length >= bytes) return true;
      throwIfBroken();
      if (ended) return false;
    }
  }

  function drop(bytes: number): void {
    current = current.subarray(bytes);
  }

  function take(bytes: number, hash: Hash): void {
    hash.update(current.subarray(0, bytes));
    drop(bytes);
  }

  return {
    fill,
    bytes: () => current,
    isEnded: () => ended,
    drop,
    throwIfBroken,
    async skip(bytes, hash) {
      let last = LF;
      for (let left = bytes; left > 0; ) {
        if (!(await need(1))) return undefined;
        const taken = Math.min(left, current.length);
        last = current[taken - 1] ?? LF;
        take(taken, hash);
        left -= taken;
      }
      return last;
    },
    async digestAhead(bytes, hash) {
      return (await need(bytes)) ? hash.copy().update(current.subarray(0, bytes)).digest('hex') : undefined;
    },
    async skipLine(hash, isCrLineEnd) {
      let skipped = 0;
      while (await need(1)) {
        const found = lineEnd(current, isCrLineEnd);
        if (found === -1) {
          skipped += current.length;
          take(current.length, hash);
          continue;
        }
        const isCrLf = current[found] === CR && (await need(found + 2)) && current[found + 1] === LF;
        const length = found + (isCrLf ? 2 : 1);
        take(length, hash);
        return skipped + length;
      }
      return skipped;
    },
    async skipHalfLineEnd(hash, lastByte, refuse) {
      if (lastByte === LF || !(await need(1))) return 0;
      const first = current[0];
      if (lastByte === CR) {
        if (first !== LF) return 0;
        take(1, hash);
        return 1;
      }
      if (first !== LF && first !== CR) throw refuse();
      const length = first === CR && (await need(2)) && current[1] === LF ? 2 : 1;
      take(length, hash);
      return length;
    },
    async isBlankBehind(bytes) {
      if (await need(bytes)) drop(bytes);
      while (await need(1)) {
        if (current.toString('latin1').trim() !== '') return false;
        drop(current.length);
      }
      return true;
    },
    async close() {
      await source.return();
    },
  };
}

function lineEnd(bytes: Buffer, isCrLineEnd: boolean): number {
  const lf = bytes.indexOf(LF);
  if (!isCrLineEnd) return lf;
  const cr = (lf === -1 ? bytes : bytes.subarray(0, lf)).indexOf(CR);
  return cr === -1 ? lf : cr;
}
