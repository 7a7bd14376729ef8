import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Change, Ledger, LedgerState, RowRanges, SettledRows, UndeliveredRow } from '../domain/ledger.ts';
import { addTally, EMPTY_TALLY, type Tally } from '../domain/outcome.ts';
import { decodeRanges, encodeRanges, mergeRanges, rangesAfter, subtractRanges } from '../domain/row-ranges.ts';
import { assertInPlace, journalError, type Journal } from './open.ts';
import { findRun } from './runs.ts';
import { lookAtWal } from './wal-watch.ts';

/** Settled batches beyond the checkpoint are merged into one record when there are more than this. */
const BEYOND_MAX = 256;

/** The ledger of a run that reads a source: a checkpoint, the batches beyond it, undelivered rows, counters. */
export function createImportLedger(journal: Journal, runId: number, now: () => number): Ledger {
  const insertIntent = journal.prepare("INSERT INTO beyond (run, batch, state, rows, last_row) VALUES (?, ?, 'intent', ?, ?)");
  const dropIntent = journal.prepare("DELETE FROM beyond WHERE run = ? AND batch = ? AND state = 'intent'");
  const settleIntent = journal.prepare("UPDATE beyond SET state = 'settled', rows = ?, last_row = ? WHERE run = ? AND batch = ? AND state = 'intent'");
  const insertSettled = journal.prepare("INSERT INTO beyond (run, batch, state, rows, last_row) VALUES (?, ?, 'settled', ?, ?)");
  const dropPassed = journal.prepare("DELETE FROM beyond WHERE run = ? AND state = 'settled' AND last_row <= ?");
  const dropPassedIntents = journal.prepare("DELETE FROM beyond WHERE run = ? AND state = 'intent' AND last_row <= ?");
  const insertUndelivered = journal.prepare(
    `INSERT INTO undelivered (run, row, line, state, code, reason, column_number, field, persons, payload, single, record)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const moveCheckpoint = journal.prepare(
    'UPDATE runs SET row = ?, line = ?, offset = ?, hash = ?, unended_line = ?, unended_offset = ?, unended_hash = ? WHERE id = ? AND row <= ?',
  );
  const moveReach = journal.prepare('UPDATE runs SET reach_row = ?, reach_offset = ?, reach_hash = ? WHERE id = ? AND reach_row < ?');
  const count = journal.prepare(
    `UPDATE runs SET delivered = delivered + ?, rejected = rejected + ?, failed = failed + ?, invalid = invalid + ?,
       skipped = skipped + ?, unclear = unclear + ?, rows_read = max(rows_read, ?), updated_at = ? WHERE id = ?`,
  );
  const countSettled = journal.prepare<[number], number>("SELECT count(*) FROM beyond WHERE run = ? AND state = 'settled'").pluck();
  const readSettled = journal.prepare<[number], { batch: number; rows: string }>("SELECT batch, rows FROM beyond WHERE run = ? AND state = 'settled'");
  const dropSettled = journal.prepare("DELETE FROM beyond WHERE run = ? AND state = 'settled'");

  let nextBatch = Number(journal.prepare('SELECT coalesce(max(batch), 0) + 1 FROM beyond WHERE run = ?').pluck().get(runId));
  // Records without a batch of their own (rows set aside, merged records) get negative numbers: batches keep theirs.
  let nextRecord = Math.min(0, Number(journal.prepare('SELECT coalesce(min(batch), 0) FROM beyond WHERE run = ?').pluck().get(runId))) - 1;
  let tally = currentTally();
  let settledRecords = countSettled.get(runId) ?? 0;

  function currentTally(): Tally {
    return findRun(journal, runId)?.tally ?? EMPTY_TALLY;
  }

  const apply = journal.transaction((change: Change): Tally => {
    let moved = EMPTY_TALLY;
    if (change.reach) moveReach.run(change.reach.row, change.reach.offset, change.reach.hash, runId, change.reach.row);
    for (const { batch, rows } of change.intents) insertIntent.run(runId, batch, encodeRanges(rows), lastRow(rows));
    for (const batch of change.withdrawn) dropIntent.run(runId, batch);
    for (const rows of change.settled) {
      settle(rows);
      crashPoint('in settling');
      moved = addTally(moved, tallyOf(rows));
    }
    if (change.passed) {
      const { position, skipped, invalid, unended } = change.passed;
      for (const row of invalid) insertRow(row);
      moved = addTally(moved, { ...EMPTY_TALLY, skipped, invalid: invalid.length });
      const { row, line, offset, hash } = position;
      moveCheckpoint.run(row, line, offset, hash, unended?.line ?? 0, unended?.offset ?? 0, unended?.hash ?? null, runId, row);
      crashPoint('in checkpoint');
      settledRecords -= dropPassed.run(runId, position.row).changes;
      dropPassedIntents.run(runId, position.row); // left behind by a process that died; their rows went again in other batches
    }
    if (settledRecords > BEYOND_MAX) mergeRecords();
    count.run(moved.delivered, moved.rejected, moved.failed, moved.invalid, moved.skipped, moved.unclear, change.rowsRead, now(), runId);
    return moved;
  });

  function settle({ batch, rows, undelivered, inDoubt }: SettledRows): void {
    if (rows.length > 0) {
      if (batch === undefined) insertSettled.run(runId, nextRecord--, encodeRanges(rows), lastRow(rows));
      else if (settleIntent.run(encodeRanges(rows), lastRow(rows), runId, batch).changes !== 1)
        throw new CioBulkError('tally_mismatch', `batch ${batch} of run ${runId} has no intent to settle`);
      settledRecords++;
    }
    if (inDoubt.length > 0 && rows.length > 0) insertIntent.run(runId, nextRecord--, encodeRanges(inDoubt), lastRow(inDoubt));
    for (const row of undelivered) insertRow(row);
  }

  function insertRow(row: UndeliveredRow): void {
    insertUndelivered.run(
      runId, row.row, row.line, row.state, row.code, row.reason, row.column, row.field,
      JSON.stringify(row.persons), row.payload, row.single, row.record,
    ); // prettier-ignore
  }

  function mergeRecords(): void {
    const merged = mergeRanges(readSettled.all(runId).flatMap(({ rows }) => [...decodeRanges(rows)]));
    dropSettled.run(runId);
    insertSettled.run(runId, nextRecord--, encodeRanges(merged), lastRow(merged));
    settledRecords = 1;
  }

  return {
    state(): LedgerState {
      const checkpoint = findRun(journal, runId)?.checkpoint ?? null;
      const records = journal.prepare<[number], { state: string; rows: string }>('SELECT state, rows FROM beyond WHERE run = ?').all(runId);
      const ranges = (state: string): RowRanges =>
        rangesAfter(mergeRanges(records.filter((record) => record.state === state).flatMap(({ rows }) => [...decodeRanges(rows)])), checkpoint?.row ?? 0);
      const settled = ranges('settled');
      return { tally, checkpoint, settled, inDoubt: subtractRanges(ranges('intent'), settled), failedPersons: failedPersons(journal, runId), nextBatch };
    },
    commit(change) {
      const recordsBefore = settledRecords;
      try {
        assertInPlace(journal);
        lookAtWal(journal);
        tally = addTally(tally, apply.immediate(change));
        nextBatch = Math.max(nextBatch, ...change.intents.map(({ batch }) => batch + 1));
      } catch (error) {
        settledRecords = recordsBefore;
        throw journalError(error, journal.name);
      }
    },
    tally: () => tally,
    finish: journal.transaction(() => {
      journal.prepare("UPDATE runs SET state = 'finished', updated_at = ? WHERE id = ? AND state = 'open'").run(now(), runId);
      journal.prepare('DELETE FROM beyond WHERE run = ?').run(runId);
    }).immediate,
  };
}

function failedPersons(journal: Journal, runId: number): string[] {
  const lists = journal.prepare<[number], string>("SELECT DISTINCT persons FROM undelivered WHERE run = ? AND state = 'failed'").pluck().all(runId);
  return lists.flatMap((text) => JSON.parse(text) as string[]);
}

function tallyOf({ delivered, undelivered }: SettledRows): Tally {
  const tally = { ...EMPTY_TALLY, delivered };
  for (const { state } of undelivered) tally[state]++;
  return tally;
}

function lastRow(rows: RowRanges): number {
  return rows.at(-1)?.[1] ?? 0;
}
