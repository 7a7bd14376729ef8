import type { WindowChunk } from '../domain/batch.ts';
import type { PreparedChunk } from '../domain/chunk.ts';

/** Chunks whose rows are under way, in source order, and how far they are settled without a gap. */
export interface Window {
  admit(prepared: PreparedChunk): WindowChunk;
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

export function createWindow(): Window {
  const chunks: WindowChunk[] = [];
  let admitted = 0;
  const sum = (of: (chunk: WindowChunk) => number): number => chunks.reduce((total, chunk) => total + of(chunk), 0);
  return {
    admit(prepared) {
      const chunk: WindowChunk = { prepared, unsettled: prepared.operations.count, invalid: [] };
      chunks.push(chunk);
      admitted += prepared.rows;
      return chunk;
    },
    pass() {
      const open = chunks.findIndex((chunk) => chunk.unsettled > 0);
      return chunks.splice(0, open === -1 ? chunks.length : open);
    },
    rowsAdmitted: () => admitted,
    rowsPending: () => sum(({ prepared, unsettled }) => unsettled + prepared.rows - prepared.operations.count),
    bytesHeld: () => sum(({ prepared }) => prepared.raw.length + prepared.operations.body.length),
    size: () => chunks.length,
  };
}
