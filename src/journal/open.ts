import { chmodSync, existsSync, realpathSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { CioBulkError } from '../domain/errors.ts';
import { switchToWal } from './wal-mode.ts';
import { copyInMemory, openUnwritable } from './copy.ts';
import { codeOf, journalError } from './errors.ts';
import { createJournal, type Journal } from './journal.ts';
import { migrate, numberPragma, schemaVersion } from './migrate.ts';
import { assertOwnFile, prepareFile } from './place.ts';
import { MIGRATIONS } from './schema.ts';

const BUSY_TIMEOUT_MS = 5_000;
const WAL_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Opens the journal, or creates it: folder 0700 with a `.gitignore` of `*`, files 0600, WAL mode with synchronous=FULL.
 * A file that is damaged, foreign or from a newer version is refused and left untouched.
 */
export function openJournal(path: string, options: { readonly readonly?: boolean } = {}): Journal {
  if (options.readonly === true) return openForReading(path);
  try {
    prepareFile(path);
    const real = realpathSync(path);
    assertOwnFile(real);
    const db = new Database(real, { timeout: BUSY_TIMEOUT_MS });
    try {
      setUp(db, real);
    } catch (error) {
      db.close();
      throw error;
    }
    chmodSync(real, 0o600);
    return createJournal(db, real);
  } catch (error) {
    throw journalError(error, path);
  }
}

/** Writes nothing: the folder may be read-only, and a journal of an older version is brought up to date in a copy. */
function openForReading(path: string): Journal {
  if (!existsSync(path))
    throw new CioBulkError('no_such_run', `there is no journal at ${path}`, {
      hint: 'run an import first, or name the journal with --journal',
    });
  try {
    const real = realpathSync(path);
    assertOwnFile(real);
    const db = openAsItIs(real);
    const version = schemaVersion(db, path);
    if (version === MIGRATIONS.length) return createJournal(db, real);
    const copy = copyInMemory(db.serialize());
    db.close();
    migrate(copy, version);
    return createJournal(copy, real);
  } catch (error) {
    throw journalError(error, path);
  }
}

function openAsItIs(path: string): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS, readonly: true });
  try {
    numberPragma(db, 'user_version');
    return db;
  } catch (error) {
    db.close();
    if (/^SQLITE_(CANTOPEN|READONLY)/.test(codeOf(error)) && statSync(path).isFile()) return openUnwritable(path);
    throw error;
  }
}

function setUp(db: Database.Database, path: string): void {
  const version = schemaVersion(db, path);
  switchToWal(db, BUSY_TIMEOUT_MS);
  // better-sqlite3 is compiled with NORMAL as the default in WAL mode, so FULL is set at every open, and read back.
  db.pragma('synchronous = FULL');
  if (numberPragma(db, 'synchronous') !== 2)
    throw new CioBulkError('journal_unwritable', `${path}: SQLite did not accept synchronous=FULL`);
  db.pragma('foreign_keys = ON');
  db.pragma(`journal_size_limit = ${WAL_BYTES_MAX}`);
  db.pragma('wal_autocheckpoint = 1000');
  migrate(db, version);
}
