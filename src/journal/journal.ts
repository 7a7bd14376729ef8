import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { CioBulkError } from '../domain/errors.ts';
import { journalError } from './errors.ts';

/** Bytes. SQLite checkpoints the WAL every 1000 pages (4 MB) unless a reader prevents it. A WAL of this size means that one keeps doing so. */
const WAL_BYTES_LARGE = 256_000_000;
/** The size of the WAL is looked up before the first transaction, and then before one in this many. */
const TRANSACTIONS_PER_LOOK = 32;

/** An open journal. SQL is written in this folder alone; others pass the journal to functions of this folder. */
export interface Journal {
  /**
   * The file's real path, with links resolved: the WAL, the lock and the spools beside it belong to the file, not to one of its
   * names. It is the path of the original even if a copy has been opened.
   */
  readonly path: string;
  readonly prepare: Database.Database['prepare'];
  /**
   * Wraps `work` in a transaction: all of it or nothing, durable when it returns. It takes the write lock at its start, and throws
   * if the file has been deleted or replaced. Errors of the file or the disk are thrown as a CioBulkError.
   */
  transaction<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result;
  /** False once the file has been deleted or replaced. SQLite would still accept writes, to a file that can no longer be opened. */
  isInPlace(): boolean;
  /** Calls `onLarge` once, when the WAL has reached this size because a reader prevents checkpoints. */
  onLargeWal(onLarge: (bytes: number) => void, bytesLarge?: number): void;
  /** Checkpoints the WAL and empties it. If a reader or a full disk prevents that, the WAL keeps what was committed. */
  truncateWal(): void;
  close(): void;
}

/** The journal in an open database that holds the content of the file at `path`. */
export function createJournal(db: Database.Database, path: string): Journal {
  const inode = inodeOf(path);
  const walWatch = createWalWatch(path);
  const isInPlace = (): boolean => inodeOf(path) === inode;

  return {
    path,
    prepare: db.prepare.bind(db),
    transaction(work) {
      const transaction = db.transaction(work).immediate;
      return (...args) => {
        try {
          if (!isInPlace()) throw notInPlace(path);
          walWatch.look();
          return transaction(...args);
        } catch (error) {
          throw journalError(error, path);
        }
      };
    },
    isInPlace,
    onLargeWal: walWatch.start,
    truncateWal() {
      try {
        db.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // the WAL still has everything
      }
    },
    close: () => void db.close(),
  };
}

interface WalWatch {
  start(onLarge: (bytes: number) => void, bytesLarge?: number): void;
  /** Called before each transaction and not after it: nothing may fail once it is committed. */
  look(): void;
}

function createWalWatch(journalPath: string): WalWatch {
  let watch: { readonly onLarge: (bytes: number) => void; readonly bytesLarge: number } | undefined;
  let transactions = 0;
  return {
    start(onLarge, bytesLarge = WAL_BYTES_LARGE) {
      watch = { onLarge, bytesLarge };
      transactions = 0;
    },
    look() {
      if (!watch || transactions++ % TRANSACTIONS_PER_LOOK > 0) return;
      const bytes = statSync(`${journalPath}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      if (bytes < watch.bytesLarge) return;
      const { onLarge } = watch;
      watch = undefined;
      onLarge(bytes);
    },
  };
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function notInPlace(path: string): CioBulkError {
  return new CioBulkError('journal_unwritable', `the journal ${path} was deleted or replaced while the run went on`, {
    hint: 'put it back if you can; without it the file is sent again from the start (events keep their ids and count once)',
  });
}
