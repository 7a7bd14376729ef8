import { crashPoint } from '../domain/crash-point.ts';
import type { Change, Ledger, RowRanges, SettledRows } from '../domain/ledger.ts';
import { addTally, EMPTY_TALLY, type Tally, type UndeliveredState } from '../domain/outcome.ts';
import { rangesOf } from '../domain/row-ranges.ts';
import type { Journal } from './journal.ts';
import { findRun } from './runs.ts';

/** The ledger of a retry: rows move between the states of the same run, or leave the journal as delivered. */
export function createRetryLedger(journal: Journal, runId: number, now: () => number): Ledger {
  const setIntent = journal.prepare('UPDATE undelivered SET intent = ? WHERE run = ? AND row BETWEEN ? AND ?');
  const dropIntent = journal.prepare('UPDATE undelivered SET intent = NULL WHERE run = ? AND intent = ?');
  const stateOf = journal
    .prepare<[number, number], UndeliveredState>('SELECT state FROM undelivered WHERE run = ? AND row = ?')
    .pluck();
  const update = journal.prepare(
    'UPDATE undelivered SET state = ?, code = ?, reason = ?, payload = ?, single = ?, persons = ?, intent = NULL WHERE run = ? AND row = ?',
  );
  const deliver = journal
    .prepare<[number, number, number, number], UndeliveredState>(
      'DELETE FROM undelivered WHERE run = ? AND intent = ? AND row BETWEEN ? AND ? RETURNING state',
    )
    .pluck();
  const count = journal.prepare(
    `UPDATE runs SET delivered = delivered + ?, rejected = rejected + ?, failed = failed + ?, invalid = invalid + ?, unclear = unclear + ?, updated_at = ? WHERE id = ?`,
  );
  let tally = findRun(journal, runId)?.tally ?? EMPTY_TALLY;
  const nextBatch =
    1 + Number(journal.prepare('SELECT coalesce(max(intent), 0) FROM undelivered WHERE run = ?').pluck().get(runId));

  const apply = journal.transaction((change: Change): Tally => {
    let moved = EMPTY_TALLY;
    for (const { batch, rows } of change.intents)
      for (const [first, last] of rows) setIntent.run(batch, runId, first, last);
    for (const batch of change.withdrawn) dropIntent.run(runId, batch);
    for (const settled of change.settled) moved = addTally(moved, settle(settled));
    crashPoint('in retry settling');
    count.run(moved.delivered, moved.rejected, moved.failed, moved.invalid, moved.unclear, now(), runId);
    return moved;
  });

  function settle({ batch, rows, undelivered }: SettledRows): Tally {
    const moved = { ...EMPTY_TALLY };
    for (const row of undelivered) {
      const before = stateOf.get(runId, row.row);
      if (before === undefined) continue;
      moved[before]--;
      moved[row.state]++;
      update.run(row.state, row.code, row.reason, row.payload, row.single, JSON.stringify(row.persons), runId, row.row);
    }
    if (batch === undefined) return moved;
    for (const [first, last] of rows)
      for (const before of deliver.all(runId, batch, first, last)) {
        moved[before]--;
        moved.delivered++;
      }
    return moved;
  }

  return {
    state: () => ({
      tally,
      checkpoint: null,
      settled: [],
      inDoubt: inDoubtRows(journal, runId),
      failedPersons: [],
      nextBatch,
    }),
    commit(change) {
      tally = addTally(tally, apply(change));
    },
    tally: () => tally,
    finish: () => undefined, // a retry does not know whether the source was read to its end
  };
}

function inDoubtRows(journal: Journal, runId: number): RowRanges {
  return rangesOf(
    journal
      .prepare<[number], number>('SELECT row FROM undelivered WHERE run = ? AND intent IS NOT NULL ORDER BY row')
      .pluck()
      .all(runId),
  );
}
