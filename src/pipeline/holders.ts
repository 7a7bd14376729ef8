import type { WindowChunk } from './batch.ts';
import type { Draft } from './drafts.ts';
import { createKeyTable } from './key-table.ts';

export interface WaitingRow {
  readonly chunk: WindowChunk;
  readonly index: number;
}

interface Place {
  readonly row: WaitingRow;
  behind: Place | undefined;
}

/** Rows that wait for a key, in the order of the file. A row waits in the queues of all its keys. */
export interface Queue {
  /** The unsettled batch that has the key. */
  batch: number | undefined;
  first: Place | undefined;
  last: Place | undefined;
  length: number;
}

/** Who has a key: an unsettled batch that nobody waits for, or a queue with at least one row. */
export type Holder = Draft | Queue;

/**
 * Who has which key. A key is in one of four states:
 *
 * - *free*: it has no holder.
 * - *taken*: an unsettled batch has it, and no row waits.
 * - *awaited*: an unsettled batch has it, and rows wait in its queue.
 * - *due*: rows wait and no batch has it, since the first of them also waits for another of its keys.
 */
export interface Holders {
  of(key: number): Holder | undefined;
  /** Free → taken. */
  take(keys: readonly number[], draft: Draft): void;
  /** Puts a row at the end of the queues of all its keys: taken → awaited. */
  join(row: WaitingRow, keys: readonly number[]): void;
  /**
   * Takes the row that is first in the queues of all its keys out of them; its batch, if it goes with one, has the keys now. Those for
   * which other rows wait are added to `awaited`, but for the one at work.
   */
  leave(keys: readonly number[], to: Draft | undefined, atWork: number, awaited: number[]): void;
  /** The batch is settled: taken → free, awaited → due. True when rows wait for the key. */
  release(key: number, batch: number): boolean;
}

export function createHolders(): Holders {
  const holders = createKeyTable<Holder>();
  return {
    of: holders.get,
    take(keys, draft) {
      for (const key of keys) holders.set(key, draft);
    },
    join(row, keys) {
      for (const key of keys) {
        const holder = holders.get(key);
        const queue: Queue =
          holder !== undefined && isQueue(holder)
            ? holder
            : { batch: holder?.id, first: undefined, last: undefined, length: 0 };
        const place: Place = { row, behind: undefined };
        if (queue.last === undefined) queue.first = place;
        else queue.last.behind = place;
        queue.last = place;
        queue.length++;
        if (queue !== holder) holders.set(key, queue);
      }
    },
    leave(keys, to, atWork, awaited) {
      for (const key of keys) {
        const queue = holders.get(key);
        if (queue === undefined || !isQueue(queue)) continue;
        queue.first = queue.first?.behind;
        queue.length--;
        queue.batch = to?.id;
        if (queue.first !== undefined) {
          if (key !== atWork) awaited.push(key);
        } else if (to === undefined) holders.delete(key);
        else holders.set(key, to);
      }
    },
    release(key, batch) {
      const holder = holders.get(key);
      if (holder === undefined) return false;
      if (isQueue(holder)) {
        if (holder.batch !== batch) return false;
        holder.batch = undefined;
        return true;
      }
      if (holder.id === batch) holders.delete(key);
      return false;
    },
  };
}

export function isQueue(holder: Holder): holder is Queue {
  return 'first' in holder;
}
