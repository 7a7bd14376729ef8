import type { PreparedChunk } from '../domain/chunk.ts';
import type { LedgerState } from '../domain/ledger.ts';
import { countRows, countWithin, createRowLookup } from '../domain/row-ranges.ts';
import { rowNumber, type WindowChunk } from './batch.ts';

/**
 * What earlier processes did, and where their rows are counted.
 *
 * Rows up to the checkpoint are done, and not read again: they are *before*. Of the rows beyond it, some are settled already: they are
 * *ahead* until they are read again, and are then recognised and not sent. Rows in doubt (intended, never settled) are sent again.
 */
export interface Resumption {
  /** Rows read by the run that never enter the window of this process. */
  rowsBefore(): number;
  /** Rows that earlier processes settled, and that have not been read again yet. */
  rowsAhead(): number;
  /** Whether an earlier process has settled this row. Asked once a row, when it has been read again. */
  recognises(chunk: WindowChunk, index: number): boolean;
  /** The chunk without rows that an earlier process has sent and this one would leave out. */
  withoutSettledSkips(chunk: PreparedChunk): PreparedChunk;
}

export function createResumption({ checkpoint, settled }: Pick<LedgerState, 'checkpoint' | 'settled'>): Resumption {
  const isSettled = createRowLookup(settled);
  let before = checkpoint?.row ?? 0;
  let ahead = countRows(settled);

  /** Settled rows among those that the chunk leaves out. */
  function settledSkips({ start, rows, operations }: PreparedChunk): number {
    let count = countWithin(settled, start.row + 1, start.row + rows);
    for (const index of operations.rows) if (count > 0 && isSettled(start.row + index + 1)) count--;
    return count;
  }

  return {
    rowsBefore: () => before,
    rowsAhead: () => ahead,
    recognises(chunk, index) {
      if (settled.length === 0 || !isSettled(rowNumber(chunk, index))) return false;
      ahead--;
      return true;
    },
    withoutSettledSkips(chunk) {
      // --skip-recent may have come later, or look back on other rows. The row is settled and counted: here it is neither read nor skipped.
      const count = settled.length === 0 ? 0 : settledSkips(chunk);
      if (count === 0) return chunk;
      before += count;
      ahead -= count;
      const unchanged = chunk.unchanged?.filter((index) => !isSettled(chunk.start.row + index + 1));
      return {
        ...chunk,
        rows: chunk.rows - count,
        skipped: lessSkipped(chunk.skipped, count),
        ...(unchanged ? { unchanged } : {}),
      };
    },
  };
}

/** `count` fewer, whatever the reason. */
function lessSkipped(skipped: PreparedChunk['skipped'], count: number): PreparedChunk['skipped'] {
  let left = count;
  const entries = Object.entries(skipped).map(([reason, rows]) => {
    const less = Math.min(left, rows);
    left -= less;
    return [reason, rows - less] as const;
  });
  return Object.fromEntries(entries);
}
