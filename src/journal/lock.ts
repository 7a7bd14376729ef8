import { chmodSync, existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { CioBulkError } from '../domain/errors.ts';
import { codeOf, journalError } from './errors.ts';
import type { Journal } from './journal.ts';

/** `senderOf` takes the lock for an instant to test it. A sender that starts at that moment waits. */
const PATIENCE_MS = 1_000;

/** A process that sends, as `status` and a second sender name it. */
export interface SendingProcess {
  readonly command: string;
  readonly pid: number;
}

/** The right to send to a workspace, for one process at a time. */
export interface SenderLock {
  /**
   * How many ms ago the previous process started its last requests, as far as its rate limit is concerned. Null if it died without
   * recording them.
   */
  readonly recentStartsAgoMs: readonly number[] | null;
  release(recentStartsAgoMs: readonly number[]): void;
}

/**
 * One sender per journal and workspace. The lock is SQLite's exclusive lock on a small file beside the journal: the
 * operating system releases it when the process ends: a dead process never holds it, and a stopped one (SIGSTOP) still does.
 * The file is named after the journal's real path, so there is one lock whatever links lead to it.
 */
export function lockSender(
  journal: Journal,
  workspace: string,
  { command, pid }: SendingProcess,
  now: () => number,
): SenderLock {
  const path = lockPath(journal, workspace);
  const file = acquire(path, journal, workspace);
  const before = journal
    .prepare<[string], SenderRow>('SELECT ended_at, recent_starts FROM senders WHERE workspace = ?')
    .get(workspace);
  const startedAt = now();
  journal
    .prepare(
      `INSERT INTO senders (workspace, pid, command, started_at, ended_at, recent_starts) VALUES (?, ?, ?, ?, NULL, '[]')
       ON CONFLICT (workspace) DO UPDATE SET pid = excluded.pid, command = excluded.command, started_at = excluded.started_at, ended_at = NULL, recent_starts = '[]'`,
    )
    .run(workspace, pid, command, startedAt);
  return {
    recentStartsAgoMs: before === undefined ? [] : startsOf(before, startedAt),
    release(recentStartsAgoMs) {
      const endedAt = now();
      try {
        journal
          .prepare('UPDATE senders SET ended_at = ?, recent_starts = ? WHERE workspace = ? AND pid = ?')
          .run(endedAt, JSON.stringify(recentStartsAgoMs.map((ago) => endedAt - Math.round(ago))), workspace, pid);
      } finally {
        file.close();
      }
    },
  };
}

/** Who sends to a workspace, or sent last, and whether that process still holds the lock. */
export function senderOf(
  journal: Journal,
  workspace: string,
): { readonly pid: number; readonly isAlive: boolean } | undefined {
  const row = journal
    .prepare<[string], { pid: number; ended_at: number | null }>(
      'SELECT pid, ended_at FROM senders WHERE workspace = ?',
    )
    .get(workspace);
  return row && { pid: row.pid, isAlive: row.ended_at === null && isLocked(lockPath(journal, workspace)) };
}

function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const file = new Database(path, { timeout: 0, readonly: true });
  try {
    file.prepare('SELECT count(*) FROM sqlite_master').get();
    return false;
  } catch {
    return true;
  } finally {
    file.close();
  }
}

function lockPath(journal: Journal, workspace: string): string {
  return `${journal.path}.${workspace.slice(0, 12)}.lock`;
}

interface SenderRow {
  readonly ended_at: number | null;
  readonly recent_starts: string;
}

/** If the clock was set back, the starts lie in the future. Their age is unknown then, and "just now" is the safe assumption. */
function startsOf(row: SenderRow, now: number): readonly number[] | null {
  if (row.ended_at === null) return null;
  const starts: unknown = JSON.parse(row.recent_starts);
  return Array.isArray(starts) ? starts.map((at) => Math.max(0, now - Number(at))) : [];
}

/** The holder of the lock may not have recorded itself yet. The previous sender's name is shown only if that process is alive. */
function mayBeAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function acquire(path: string, journal: Journal, workspace: string): Database.Database {
  const file = new Database(path, { timeout: PATIENCE_MS });
  try {
    chmodSync(path, 0o600);
    file.pragma('locking_mode = EXCLUSIVE');
    file.exec('BEGIN EXCLUSIVE');
    return file;
  } catch (error) {
    file.close();
    if (!codeOf(error).startsWith('SQLITE_BUSY')) throw journalError(error, path);
    const holder = journal
      .prepare<[string], { pid: number; command: string }>(
        'SELECT pid, command FROM senders WHERE workspace = ? AND ended_at IS NULL',
      )
      .get(workspace);
    throw new CioBulkError(
      'journal_locked',
      `another process${holder && mayBeAlive(holder.pid) ? ` (pid ${holder.pid}, ${holder.command})` : ''} is sending to this workspace with this journal`,
      {
        hint: 'wait until it ends, or stop it; `cio-bulk status` shows how far it is',
      },
    );
  }
}
