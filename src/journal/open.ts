import { chmodSync, existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError } from '../domain/errors.ts';
import { copyInMemory, openUnwritable } from './copy.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

export type Journal = Database.Database;

const BUSY_TIMEOUT_MS = 5_000;
const WAL_BYTES_MAX = 64 * 1024 * 1024;

const inodes = new WeakMap<Journal, number>();

/**
 * Opens (or creates) the journal: directory 0700 with a `.gitignore` of `*`, files 0600, WAL with synchronous=FULL.
 * A damaged, foreign or newer file is refused, never touched. Whatever links lead to it, `name` is the file's real path: what
 * stands beside the journal (WAL, lock, spools) belongs to the file and not to one of its names.
 */
export function openJournal(path: string, options: { readonly readonly?: boolean } = {}): Journal {
  if (options.readonly === true) return openForReading(path);
  try {
    prepareFolder(path);
    const real = realpathSync(path);
    assertOwnFile(real);
    const journal = new Database(real, { timeout: BUSY_TIMEOUT_MS });
    try {
      setUp(journal, real);
    } catch (error) {
      journal.close();
      throw error;
    }
    chmodSync(real, 0o600);
    inodes.set(journal, statSync(real).ino);
    return journal;
  } catch (error) {
    throw journalError(error, path);
  }
}

/** A look that writes nothing: the folder may be read-only, and a journal of an older version is brought up to date in a copy. */
function openForReading(path: string): Journal {
  if (!existsSync(path)) throw noJournal(path);
  try {
    const real = realpathSync(path);
    assertOwnFile(real);
    const journal = openAsItIs(real);
    if (versionOf(journal, path) === MIGRATIONS.length) return journal;
    const copy = copyInMemory(journal.serialize());
    journal.close();
    migrate(copy, numberPragma(copy, 'user_version'));
    return copy;
  } catch (error) {
    throw journalError(error, path);
  }
}

function openAsItIs(path: string): Journal {
  const journal = new Database(path, { timeout: BUSY_TIMEOUT_MS, readonly: true });
  try {
    numberPragma(journal, 'user_version');
    return journal;
  } catch (error) {
    journal.close();
    if (/^SQLITE_(CANTOPEN|READONLY)/.test(codeOf(error)) && statSync(path).isFile()) return openUnwritable(path);
    throw error;
  }
}

/** SQLite keeps a WAL for every name of a file: with two names, each process would miss, and then damage, what the other wrote. */
function assertOwnFile(path: string): void {
  const found = statSync(path);
  if (!found.isFile()) throw new CioBulkError('usage', `the journal ${path} is not a file`, { hint: 'name a file with --journal, such as journal.db in that folder' });
  if (found.nlink <= 1) return;
  throw new CioBulkError('journal_unwritable', `the journal ${path} has a second name (a hard link), and two processes that use both would damage it`, {
    hint: 'remove the other name, or give this one a file of its own: copy it, and move the copy over it',
  });
}

/** The version of its schema; 0 for an empty file. Refuses what is not ours, or newer than we are. */
function versionOf(journal: Journal, path: string): number {
  const version = numberPragma(journal, 'user_version');
  const owner = numberPragma(journal, 'application_id');
  const isEmpty = version === 0 && owner === 0 && journal.prepare('SELECT count(*) FROM sqlite_master').pluck().get() === 0;
  if (!isEmpty && owner !== APPLICATION_ID) throw new CioBulkError('journal_damaged', `${path} is not a journal of cio-bulk`, { hint: 'choose another file with --journal' });
  if (version > MIGRATIONS.length)
    throw new CioBulkError('journal_newer', `${path} was written by a newer cio-bulk (schema ${version}, this one knows ${MIGRATIONS.length})`, {
      hint: 'update cio-bulk, or choose another file with --journal',
    });
  return version;
}

function setUp(journal: Journal, path: string): void {
  const version = versionOf(journal, path);
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
    makeFolder(folder);
    writeFileSync(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
  }
  if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600, flag: 'a' });
}

/** Node's own `recursive` never returns where the system says of a folder in an existing one that it is not there (/proc). */
function makeFolder(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error; // another process was faster
  }
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

/** What SQLite's trouble, or the file system's, means for the user. */
export function journalError(error: unknown, path: string): unknown {
  if (error instanceof CioBulkError) return error;
  const code = codeOf(error);
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return new CioBulkError('journal_damaged', `the journal ${path} is damaged (${code})`, { hint: 'restore it from a copy, or move it away and start again: events keep their ids', cause: error });
  if (code.startsWith('SQLITE_BUSY'))
    return new CioBulkError('journal_locked', `the journal ${path} is busy in another process`, { hint: 'wait for it to end, or use another --journal', cause: error });
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(code) || isFileSystem(error, path))
    return new CioBulkError('journal_unwritable', `the journal ${path} cannot be written (${code})`, {
      hint: /^(SQLITE_FULL|ENOSPC|EDQUOT)$/.test(code) ? 'free some disk space and run the same command again' : 'name a place that can be written with --journal, or CIO_BULK_JOURNAL',
      cause: error,
    });
  return error;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** A call of the operating system failed, on the journal or its folder: no permission, a name too long, a file where a folder should be ... */
function isFileSystem(error: unknown, journalPath: string): boolean {
  if (!(error instanceof Error && 'syscall' in error)) return false;
  if (!('path' in error)) return /^(EACCES|EROFS|ENOSPC|EPERM|EDQUOT|EIO|EFBIG)$/.test(codeOf(error));
  const place = String(error.path);
  return journalPath.startsWith(place) || place.startsWith(dirname(journalPath));
}
