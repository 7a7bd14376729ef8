import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The path of the journal behind links of any kind, as far as it exists. */
export function realJournalPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realJournalPath(folder), basename(path));
  }
}
