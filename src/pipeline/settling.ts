import { eachOperation, rowNumber } from './batch.ts';
import type { Batch, WindowChunk } from './batch.ts';
import type { Position, PreparedChunk } from '../domain/chunk.ts';
import { crashPoint } from '../domain/crash-point.ts';
import type { Clock } from '../domain/host.ts';
import type { Change, Ledger, Passed, RowRanges, SettledRows, UndeliveredRow } from '../domain/ledger.ts';
import { mergeRanges, rangesOf } from '../domain/row-ranges.ts';
import type { Delivery } from './deliver.ts';
import { createUndelivered, type RecordFinder } from './undelivered.ts';
import type { Window } from './window.ts';

/** Settlements wait at most this long for an intent to travel with in one transaction. */
const COMMIT_DELAY_MS = 50;
/** Between two commits for intents: each costs a wait for the disk, in which nothing is sent. */
const COMMIT_EVERY_MS = 10;

const NO_BYTES = new Uint8Array();
const NO_OPERATIONS = { rows: new Uint32Array(), keys: new Uint32Array(), keyEnds: new Uint32Array(), kinds: 0, ends: new Uint32Array(), body: NO_BYTES, singles: new Map(), guarded: new Set<number>() };

export interface SettlingOptions {
  readonly ledger: Ledger;
  readonly window: Window;
  readonly findRecords: RecordFinder;
  readonly clock: Clock;
  /** Rows read that are not in the window: those before the checkpoint at which this process began, for the most part. */
  readonly rowsBefore: () => number;
  /** After a commit: these rows are undelivered for good. */
  readonly onUndelivered: (rows: readonly UndeliveredRow[]) => void;
  /** A chunk whose buffers nobody needs any more. */
  readonly onSpent?: ((chunk: PreparedChunk) => void) | undefined;
  /** The checkpoint has moved, durably. */
  readonly onPassed: (position: Position) => void;
  readonly onCommit: () => void;
  /** A commit outside of any caller failed. */
  readonly onError: (error: unknown) => void;
}

export interface Settling {
  /** Resolves when the intent is on disk: only then may the batch's first byte leave. */
  intend(batch: Batch): Promise<void>;
  /** Intended, but never sent. */
  withdraw(batch: Batch): void;
  settle(batch: Batch, delivery: Delivery): void;
  /** One row that is settled without having been sent. */
  setAside(chunk: WindowChunk, index: number, outcome: Delivery['undelivered'][number]['outcome']): void;
  /** One row that an earlier process has settled. */
  skipSettled(chunk: WindowChunk): void;
  /** A chunk came in that needs no request at all. */
  commitSoon(): void;
  /** Commits what waits, now. */
  flush(): void;
}

/** Group commit: intents, settlements and the checkpoint that are due at the same time share one transaction. */
export function createSettling(options: SettlingOptions): Settling {
  const { ledger, window } = options;
  const rows = createUndelivered(options.findRecords);
  let intents: { batch: number; rows: RowRanges }[] = [];
  let withdrawn: number[] = [];
  let settled: SettledRows[] = [];
  let aside: UndeliveredRow[] = [];
  let waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  let soon: NodeJS.Timeout | undefined;
  let committedAt = -Infinity;
  let later: NodeJS.Timeout | undefined;
  let broken: { readonly error: unknown } | undefined;
  let reached: Position | undefined;
  let reachedRow = -1;

  /** From now on a row of this chunk is known by its number. */
  function reach({ prepared }: WindowChunk): void {
    if (prepared.end.row <= reachedRow) return;
    reached = prepared.end;
    reachedRow = prepared.end.row;
  }

  function commit(): void {
    if (soon) clearTimeout(soon);
    if (later) clearTimeout(later);
    soon = later = undefined;
    // What a failed commit held is lost to this process: a later one would move the checkpoint over rows that nobody has counted.
    if (broken) return refuse(broken.error);
    const passed = passWindow();
    if (aside.length > 0) settled.push({ batch: undefined, rows: rangesOf(aside.map(({ row }) => row)), delivered: 0, undelivered: aside, inDoubt: [] });
    if (intents.length + withdrawn.length + settled.length === 0 && passed === undefined) return;
    const change = { intents, withdrawn, settled, passed, reach: reached, rowsRead: options.rowsBefore() + window.rowsAdmitted() };
    const waiting = waiters;
    intents = [];
    withdrawn = [];
    settled = [];
    aside = [];
    waiters = [];
    reached = undefined;
    try {
      seam('before', change);
      ledger.commit(change);
      committedAt = options.clock.monotonic();
      seam('after', change);
    } catch (error) {
      broken = { error };
      for (const { reject } of waiting) reject(error);
      throw error;
    }
    for (const { resolve } of waiting) resolve();
    const undelivered = [...change.settled.flatMap((rows) => rows.undelivered), ...(passed?.invalid ?? [])];
    if (passed) options.onPassed(passed.position);
    if (undelivered.length > 0) options.onUndelivered(undelivered);
    options.onCommit();
  }

  function refuse(error: unknown): never {
    for (const { reject } of waiters.splice(0)) reject(error);
    throw error;
  }

  function inBackground(): void {
    try {
      commit();
    } catch (error) {
      options.onError(error);
    }
  }

  function commitLater(): void {
    later ??= setTimeout(inBackground, COMMIT_DELAY_MS);
  }

  function passWindow(): Passed | undefined {
    const chunks = window.pass();
    const last = chunks.at(-1);
    if (!last) return undefined;
    const skipped = chunks.reduce((sum, { prepared }) => sum + Object.values(prepared.skipped).reduce((a, b) => a + b, 0), 0);
    return { position: last.prepared.end, unended: last.prepared.unended, skipped, invalid: chunks.flatMap((chunk) => [...rows.invalidOf(chunk)]) };
  }

  /** The last row of a chunk is settled: keep what the journal still needs, let the buffers go. */
  function strip(chunk: WindowChunk): void {
    chunk.invalid = rows.invalidOf(chunk);
    const spent = chunk.prepared;
    chunk.prepared = { ...spent, raw: NO_BYTES, operations: { ...NO_OPERATIONS, count: spent.operations.count } };
    window.letGo(spent);
    options.onSpent?.(spent);
  }

  function settledOf(chunk: WindowChunk, count: number): void {
    if (window.settle(chunk, count)) strip(chunk);
  }

  return {
    intend(batch) {
      intents.push({ batch: batch.id, rows: batchRows(batch) });
      for (const { chunk } of batch.segments) reach(chunk);
      soon ??= setTimeout(inBackground, committedAt + COMMIT_EVERY_MS - options.clock.monotonic());
      return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
    },
    withdraw(batch) {
      withdrawn.push(batch.id);
    },
    settle(batch, { undelivered, pending }) {
      const inDoubt = new Set(pending.map(({ chunk, index }) => rowNumber(chunk, index)));
      const ranges: RowRanges = inDoubt.size === 0 ? batchRows(batch) : rangesOf(rowNumbers(batch).filter((row) => !inDoubt.has(row)));
      const lost = rows.ofItems(undelivered);
      const left = new Map<WindowChunk, number>();
      for (const { chunk, from, to } of batch.segments) left.set(chunk, (left.get(chunk) ?? 0) + to - from);
      for (const { chunk } of pending) left.set(chunk, (left.get(chunk) ?? 0) - 1);
      for (const [chunk, count] of left) settledOf(chunk, count);
      settled.push({ batch: batch.id, rows: ranges, delivered: batch.count - inDoubt.size - lost.length, undelivered: lost, inDoubt: rangesOf([...inDoubt]) });
      commitLater();
    },
    setAside(chunk, index, outcome) {
      aside.push(...rows.ofItems([{ chunk, index, outcome }]));
      reach(chunk);
      settledOf(chunk, 1);
      commitLater();
    },
    skipSettled(chunk) {
      settledOf(chunk, 1);
      commitLater();
    },
    commitSoon: commitLater,
    flush: commit,
  };
}

function seam(when: 'before' | 'after', { intents, settled, passed }: Change): void {
  if (intents.length > 0) crashPoint(`${when} intents`);
  if (settled.length > 0) crashPoint(`${when} settling`);
  if (passed) crashPoint(`${when} checkpoint`);
}

function rowNumbers(batch: Batch): number[] {
  const rows: number[] = [];
  eachOperation(batch, (chunk, index) => rows.push(rowNumber(chunk, index)));
  return rows;
}

/** Consecutive rows, the usual case, are one range a segment; only then is it as cheap as it has to be. */
function batchRows(batch: Batch): RowRanges {
  const ranges: [number, number][] = [];
  for (const { chunk, from, to } of batch.segments) {
    const [first, last] = [rowNumber(chunk, from), rowNumber(chunk, to - 1)];
    if (last - first !== to - 1 - from) return rangesOf(rowNumbers(batch));
    ranges.push([first, last]);
  }
  return mergeRanges(ranges);
}
