import { chmodSync, closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { switchToWal } from './wal-mode.ts';
import { SCHEMA } from './schema.ts';

export type Db = Database.Database;

/** How long a statement waits for another sandbox that still holds the same file. */
const BUSY_TIMEOUT_MS = 15_000;
/** Pages kept in memory, the only part of the store that grows. This is its limit. */
const CACHE_KIB = 64_000;
const OWNER_ONLY = 0o600;

/**
 * Opens the workspace of a sandbox. Without a file it lives in a temporary one that SQLite itself deletes. WAL without
 * fsync: what was committed survives the death of any process, though not a power cut.
 */
export function openDatabase(file: string | undefined): Db {
  if (file !== undefined) {
    closeSync(openSync(file, 'a', OWNER_ONLY));
    chmodSync(file, OWNER_ONLY);
  }
  const db = new Database(file ?? '', { timeout: BUSY_TIMEOUT_MS });
  db.pragma('page_size = 4096');
  if (file === undefined) db.pragma('journal_mode = MEMORY');
  else switchToWal(db, BUSY_TIMEOUT_MS);
  db.pragma('synchronous = OFF');
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma('wal_autocheckpoint = 4000');
  db.exec(SCHEMA);
  return db;
}
