import { basename } from 'node:path';
import { CioBulkError } from '../../domain/errors.ts';
import { errorCode } from '../../domain/text/error-code.ts';

/** What an operating system error about a file means to its owner. */
export function unreadable(path: string, cause: unknown, name = basename(path)): CioBulkError {
  const code = errorCode(cause) ?? 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new CioBulkError('input_missing', `${name}: no such file`, {
      hint: 'check the path, or give - to read standard input',
      cause,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new CioBulkError('input_unreadable', `${name}: no permission to read it`, {
      hint: `allow reading it: chmod u+r ${name}`,
      cause,
    });
  }
  if (code === 'EISDIR') return directoryRefused(name);
  return new CioBulkError('input_unreadable', `${name}: cannot be read (${code})`, { cause });
}

export function directoryRefused(name: string): CioBulkError {
  return new CioBulkError('input_unreadable', `${name} is a directory, not a file`, { hint: 'name the files in it' });
}

export function undecodable(name: string, what: string, hint?: string, cause?: unknown): CioBulkError {
  return new CioBulkError('input_undecodable', `${name} ${what}`, { ...(hint === undefined ? {} : { hint }), cause });
}

/** The text before a checkpoint is not what it was. `row` is the number of the first row not read yet. */
export function changed(name: string, row: number): CioBulkError {
  const place = row > 0 ? `row ${(row + 1).toLocaleString('en-US')}` : 'its first row';
  return new CioBulkError('input_changed', `${name} changed before ${place} since the run stopped there`, {
    hint: 'restore the file, or start again with --restart',
  });
}
