import { statSync } from 'node:fs';
import type { Journal } from './open.ts';

/**
 * SQLite writes the WAL back every 1000 pages (4 MB), and cannot while somebody reads: from this size on it is no accident any more.
 * Bytes.
 */
const WAL_BYTES_LARGE = 256_000_000;
/** The size is asked for at the first commit, and then at one of so many. */
const COMMITS_PER_LOOK = 32;

interface Watch {
  commits: number;
  readonly bytesLarge: number;
  readonly onLarge: (bytes: number) => void;
}

const watches = new WeakMap<Journal, Watch>();

/** Calls `onLarge`, once, when the WAL of this journal has grown large while a ledger commits. */
export function watchWal(journal: Journal, onLarge: (bytes: number) => void, bytesLarge = WAL_BYTES_LARGE): void {
  watches.set(journal, { commits: 0, bytesLarge, onLarge });
}

/** Whoever commits looks. */
export function lookAtWal(journal: Journal): void {
  const watch = watches.get(journal);
  if (!watch || watch.commits++ % COMMITS_PER_LOOK > 0) return;
  const bytes = statSync(`${journal.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes < watch.bytesLarge) return;
  watches.delete(journal);
  watch.onLarge(bytes);
}
