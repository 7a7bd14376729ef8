import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError } from '../domain/errors.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

export type Journal = Database.Database;

const BUSY_TIMEOUT_MS = 5_000;
const WAL_BYTES_MAX = 64 * 1024 * 1024;

const inodes = new WeakMap<Journal, number>();

/**
 * Opens (or creates) the journal: directory 0700 with a `.gitignore` of `*`, files 0600, WAL with synchronous=FULL.
 * A damaged, foreign or newer file is refused, never touched.
 */
export function openJournal(path: string, options: { readonly readonly?: boolean } = {}): Journal {
  const readonly = options.readonly ?? false;
  if (readonly && !existsSync(path)) throw noJournal(path);
  try {
    if (!readonly) prepareFolder(path);
    const journal = new Database(path, { timeout: BUSY_TIMEOUT_MS, readonly });
    try {
      setUp(journal, path, readonly);
    } catch (error) {
      journal.close();
      throw error;
    }
    if (!readonly) chmodSync(path, 0o600);
    inodes.set(journal, statSync(path).ino);
    return journal;
  } catch (error) {
    throw journalError(error, path);
  }
}

function setUp(journal: Journal, path: string, readonly: boolean): void {
  const version = numberPragma(journal, 'user_version');
  const owner = numberPragma(journal, 'application_id');
  const isEmpty = version === 0 && owner === 0 && journal.prepare('SELECT count(*) FROM sqlite_master').pluck().get() === 0;
  if (!isEmpty && owner !== APPLICATION_ID) throw new CioBulkError('journal_damaged', `${path} is not a journal of cio-bulk`, { hint: 'choose another file with --journal' });
  if (version > MIGRATIONS.length)
    throw new CioBulkError('journal_newer', `${path} was written by a newer cio-bulk (schema ${version}, this one knows ${MIGRATIONS.length})`, {
      hint: 'update cio-bulk, or choose another file with --journal',
    });
  if (readonly) return;
  journal.pragma('journal_mode = WAL');
  // better-sqlite3 is built with NORMAL as the default for WAL: said again on every open, and read back.
  journal.pragma('synchronous = FULL');
  if (numberPragma(journal, 'synchronous') !== 2) throw new CioBulkError('journal_unwritable', `${path}: SQLite did not accept synchronous=FULL`);
  journal.pragma('foreign_keys = ON');
  journal.pragma(`journal_size_limit = ${WAL_BYTES_MAX}`);
  journal.pragma('wal_autocheckpoint = 1000');
  migrate(journal, version);
}

function migrate(journal: Journal, from: number): void {
  if (from === MIGRATIONS.length) return;
  journal
    .transaction(() => {
      // Another process may have been faster: the version is read again under the write lock.
      for (let version = numberPragma(journal, 'user_version'); version < MIGRATIONS.length; version++) {
        journal.exec(MIGRATIONS[version] ?? '');
        crashPoint('in migration');
        journal.pragma(`user_version = ${version + 1}`);
      }
      journal.pragma(`application_id = ${APPLICATION_ID}`);
    })
    .immediate();
  crashPoint('after migration');
}

function prepareFolder(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
  }
  if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600, flag: 'a' });
}

function numberPragma(journal: Journal, name: string): number {
  return Number(journal.pragma(name, { simple: true }));
}

function noJournal(path: string): CioBulkError {
  return new CioBulkError('no_such_run', `there is no journal at ${path}`, { hint: 'run an import first, or name the journal with --journal' });
}

/**
 * A journal that was deleted or replaced while it was open takes writes as before, into a file that nobody will find again.
 * Whoever settles asks first.
 */
export function assertInPlace(journal: Journal): void {
  if (statSync(journal.name, { throwIfNoEntry: false })?.ino === inodes.get(journal)) return;
  throw new CioBulkError('journal_unwritable', `the journal ${journal.name} was deleted or replaced while the run went on`, {
    hint: 'put it back if you can; without it the file is sent again from the start (events keep their ids and count once)',
  });
}

/** What SQLite's trouble means for the user. */
export function journalError(error: unknown, path: string): unknown {
  if (error instanceof CioBulkError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return new CioBulkError('journal_damaged', `the journal ${path} is damaged (${code})`, { hint: 'restore it from a copy, or move it away and start again: events keep their ids', cause: error });
  if (code.startsWith('SQLITE_BUSY'))
    return new CioBulkError('journal_locked', `the journal ${path} is busy in another process`, { hint: 'wait for it to end, or use another --journal', cause: error });
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)|^(EACCES|EROFS|ENOSPC|EPERM|ENOTDIR|EDQUOT|EISDIR)$/.test(code))
    return new CioBulkError('journal_unwritable', `the journal ${path} cannot be written (${code})`, {
      hint: code === 'SQLITE_FULL' || code === 'ENOSPC' ? 'free some disk space and run the same command again' : 'check the folder, or choose another with --journal',
      cause: error,
    });
  return error;
}
