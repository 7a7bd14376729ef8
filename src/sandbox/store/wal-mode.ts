import type Database from 'better-sqlite3';

/** WAL mode, also for the second of two sandboxes that open a new file at once: SQLite refuses that one without waiting, whatever its busy timeout. */
export function switchToWal(db: Database.Database, patienceMs: number): void {
  const deadline = performance.now() + patienceMs;
  while (!isInWal(db, performance.now() < deadline)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}

function isInWal(db: Database.Database, mayFail: boolean): boolean {
  try {
    return db.pragma('journal_mode = WAL', { simple: true }) === 'wal';
  } catch (error) {
    if (mayFail && error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return false;
    throw error;
  }
}
