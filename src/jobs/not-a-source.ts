import { statSync } from 'node:fs';
import { CioBulkError } from '../domain/errors.ts';

/** Refuses to write to a file that is being read, whatever the two are called. */
export function assertNoneOf(
  path: string,
  flag: string,
  read: readonly { readonly path: string; readonly what: string }[],
): void {
  const own = identityOf(path);
  if (own === undefined) return;
  const same = read.find((other) => identityOf(other.path) === own);
  if (same) throw new CioBulkError('usage', `${flag} would overwrite ${same.what}`, { hint: 'name another file' });
}

/** Of a regular file that can be reached: device and inode, which links to it share. Whoever opens a path that leads nowhere says so. */
function identityOf(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false, bigint: true });
    return found?.isFile() === true ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}
