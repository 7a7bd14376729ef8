import { IDLE, type Pieces, type SourceWatch } from './byte-source.ts';
import { openText, type TextLayout } from './decoders.ts';
import { sourceAt } from './source-at.ts';

const PIECE_BYTES = 256 * 1024;

/** The part of a source's text that is in memory. What is done with it, other than splitting it into rows, is in passing.ts. */
export interface Window {
  /**
   * Reads until there are this many bytes, or all there are. Of a source that still grows, what there is when it pauses will
   * do, as long as that is anything at all.
   */
  fill(bytes: number): Promise<void>;
  /** At least this many bytes, however long it takes; false when there are fewer. Throws what broke the reading. */
  need(bytes: number): Promise<boolean>;
  bytes(): Buffer;
  /** Nothing follows the bytes in memory. */
  isEnded(): boolean;
  drop(bytes: number): void;
  /** Throws the failure that ended the reading early, which `fill` keeps back while there may be rows to give. */
  throwIfBroken(): void;
  readonly watch: SourceWatch | undefined;
  close(): Promise<void>;
}

export interface WindowOptions {
  /** The source is a spool: read on while it grows. */
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
  /** Watch out for writers, and call the source this in messages. */
  readonly watchAs?: string;
  readonly patienceMs?: number | undefined;
}

export function openWindow(layout: TextLayout, { follow, signal, watchAs, patienceMs }: WindowOptions): Window {
  const source = sourceAt(layout.path, { follow });
  const { pieces, watch } = openText(source, layout, {
    start: 0,
    pieceBytes: PIECE_BYTES,
    waits: true,
    signal,
    patienceMs,
    ...(watchAs === undefined ? {} : { watchAs }),
  });
  const feed = createFeed(pieces, signal);
  let current: Buffer = Buffer.alloc(0);

  async function fill(bytes: number): Promise<void> {
    if (current.length >= bytes) return;
    const parts = [current];
    let total = current.length;
    while (total < bytes) {
      const piece = await feed.next();
      if (piece === undefined) break;
      if (piece !== IDLE) {
        parts.push(piece);
        total += piece.length;
      } else if (total > 0) break;
    }
    if (parts.length > 1)
      current = current.length === 0 && parts.length === 2 ? (parts[1] ?? current) : Buffer.concat(parts, total);
  }

  async function need(bytes: number): Promise<boolean> {
    for (;;) {
      await fill(bytes);
      if (current.length >= bytes) return true;
      feed.throwIfBroken();
      if (feed.isEnded()) return false;
    }
  }

  return {
    fill,
    need,
    bytes: () => current,
    isEnded: feed.isEnded,
    drop(bytes) {
      current = current.subarray(bytes);
    },
    throwIfBroken: feed.throwIfBroken,
    watch,
    async close() {
      await pieces.return();
    },
  };
}

/** Pieces of a text as they come. A failure ends them like the end of the source does, and is kept back. */
interface Feed {
  /** The next piece, undefined when no more will come, IDLE when a growing source pauses. */
  next(): Promise<Buffer | typeof IDLE | undefined>;
  /** The source was read to its end. */
  isEnded(): boolean;
  throwIfBroken(): void;
}

function createFeed(pieces: Pieces, signal: AbortSignal | undefined): Feed {
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  return {
    async next() {
      if (ended || failure !== undefined) return undefined;
      try {
        const piece = await pieces.next();
        if (piece.done !== true) return piece.value;
        ended = true;
      } catch (error) {
        failure = { error };
        signal?.throwIfAborted();
      }
      return undefined;
    },
    isEnded: () => ended,
    throwIfBroken() {
      if (failure !== undefined) throw failure.error;
    },
  };
}
