import type { WindowChunk } from './batch.ts';
import type { PreparedChunk } from '../domain/chunk.ts';

/** The chunks under way, in source order, and how far they are settled without a gap. */
export interface Window {
  admit(prepared: PreparedChunk, isInOneLane?: boolean): WindowChunk;
  /** `count` more operations of the chunk are settled. True when they were the last. */
  settle(chunk: WindowChunk, count: number): boolean;
  /** `count` rows of the chunk that are no operations are counted already. */
  leaveOut(chunk: WindowChunk, count: number): void;
  /** A chunk has let go of the buffers it was admitted with. */
  letGo(buffers: Pick<PreparedChunk, 'raw' | 'operations'>): void;
  /** Takes the settled chunks off the front: the checkpoint moves to the end of the last one. */
  pass(): readonly WindowChunk[];
  /** Rows admitted since the start of this process. */
  rowsAdmitted(): number;
  /** Rows in the window that are not settled, or are not counted before their chunk has passed. */
  rowsPending(): number;
  /** Invalid rows of chunks in the window: nobody counts them before their chunk has passed. */
  invalidAhead(): number;
  /** Bytes of text and bodies that unsettled rows keep in memory. */
  bytesHeld(): number;
  /** Chunks in the window. A settled one that waits for an earlier one is only a stub. */
  size(): number;
}

/** Keeps running sums: they are asked for with every chunk, and a slow row can keep thousands of chunks in the window. */
export function createWindow(): Window {
  const chunks: WindowChunk[] = [];
  let admitted = 0;
  let pending = 0;
  let invalid = 0;
  let bytes = 0;
  return {
    admit(prepared, isInOneLane = false) {
      const chunk: WindowChunk = {
        prepared,
        isInOneLane,
        unsettled: prepared.operations.count,
        leftOut: 0,
        invalid: [],
      };
      chunks.push(chunk);
      admitted += prepared.rows;
      pending += prepared.rows;
      invalid += prepared.invalid.length;
      bytes += bytesOf(prepared);
      return chunk;
    },
    settle(chunk, count) {
      chunk.unsettled -= count;
      pending -= count;
      return chunk.unsettled === 0;
    },
    leaveOut(chunk, count) {
      chunk.leftOut += count;
      pending -= count;
    },
    letGo(buffers) {
      bytes -= bytesOf(buffers);
    },
    pass() {
      let settled = 0;
      while (chunks[settled]?.unsettled === 0) settled++;
      const passed = chunks.splice(0, settled);
      for (const { prepared, leftOut } of passed) {
        pending -= prepared.rows - prepared.operations.count - leftOut;
        invalid -= prepared.invalid.length;
        bytes -= bytesOf(prepared); // only a chunk without operations still has any
      }
      return passed;
    },
    rowsAdmitted: () => admitted,
    rowsPending: () => pending,
    invalidAhead: () => invalid,
    bytesHeld: () => bytes,
    size: () => chunks.length,
  };
}

function bytesOf({ raw, operations }: Pick<PreparedChunk, 'raw' | 'operations'>): number {
  return raw.length + operations.body.length;
}
