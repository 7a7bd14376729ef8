import { crashPoint } from '../domain/crash-point.ts';
import type { Change, Ledger, RowRanges, SettledRows } from '../domain/ledger.ts';
import { addTally, EMPTY_TALLY, type Tally, type UndeliveredState } from '../domain/outcome.ts';
import { rangesOf } from '../domain/row-ranges.ts';
import type { Journal } from './journal.ts';
import { findRun } from './runs.ts';

/** The ledger of a retry: rows move between the states of the same run, or leave the journal as delivered. */
export function createRetryLedger(journal: Journal, runId: number, now: () => number): Ledger {
  const moves = prepareMoves(journal);
  const apply = journal.transaction((change: Change) => applyChange(moves, runId, change, now()));
  let tally = findRun(journal, runId)?.tally ?? EMPTY_TALLY;
  const nextBatch =
    1 + Number(journal.prepare('SELECT coalesce(max(intent), 0) FROM undelivered WHERE run = ?').pluck().get(runId));

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

type Moves = ReturnType<typeof prepareMoves>;

/** A statement for each move of a row, and one for the counts. */
function prepareMoves(journal: Journal) {
  return {
    intend: journal.prepare('UPDATE undelivered SET intent = ? WHERE run = ? AND row BETWEEN ? AND ?'),
    withdraw: journal.prepare('UPDATE undelivered SET intent = NULL WHERE run = ? AND intent = ?'),
    stateOf: journal
      .prepare<[number, number], UndeliveredState>('SELECT state FROM undelivered WHERE run = ? AND row = ?')
      .pluck(),
    changeState: journal.prepare(
      'UPDATE undelivered SET state = ?, code = ?, reason = ?, payload = ?, single = ?, persons = ?, intent = NULL WHERE run = ? AND row = ?',
    ),
    deliver: journal
      .prepare<[number, number, number, number], UndeliveredState>(
        'DELETE FROM undelivered WHERE run = ? AND intent = ? AND row BETWEEN ? AND ? RETURNING state',
      )
      .pluck(),
    count: journal.prepare(
      'UPDATE runs SET delivered = delivered + ?, rejected = rejected + ?, failed = failed + ?, invalid = invalid + ?, unclear = unclear + ?, updated_at = ? WHERE id = ?',
    ),
  };
}

/** Writes everything that moves, and returns what that adds to the counters. */
function applyChange(moves: Moves, runId: number, change: Change, now: number): Tally {
  let moved = EMPTY_TALLY;
  for (const { batch, rows } of change.intents)
    for (const [first, last] of rows) moves.intend.run(batch, runId, first, last);
  for (const batch of change.withdrawn) moves.withdraw.run(runId, batch);
  for (const settled of change.settled) moved = addTally(moved, settle(moves, runId, settled));
  crashPoint('in retry settling');
  moves.count.run(moved.delivered, moved.rejected, moved.failed, moved.invalid, moved.unclear, now, runId);
  return moved;
}

function settle(moves: Moves, runId: number, { batch, rows, undelivered }: SettledRows): Tally {
  const moved = { ...EMPTY_TALLY };
  for (const { row, state, code, reason, payload, single, persons } of undelivered) {
    const before = moves.stateOf.get(runId, row);
    if (before === undefined) continue;
    moved[before]--;
    moved[state]++;
    moves.changeState.run(state, code, reason, payload, single, JSON.stringify(persons), runId, row);
  }
  if (batch === undefined) return moved;
  for (const [first, last] of rows)
    for (const before of moves.deliver.all(runId, batch, first, last)) {
      moved[before]--;
      moved.delivered++;
    }
  return moved;
}

function inDoubtRows(journal: Journal, runId: number): RowRanges {
  return rangesOf(
    journal
      .prepare<[number], number>('SELECT row FROM undelivered WHERE run = ? AND intent IS NOT NULL ORDER BY row')
      .pluck()
      .all(runId),
  );
}
