import { crashPoint } from '../domain/crash-point.ts';
import type { Position } from '../domain/chunk.ts';
import type { Clock } from '../domain/host.ts';
import type { Change, Ledger, Passed, RowRanges, SettledRows, UndeliveredRow } from '../domain/ledger.ts';
import { countRows, mergeRanges, rangesOf } from '../domain/row-ranges.ts';

/** Settlements wait at most this long for an intent to travel with in one transaction. */
const COMMIT_DELAY_MS = 50;
/** Between two commits for intents: each costs a wait for the disk, in which nothing is sent. */
const COMMIT_EVERY_MS = 10;

/**
 * Group commit: intents, settlements and the checkpoint that are due at the same time share one transaction.
 *
 * - Nothing is *due*: no timer runs.
 * - Something is due: it is committed when its timer fires, with all that has become due meanwhile. An intent asks for a commit *soon*,
 *   since its batch waits for it; anything else can wait until *later*.
 * - *Committed*: whoever waits for an intent goes on.
 * - *Broken*: a commit failed, and what it held is lost to this process. A later one would move the checkpoint over rows that nobody
 *   has counted, so every commit fails from now on. The next process starts from what is on disk.
 */
export interface CommitGroup {
  /** Resolves when the intent is on disk. */
  intend(batch: number, rows: RowRanges): Promise<void>;
  withdraw(batch: number): void;
  settle(settled: SettledRows): void;
  /** Rows that are settled without having been sent. */
  setAside(rows: readonly UndeliveredRow[]): void;
  /** Rows that are left out for good: on disk with, or before, the next intent. */
  leaveOut(rows: RowRanges): void;
  /** An intent or a settlement names a row in front of this place. */
  reach(position: Position): void;
  /** There may be something to commit, and no hurry. */
  commitLater(): void;
  /** Commits what is due, now. */
  flush(): void;
}

export interface CommitOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** What has passed since the last commit: asked when the transaction begins. */
  readonly pass: () => Passed | undefined;
  readonly rowsRead: () => number;
  /** After a commit. */
  readonly onCommitted: (change: Change) => void;
  /** A commit outside of any caller failed. */
  readonly onError: (error: unknown) => void;
}

/** What waits for the next transaction, and who waits for it. */
interface Due {
  readonly intents: { batch: number; rows: RowRanges }[];
  readonly withdrawn: number[];
  readonly settled: SettledRows[];
  readonly aside: UndeliveredRow[];
  readonly leftOut: (readonly [number, number])[];
  readonly waiters: { resolve: () => void; reject: (error: unknown) => void }[];
  reach: Position | undefined;
}

export function createCommitGroup(options: CommitOptions): CommitGroup {
  let due = nothingDue();
  let reached: Position | undefined;
  let committedAt = -Infinity;
  let broken: { readonly error: unknown } | undefined;
  let timers: { soon?: NodeJS.Timeout; later?: NodeJS.Timeout } = {};

  function commit(): void {
    clearTimeout(timers.soon);
    clearTimeout(timers.later);
    timers = {};
    if (broken) return refuse(due, broken.error);
    const going = due;
    let change: Change | undefined;
    try {
      change = changeOf(going, options);
      if (change === undefined) return;
      due = nothingDue();
      write(options.ledger, change);
      committedAt = options.clock.monotonic();
    } catch (error) {
      broken = { error };
      refuse(going, error);
    }
    for (const { resolve } of going.waiters) resolve();
    options.onCommitted(change);
  }

  function inBackground(): void {
    try {
      commit();
    } catch (error) {
      options.onError(error);
    }
  }

  function commitLater(): void {
    timers.later ??= setTimeout(inBackground, COMMIT_DELAY_MS);
  }

  return {
    intend(batch, rows) {
      due.intents.push({ batch, rows });
      timers.soon ??= setTimeout(inBackground, committedAt + COMMIT_EVERY_MS - options.clock.monotonic());
      return new Promise((resolve, reject) => due.waiters.push({ resolve, reject }));
    },
    withdraw: (batch) => void due.withdrawn.push(batch),
    settle(settled) {
      due.settled.push(settled);
      commitLater();
    },
    setAside(rows) {
      due.aside.push(...rows);
      commitLater();
    },
    leaveOut: (rows) => void due.leftOut.push(...rows),
    reach(position) {
      if (position.row > (reached?.row ?? -1)) due.reach = reached = position;
    },
    commitLater,
    flush: commit,
  };
}

function nothingDue(): Due {
  return { intents: [], withdrawn: [], settled: [], aside: [], leftOut: [], waiters: [], reach: undefined };
}

/** One transaction of all that is due; undefined when there is nothing to write. */
function changeOf(
  { intents, withdrawn, settled, aside, leftOut, reach }: Due,
  { pass, rowsRead }: CommitOptions,
): Change | undefined {
  const passed = pass();
  if (intents.length + withdrawn.length + settled.length + aside.length + leftOut.length === 0 && passed === undefined)
    return undefined;
  return {
    intents,
    withdrawn,
    settled: [...settled, ...unsentOf(aside, leftOut)],
    passed,
    reach,
    rowsRead: rowsRead(),
  };
}

/** Rows that are settled without having been sent. */
function unsentOf(aside: readonly UndeliveredRow[], leftOut: RowRanges): SettledRows[] {
  const none = { batch: undefined, delivered: 0, undelivered: [], inDoubt: [] };
  return [
    ...(aside.length === 0 ? [] : [{ ...none, rows: rangesOf(aside.map(({ row }) => row)), undelivered: aside }]),
    ...(leftOut.length === 0 ? [] : [{ ...none, rows: mergeRanges(leftOut), skipped: countRows(leftOut) }]),
  ];
}

function write(ledger: Ledger, change: Change): void {
  seam('before', change);
  ledger.commit(change);
  seam('after', change);
}

function refuse({ waiters }: Due, error: unknown): never {
  for (const { reject } of waiters.splice(0)) reject(error);
  throw error;
}

function seam(when: 'before' | 'after', { intents, settled, passed }: Change): void {
  if (intents.length > 0) crashPoint(`${when} intents`);
  if (settled.length > 0) crashPoint(`${when} settling`);
  if (passed) crashPoint(`${when} checkpoint`);
}
