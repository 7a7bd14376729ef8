const PAUSE_MS = 10;

/**
 * Switches a SQLite database to WAL mode. Two processes that open a new file at once may both try, and SQLite refuses one of them without
 * waiting: the busy timeout does not hold for this pragma. Throws what SQLite throws when it is still refused after `patienceMs`.
 */
export function switchToWal(db: { pragma(source: string): unknown }, patienceMs: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
      if (!isBusy || performance.now() >= deadline) throw error;
      Atomics.wait(pause, 0, 0, PAUSE_MS);
    }
  }
}
