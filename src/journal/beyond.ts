import { CioBulkError } from '../domain/errors.ts';
import type { RowRanges } from '../domain/ledger.ts';
import { decodeRanges, encodeRanges, mergeRanges } from '../domain/row-ranges.ts';
import type { Journal } from './journal.ts';

/** Settled records are merged into one when there are more than this. */
const SETTLED_MAX = 256;

type State = 'intent' | 'settled';

/**
 * The rows of a run beyond its checkpoint, in records of two states. A batch about to be sent is an `intent`. When its rows have
 * an outcome, it becomes `settled`, or it is withdrawn when it was never sent. A record goes when the checkpoint passes its last row.
 *
 * Records without a batch of their own (rows set aside, merged records) have negative numbers, so that batches keep theirs.
 * All moves belong in a transaction of the caller.
 */
export interface Beyond {
  intend(batch: number, rows: RowRanges): void;
  withdraw(batch: number): void;
  /** Settles the rows of a batch, which must be an intent; without a batch, of rows that never had one. */
  settle(batch: number | undefined, rows: RowRanges): void;
  /** Rows of a settled batch that stay in doubt. */
  leaveInDoubt(rows: RowRanges): void;
  /** The checkpoint is at `row`. */
  passTo(row: number): void;
  /** Keeps the table small however many batches are settled while one before them waits. */
  mergeSettled(): void;
  rows(state: State): RowRanges;
  nextBatch(): number;
  clear(): void;
}

export function createBeyond(journal: Journal, run: number): Beyond {
  const insertIntent = journal.prepare(
    "INSERT INTO beyond (run, batch, state, rows, last_row) VALUES (?, ?, 'intent', ?, ?)",
  );
  const dropIntent = journal.prepare("DELETE FROM beyond WHERE run = ? AND batch = ? AND state = 'intent'");
  const settleIntent = journal.prepare(
    "UPDATE beyond SET state = 'settled', rows = ?, last_row = ? WHERE run = ? AND batch = ? AND state = 'intent'",
  );
  const insertRecord = journal.prepare(
    'INSERT INTO beyond (run, batch, state, rows, last_row) SELECT ?, min(0, coalesce(min(batch), 0)) - 1, ?, ?, ? FROM beyond WHERE run = ?',
  );
  const dropPassed = journal.prepare('DELETE FROM beyond WHERE run = ? AND last_row <= ?');
  const countSettled = journal
    .prepare<[number], number>("SELECT count(*) FROM beyond WHERE run = ? AND state = 'settled'")
    .pluck();
  const dropSettled = journal.prepare("DELETE FROM beyond WHERE run = ? AND state = 'settled'");
  const rowsIn = journal
    .prepare<[number, State], string>('SELECT rows FROM beyond WHERE run = ? AND state = ?')
    .pluck();
  const lastBatch = journal.prepare<[number], number | null>('SELECT max(batch) FROM beyond WHERE run = ?').pluck();
  const dropAll = journal.prepare('DELETE FROM beyond WHERE run = ?');

  const add = (state: State, rows: RowRanges): void =>
    void insertRecord.run(run, state, encodeRanges(rows), lastRow(rows), run);
  const rows = (state: State): RowRanges => mergeRanges(rowsIn.all(run, state).flatMap((text) => decodeRanges(text)));

  return {
    intend: (batch, rows) => void insertIntent.run(run, batch, encodeRanges(rows), lastRow(rows)),
    withdraw: (batch) => void dropIntent.run(run, batch),
    settle(batch, rows) {
      if (batch === undefined) add('settled', rows);
      else if (settleIntent.run(encodeRanges(rows), lastRow(rows), run, batch).changes !== 1)
        throw new CioBulkError('tally_mismatch', `batch ${batch} of run ${run} has no intent to settle`);
    },
    leaveInDoubt: (rows) => add('intent', rows),
    // An intent that is passed was left behind by a process that died; its rows were sent again in other batches.
    passTo: (row) => void dropPassed.run(run, row),
    mergeSettled() {
      if ((countSettled.get(run) ?? 0) <= SETTLED_MAX) return;
      const merged = rows('settled');
      dropSettled.run(run);
      add('settled', merged);
    },
    rows,
    nextBatch: () => Math.max(0, lastBatch.get(run) ?? 0) + 1,
    clear: () => void dropAll.run(run),
  };
}

function lastRow(rows: RowRanges): number {
  return rows.at(-1)?.[1] ?? 0;
}
