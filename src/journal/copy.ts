import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CioBulkError } from '../domain/errors.ts';

/** Where SQLite's header says that a database is in WAL mode: write and read version (file format, 1.3). */
const FORMAT_BYTES = [18, 19];
const ROLLBACK = 1;

/** A database in memory with this content. What is done to it, nobody else sees. */
export function copyInMemory(content: Buffer): Database.Database {
  for (const at of FORMAT_BYTES) content[at] = ROLLBACK; // there is no WAL in memory
  return new Database(content);
}

function temporaryFolder(path: string): string {
  try {
    return mkdtempSync(join(tmpdir(), 'cio-bulk-'));
  } catch (error) {
    throw new CioBulkError('journal_unwritable', `the journal ${path} cannot be written, its last process has left a WAL behind, and there is no room for a copy of both in ${tmpdir()}`, {
      hint: 'name another place with TMPDIR',
      cause: error,
    });
  }
}

/**
 * A look at a journal whose folder cannot be written. SQLite wants to put its index of the WAL there, so a copy is looked at:
 * in memory, or, where the last process left a WAL behind, in a temporary folder.
 */
export function openUnwritable(path: string): Database.Database {
  const hasWal = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (!hasWal) return copyInMemory(readFileSync(path));
  const folder = temporaryFolder(path);
  try {
    const copy = join(folder, 'journal.db');
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    const journal = new Database(copy);
    try {
      return copyInMemory(journal.serialize());
    } finally {
      journal.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
