import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CioBulkError } from '../domain/errors.ts';
import { codeOf } from './errors.ts';

/** The path of the journal with all links resolved, as far as it exists. */
export function realJournalPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realJournalPath(folder), basename(path));
  }
}

/** Creates the file if it is missing, and its folder, which git ignores and only the owner can read. */
export function prepareFile(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    makeFolder(folder);
    writeFileSync(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
  }
  if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600, flag: 'a' });
}

/** SQLite keeps one WAL per file name. Two processes that used different names of one file would not see, and would damage, each other's writes. */
export function assertOwnFile(path: string): void {
  const found = statSync(path);
  if (!found.isFile())
    throw new CioBulkError('usage', `the journal ${path} is not a file`, {
      hint: 'name a file with --journal, such as journal.db in that folder',
    });
  if (found.nlink <= 1) return;
  throw new CioBulkError(
    'journal_unwritable',
    `the journal ${path} has a second name (a hard link), and two processes that use both would damage it`,
    {
      hint: 'remove the other name, or give this one a file of its own: copy it, and move the copy over it',
    },
  );
}

/** Node's own `recursive` never returns when mkdir answers ENOENT although the parent exists, as in /proc. */
function makeFolder(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error; // another process was faster
  }
}
