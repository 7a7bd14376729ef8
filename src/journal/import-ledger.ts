import { crashPoint } from '../domain/crash-point.ts';
import type { Change, Ledger, LedgerState, Passed, SettledRows } from '../domain/ledger.ts';
import { addTally, EMPTY_TALLY, type Tally } from '../domain/outcome.ts';
import { rangesAfter, subtractRanges } from '../domain/row-ranges.ts';
import { createBeyond, type Beyond } from './beyond.ts';
import type { Journal } from './journal.ts';
import { createRunProgress, type RunProgress } from './run-progress.ts';
import { findRun, setRunState } from './runs.ts';
import { failedPersons, undeliveredInsert, type InsertUndelivered } from './undelivered.ts';

/** The ledger of a run that reads a source: a checkpoint, the batches beyond it, undelivered rows, counters. */
export function createImportLedger(journal: Journal, runId: number, now: () => number): Ledger {
  const beyond = createBeyond(journal, runId);
  const progress = createRunProgress(journal, runId, now);
  const tables = { beyond, progress, insertRow: undeliveredInsert(journal, runId) };
  const apply = journal.transaction((change: Change) => applyChange(tables, change));
  const finish = journal.transaction(() => {
    setRunState(journal, runId, 'finished', now());
    beyond.clear();
  });
  let tally = findRun(journal, runId)?.tally ?? EMPTY_TALLY;
  let nextBatch = beyond.nextBatch();

  return {
    state(): LedgerState {
      const checkpoint = findRun(journal, runId)?.checkpoint ?? null;
      const row = checkpoint?.row ?? 0;
      const settled = rangesAfter(beyond.rows('settled'), row);
      const inDoubt = subtractRanges(rangesAfter(beyond.rows('intent'), row), settled);
      return { tally, checkpoint, settled, inDoubt, failedPersons: failedPersons(journal, runId), nextBatch };
    },
    commit(change) {
      tally = addTally(tally, apply(change));
      nextBatch = Math.max(nextBatch, ...change.intents.map(({ batch }) => batch + 1));
    },
    tally: () => tally,
    finish,
  };
}

/** What a change is written to. */
interface Tables {
  readonly beyond: Beyond;
  readonly progress: RunProgress;
  readonly insertRow: InsertUndelivered;
}

/** Writes everything that moves, and returns what that adds to the counters. */
function applyChange(tables: Tables, change: Change): Tally {
  const { beyond, progress } = tables;
  let moved = EMPTY_TALLY;
  if (change.reach) progress.reach(change.reach);
  for (const { batch, rows } of change.intents) beyond.intend(batch, rows);
  for (const batch of change.withdrawn) beyond.withdraw(batch);
  for (const rows of change.settled) {
    settle(tables, rows);
    crashPoint('in settling');
    moved = addTally(moved, tallyOf(rows));
  }
  if (change.passed) {
    pass(tables, change.passed);
    moved = addTally(moved, { ...EMPTY_TALLY, skipped: change.passed.skipped, invalid: change.passed.invalid.length });
  }
  beyond.mergeSettled();
  progress.count(moved, change.rowsRead);
  return moved;
}

function settle({ beyond, insertRow }: Tables, { batch, rows, undelivered, inDoubt }: SettledRows): void {
  if (rows.length > 0) beyond.settle(batch, rows);
  if (rows.length > 0 && inDoubt.length > 0) beyond.leaveInDoubt(inDoubt); // without settled rows, the intent stays as it is
  for (const row of undelivered) insertRow(row);
}

function pass({ beyond, progress, insertRow }: Tables, { position, invalid, unended }: Passed): void {
  for (const row of invalid) insertRow(row);
  progress.moveCheckpoint(position, unended);
  crashPoint('in checkpoint');
  beyond.passTo(position.row);
}

function tallyOf({ delivered, skipped = 0, undelivered }: SettledRows): Tally {
  const tally = { ...EMPTY_TALLY, delivered, skipped };
  for (const { state } of undelivered) tally[state]++;
  return tally;
}
