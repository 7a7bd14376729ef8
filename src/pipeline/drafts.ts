import { operationEnd, operationStart } from '../domain/chunk.ts';
import type { SingleRequest } from '../domain/chunk.ts';
import { ENVELOPE_BYTES } from '../domain/envelope.ts';
import type { Batch, Segment, WindowChunk } from './batch.ts';

/** A batch that nobody has taken yet. */
export interface Draft {
  readonly id: number;
  readonly segments: { -readonly [K in keyof Segment]: Segment[K] }[];
  count: number;
  /** Of the request, as far as it is filled. */
  bytes: number;
  single: SingleRequest | undefined;
}

/**
 * Fills batches. One draft is *open*: rows go into it until it is full, or is sealed before. *Sealed* ones wait in line to be taken. A
 * row that is a request of its own is a sealed draft at once.
 */
export interface Drafts {
  /** The draft that is being filled. */
  open(): Draft;
  /** Whether the row can go into the open draft. */
  fits(chunk: WindowChunk, index: number): boolean;
  /** Puts the row into the open draft, or into the next when it does not fit. Returns where it went. */
  place(chunk: WindowChunk, index: number): Draft;
  /** Closes the open draft, unless it is empty. */
  seal(): void;
  /** The next sealed draft; with `flush` the open one is sealed when there is no other. */
  take(flush: boolean): Batch | undefined;
}

export interface DraftLimits {
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly firstBatchId: number;
}

export function createDrafts({ rowsMax, bytesMax, firstBatchId }: DraftLimits): Drafts {
  const sealed: Draft[] = [];
  let nextId = firstBatchId;
  let open = newDraft();

  function newDraft(): Draft {
    return { id: nextId++, segments: [], count: 0, bytes: ENVELOPE_BYTES, single: undefined };
  }

  function hasRoomFor(bytes: number): boolean {
    return open.count < rowsMax && (open.count === 0 || open.bytes + bytes + 1 <= bytesMax);
  }

  function seal(): void {
    if (open.count === 0) return;
    sealed.push(open);
    open = newDraft();
  }

  return {
    open: () => open,
    fits: (chunk, index) => singleOf(chunk, index) === undefined && hasRoomFor(bytesOf(chunk, index)),
    place(chunk, index) {
      const single = singleOf(chunk, index);
      if (single) {
        const alone = newDraft();
        alone.single = single;
        append(alone, chunk, index, 0);
        sealed.push(alone);
        return alone;
      }
      const bytes = bytesOf(chunk, index);
      if (!hasRoomFor(bytes)) seal();
      append(open, chunk, index, bytes);
      return open;
    },
    seal,
    take(flush) {
      if (sealed.length === 0 && flush) seal();
      return sealed.shift();
    },
  };
}

function append(draft: Draft, chunk: WindowChunk, index: number, bytes: number): void {
  const last = draft.segments.at(-1);
  if (last && last.chunk === chunk && last.to === index) last.to = index + 1;
  else draft.segments.push({ chunk, from: index, to: index + 1 });
  draft.count++;
  draft.bytes += bytes + 1;
}

function singleOf(chunk: WindowChunk, index: number): SingleRequest | undefined {
  const { singles } = chunk.prepared.operations;
  return singles.size > 0 ? singles.get(index) : undefined;
}

function bytesOf(chunk: WindowChunk, index: number): number {
  const { operations } = chunk.prepared;
  return operationEnd(operations, index) - operationStart(operations, index);
}
