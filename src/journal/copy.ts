import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CioBulkError } from '../domain/errors.ts';

/** Where SQLite's header says that a database is in WAL mode: write and read version (file format, 1.3). */
const FORMAT_BYTES = [18, 19];
const ROLLBACK = 1;

/** An in-memory database with this content. Changes to it stay private. */
export function copyInMemory(content: Buffer): Database.Database {
  for (const at of FORMAT_BYTES) content[at] = ROLLBACK; // there is no WAL in memory
  return new Database(content);
}

function temporaryFolder(path: string): string {
  try {
    return mkdtempSync(join(tmpdir(), 'cio-bulk-'));
  } catch (error) {
    throw new CioBulkError(
      'journal_unwritable',
      `the journal ${path} cannot be written, its last process left a WAL, and there is no room for a copy of both in ${tmpdir()}`,
      {
        hint: 'name another place with TMPDIR',
        cause: error,
      },
    );
  }
}

/**
 * Opens a copy of a journal whose folder is read-only, since SQLite would want to write its WAL index there. The copy is made in
 * memory, by way of a temporary folder if the last process left a WAL.
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
