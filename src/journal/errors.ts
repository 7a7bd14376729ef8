import { dirname } from 'node:path';
import { CioBulkError } from '../domain/errors.ts';

/** What an error of SQLite, or of the file system, means for the user. Other errors are returned as they are. */
export function journalError(error: unknown, path: string): unknown {
  if (error instanceof CioBulkError) return error;
  const code = codeOf(error);
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return new CioBulkError('journal_damaged', `the journal ${path} is damaged (${code})`, {
      hint: 'restore it from a copy, or move it away and start again: events keep their ids',
      cause: error,
    });
  if (code.startsWith('SQLITE_BUSY'))
    return new CioBulkError('journal_locked', `the journal ${path} is busy in another process`, {
      hint: 'wait for it to end, or use another --journal',
      cause: error,
    });
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(code) || isFileSystem(error, path))
    return new CioBulkError('journal_unwritable', `the journal ${path} cannot be written (${code})`, {
      hint: /^(SQLITE_FULL|ENOSPC|EDQUOT)$/.test(code)
        ? 'free some disk space and run the same command again'
        : 'name a place that can be written with --journal, or CIO_BULK_JOURNAL',
      cause: error,
    });
  return error;
}

/** The code of an error of Node.js or SQLite; empty when it has none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** A system call failed on the journal or its folder: no permission, a name that is too long, a file where a folder should be ... */
function isFileSystem(error: unknown, journalPath: string): boolean {
  if (!(error instanceof Error && 'syscall' in error)) return false;
  if (!('path' in error)) return /^(EACCES|EROFS|ENOSPC|EPERM|EDQUOT|EIO|EFBIG)$/.test(codeOf(error));
  const place = String(error.path);
  return journalPath.startsWith(place) || place.startsWith(dirname(journalPath));
}
