import type { WindowChunk } from './batch.ts';
import type { PreparedChunk } from '../domain/chunk.ts';

/** Chunks whose rows are under way, in source order, and how far they are settled without a gap. */
export interface Window {
  admit(prepared: PreparedChunk, isInOneLane?: boolean): WindowChunk;
  /** So many operations of the chunk are settled; true when they were the last. */
  settle(chunk: WindowChunk, count: number): boolean;
  /** The chunk lets go of the buffers it was admitted with. */
  letGo(buffers: Pick<PreparedChunk, 'raw' | 'operations'>): void;
  /** Takes the settled chunks off the front: the checkpoint moves behind the last of them. */
  pass(): readonly WindowChunk[];
  /** Rows admitted since the start of this process. */
  rowsAdmitted(): number;
  /** Rows in the window that are not settled, or not counted yet because their chunk has not passed. */
  rowsPending(): number;
  /** Bytes of text and bodies that unsettled rows keep in memory. */
  bytesHeld(): number;
  /** Chunks in the window; a settled one behind an open one is only a stub. */
  size(): number;
}

/** Sums are kept, not reckoned: they are asked for with every chunk, and behind a row that takes long there are many chunks. */
export function createWindow(): Window {
  const chunks: WindowChunk[] = [];
  let admitted = 0;
  let pending = 0;
  let bytes = 0;
  return {
    admit(prepared, isInOneLane = false) {
      const chunk: WindowChunk = { prepared, isInOneLane, unsettled: prepared.operations.count, invalid: [] };
      chunks.push(chunk);
      admitted += prepared.rows;
      pending += prepared.rows;
      bytes += bytesOf(prepared);
      return chunk;
    },
    settle(chunk, count) {
      chunk.unsettled -= count;
      pending -= count;
      return chunk.unsettled === 0;
    },
    letGo(buffers) {
      bytes -= bytesOf(buffers);
    },
    pass() {
      let settled = 0;
      while (chunks[settled]?.unsettled === 0) settled++;
      const passed = chunks.splice(0, settled);
      for (const { prepared } of passed) {
        pending -= prepared.rows - prepared.operations.count;
        bytes -= bytesOf(prepared); // a chunk without operations still has them
      }
      return passed;
    },
    rowsAdmitted: () => admitted,
    rowsPending: () => pending,
    bytesHeld: () => bytes,
    size: () => chunks.length,
  };
}

function bytesOf({ raw, operations }: Pick<PreparedChunk, 'raw' | 'operations'>): number {
  return raw.length + operations.body.length;
}
