import { crashPoint } from '../domain/crash-point.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import { EMPTY_TALLY, type UndeliveredState } from '../domain/outcome.ts';
import type { Journal } from './journal.ts';
import { undeliveredRows } from './undelivered.ts';

/** An undelivered row with what it shall be from now on. */
export type Correction = Pick<UndeliveredRow, 'row' | 'code' | 'reason' | 'persons' | 'payload' | 'single' | 'record'>;

/**
 * Corrections replace what the journal holds of their rows, all in one transaction, before a byte of them leaves: whoever sends these
 * rows from now on sends them as corrected. They are `failed` until they have arrived, so that their persons' later rows wait.
 * An intent stays: what was sent before is still in doubt.
 */
export function storeCorrections(journal: Journal, runId: number, corrections: readonly Correction[], now: number): void {
  if (corrections.length === 0) return;
  const stateOf = journal.prepare<[number, number], UndeliveredState>('SELECT state FROM undelivered WHERE run = ? AND row = ?').pluck();
  const replace = journal.prepare(
    `UPDATE undelivered SET state = 'failed', code = ?, reason = ?, column_number = NULL, field = NULL, persons = ?, payload = ?, single = ?, record = ?
     WHERE run = ? AND row = ?`,
  );
  const count = journal.prepare('UPDATE runs SET rejected = rejected + ?, failed = failed + ?, invalid = invalid + ?, unclear = unclear + ?, updated_at = ? WHERE id = ?');
  const store = journal.transaction(() => {
    const moved = { ...EMPTY_TALLY };
    for (const { row, code, reason, persons, payload, single, record } of corrections) {
      const before = stateOf.get(runId, row);
      if (before === undefined) continue;
      moved[before]--;
      moved.failed++;
      replace.run(code, reason, JSON.stringify(persons), payload, single, record, runId, row);
    }
    crashPoint('in corrections');
    count.run(moved.rejected, moved.failed, moved.invalid, moved.unclear, now, runId);
  });
  store();
  crashPoint('corrections stored');
}

/**
 * These rows, and every failed row of the same persons: one that stayed behind would go out later, over the newer value. Rows that
 * name several persons (a merge, an alias) tie them together.
 */
export function withRowsOfSamePersons(journal: Journal, runId: number, chosen: ReadonlySet<number>): ReadonlySet<number> {
  const rows = new Set(chosen);
  const persons = new Set<string>();
  for (let size = -1; size !== persons.size; ) {
    size = persons.size;
    for (const row of undeliveredRows(journal, runId, ['failed'])) {
      if (!rows.has(row.row) && !row.persons.some((person) => persons.has(person))) continue;
      rows.add(row.row);
      for (const person of row.persons) persons.add(person);
    }
  }
  return rows;
}
