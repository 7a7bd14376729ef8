import type { Position } from '../domain/chunk.ts';
import type { Tally } from '../domain/outcome.ts';
import type { Journal } from './journal.ts';

/** How far a run has come, in its row of `runs`. All moves belong in a transaction of the caller. */
export interface RunProgress {
  /** Rows up to here are known by number. */
  reach(position: Position): void;
  /** Rows up to here are settled without a gap. `unended` is the place before the last row, when that has no line end. */
  moveCheckpoint(position: Position, unended: Position | undefined): void;
  count(moved: Tally, rowsRead: number): void;
}

export function createRunProgress(journal: Journal, run: number, now: () => number): RunProgress {
  const moveReach = journal.prepare(
    'UPDATE runs SET reach_row = ?, reach_offset = ?, reach_hash = ? WHERE id = ? AND reach_row < ?',
  );
  const moveCheckpoint = journal.prepare(
    'UPDATE runs SET row = ?, line = ?, offset = ?, hash = ?, unended_line = ?, unended_offset = ?, unended_hash = ? WHERE id = ? AND row <= ?',
  );
  const count = journal.prepare(
    `UPDATE runs SET delivered = delivered + ?, rejected = rejected + ?, failed = failed + ?, invalid = invalid + ?,
       skipped = skipped + ?, unclear = unclear + ?, rows_read = max(rows_read, ?), updated_at = ? WHERE id = ?`,
  );

  return {
    reach: ({ row, offset, hash }) => void moveReach.run(row, offset, hash, run, row),
    moveCheckpoint({ row, line, offset, hash }, unended) {
      moveCheckpoint.run(
        row,
        line,
        offset,
        hash,
        unended?.line ?? 0,
        unended?.offset ?? 0,
        unended?.hash ?? null,
        run,
        row,
      );
    },
    count({ delivered, rejected, failed, invalid, skipped, unclear }, rowsRead) {
      count.run(delivered, rejected, failed, invalid, skipped, unclear, rowsRead, now(), run);
    },
  };
}
