import { settledRows, type Tally } from '../domain/outcome.ts';

/** How far a run has come. Every row that was read is settled or pending. */
export interface RunProgress {
  readonly tally: Tally;
  readonly rowsRead: number;
  readonly pending: number;
  /** Those of the pending rows that are known to be invalid. */
  readonly invalidAhead: number;
  /** Bytes of the source read and settled up to the checkpoint. */
  readonly offset: number;
}

export interface RunEnd extends RunProgress {
  /** The source was read to its end and every row is settled. */
  readonly finished: boolean;
  readonly inDoubtResent: number;
}

/** Whether the counts of a run add up. A mismatch is a bug, and it is said. */
export function addsUp({ tally, rowsRead, pending }: RunProgress): boolean {
  return rowsRead === settledRows(tally) + pending;
}
