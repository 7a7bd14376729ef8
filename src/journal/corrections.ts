import { crashPoint } from '../domain/crash-point.ts';
import { hashPerson } from '../domain/person.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import { EMPTY_TALLY, type UndeliveredState } from '../domain/outcome.ts';
import type { Journal } from './journal.ts';
import { undeliveredRows } from './undelivered.ts';

/** What an undelivered row becomes once it is corrected. */
export type Correction = Pick<UndeliveredRow, 'row' | 'code' | 'reason' | 'persons' | 'payload' | 'single' | 'record'>;

/**
 * Replaces rows in the journal by their corrections, in one transaction and before any of them is sent, so that every later retry
 * sends the corrected version. The rows are `failed` until they arrive, so that later rows of the same persons wait for them. An
 * intent is kept: what was sent before the correction is still in doubt.
 */
export function storeCorrections(
  journal: Journal,
  runId: number,
  corrections: readonly Correction[],
  now: number,
): void {
  if (corrections.length === 0) return;
  const stateOf = journal
    .prepare<[number, number], UndeliveredState>('SELECT state FROM undelivered WHERE run = ? AND row = ?')
    .pluck();
  const replace = journal.prepare(
    `UPDATE undelivered SET state = 'failed', code = ?, reason = ?, column_number = NULL, field = NULL, persons = ?, payload = ?, single = ?, record = ?
     WHERE run = ? AND row = ?`,
  );
  const count = journal.prepare(
    'UPDATE runs SET rejected = rejected + ?, failed = failed + ?, invalid = invalid + ?, unclear = unclear + ?, updated_at = ? WHERE id = ?',
  );
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
 * The chosen rows plus every failed row of the same persons. A row left out would be sent later and overwrite the newer value. A row
 * that names several persons (a merge, an alias) ties them together.
 */
export function withRowsOfSamePersons(
  journal: Journal,
  runId: number,
  chosen: ReadonlySet<number>,
): ReadonlySet<number> {
  const rows = new Set(chosen);
  const persons = new Set<number>(); // hashes: of a name that another row tied to the person no more is known
  for (let size = -1; size !== persons.size;) {
    size = persons.size;
    for (const row of undeliveredRows(journal, runId, ['failed'])) {
      if (!rows.has(row.row) && !row.persons.some((person) => persons.has(hashPerson(person)))) continue;
      rows.add(row.row);
      for (const person of row.persons) persons.add(hashPerson(person));
    }
  }
  return rows;
}

/** Of failed rows that shall be sent, those that need not wait for one that must not: for `refused` ones, or for rows of the same persons behind them. */
export function withoutRowsBehind(
  journal: Journal,
  runId: number,
  wanted: ReadonlySet<number>,
  refused: ReadonlySet<number>,
): ReadonlySet<number> {
  const free = new Set(wanted);
  const held = new Set<number>();
  if (refused.size === 0) return free;
  for (const row of undeliveredRows(journal, runId, ['failed'])) {
    const names = row.persons.map(hashPerson);
    if (!refused.has(row.row) && !names.some((name) => held.has(name))) continue;
    free.delete(row.row);
    for (const name of names) held.add(name);
  }
  return free;
}
