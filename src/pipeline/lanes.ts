import { operationEnd, operationStart } from '../domain/chunk.ts';
import type { SingleRequest } from '../domain/chunk.ts';
import { ENVELOPE_BYTES } from '../domain/envelope.ts';
import { eachOperation, keysInto, type Batch, type Segment, type WindowChunk } from './batch.ts';
import { createKeyTable } from './key-table.ts';

/**
 * Order per person. A person belongs to at most one batch that is not settled yet; rows that come meanwhile wait in
 * the person's lane. Persons nobody holds go straight into the batch that is being filled, so ten rows are one request.
 * When a batch settles, its lanes flow on: a short lane joins the batch being filled, a long one gets batches of its own, so
 * that a few busy persons keep as many slots busy as there are such persons.
 *
 *   free --row--> in a batch --row--> lane waits --batch settled--> in the next batch ... --batch settled, lane empty--> free
 *
 * A lane is a queue for one name (a key). A row of several names stands in several queues and goes when it is the first in
 * all of them: lanes are never joined, so that a name which everybody shares costs no more than any other.
 */
export interface Lanes {
  add(chunk: WindowChunk, index: number): void;
  /** The next batch to send: a full one, or with `flush` also one that is not full. */
  next(flush: boolean): Batch | undefined;
  /** The batch has its outcomes: the rows behind it may go. */
  release(batch: Batch): void;
  /** Rows in lanes and in batches not handed out. */
  waiting(): number;
}

export interface LaneOptions {
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly firstBatchId: number;
  /** Whether a row must wait for its turn even when its person is in the batch being filled: it may be one that must not go. */
  readonly mustWait: (chunk: WindowChunk, index: number) => boolean;
  /** Asked when the turn of a row that waited has come: one that must not be sent is settled by the caller and left out. */
  readonly mayGo: (chunk: WindowChunk, index: number) => boolean;
}

interface Draft {
  readonly id: number;
  readonly segments: Segment[];
  count: number;
  bytes: number;
  single: SingleRequest | undefined;
}

/** Rows that wait for a key, in the order of the file. A row waits in the queues of all its keys. */
interface Queue {
  /** The unsettled batch that has the key. */
  batch: number | undefined;
  first: Place | undefined;
  last: Place | undefined;
  length: number;
}

interface WaitingRow {
  readonly chunk: WindowChunk;
  readonly index: number;
}

interface Place {
  readonly row: WaitingRow;
  behind: Place | undefined;
}

/** Who has a key: an unsettled batch behind which nobody waits, or a queue with at least one row. */
type Holder = Draft | Queue;

export function createLanes(options: LaneOptions): Lanes {
  const { rowsMax, bytesMax, mustWait, mayGo } = options;
  const holders = createKeyTable<Holder>();
  const full: Draft[] = [];
  let nextId = options.firstBatchId;
  let draft = newDraft();
  let waiting = 0;
  // Keys of the row at work, in arrays that are used again.
  const addedKeys: number[] = [];
  const movedKeys: number[] = [];
  const releasedKeys: number[] = [];

  function newDraft(): Draft {
    return { id: nextId++, segments: [], count: 0, bytes: ENVELOPE_BYTES, single: undefined };
  }

  function fits(to: Draft, bytes: number): boolean {
    return to.count < rowsMax && (to.count === 0 || to.bytes + bytes + 1 <= bytesMax);
  }

  function append(to: Draft, chunk: WindowChunk, index: number, bytes: number): void {
    const last = to.segments.at(-1);
    if (last && last.chunk === chunk && last.to === index) to.segments[to.segments.length - 1] = { chunk, from: last.from, to: index + 1 };
    else to.segments.push({ chunk, from: index, to: index + 1 });
    to.count++;
    to.bytes += bytes + 1;
  }

  /** Puts a row into the batch being filled (starting another when it is full) and returns the batch. */
  function place(chunk: WindowChunk, index: number): Draft {
    const { singles } = chunk.prepared.operations;
    const single = singles.size > 0 ? singles.get(index) : undefined;
    if (single) {
      const alone = newDraft();
      alone.single = single;
      append(alone, chunk, index, 0);
      full.push(alone);
      return alone;
    }
    const bytes = operationEnd(chunk.prepared.operations, index) - operationStart(chunk.prepared.operations, index);
    if (!fits(draft, bytes)) seal();
    append(draft, chunk, index, bytes);
    return draft;
  }

  function seal(): void {
    if (draft.count === 0) return;
    full.push(draft);
    draft = newDraft();
  }

  function add(chunk: WindowChunk, index: number): void {
    keysInto(addedKeys, chunk, index);
    let isFree = true;
    let isOpen = true; // whoever has one of its persons is the batch being filled
    for (const key of addedKeys) {
      const holder = holders.get(key);
      if (holder === undefined) continue;
      isFree = false;
      if (holder !== draft) isOpen = false;
    }
    waiting++;
    if (!isFree && !(isOpen && mayJoin(chunk, index))) return wait({ chunk, index }, addedKeys);
    const to = go(chunk, index);
    if (to !== undefined) for (const key of addedKeys) holders.set(key, to);
  }

  /** A person who is in the draft already must not continue in another batch while that one is unsettled. */
  function mayJoin(chunk: WindowChunk, index: number): boolean {
    return !chunk.prepared.operations.singles.has(index) && !mustWait(chunk, index) && fits(draft, operationEnd(chunk.prepared.operations, index) - operationStart(chunk.prepared.operations, index));
  }

  /** Its turn has come: the batch it goes with, undefined when it must not go any more. */
  function go(chunk: WindowChunk, index: number): Draft | undefined {
    if (mayGo(chunk, index)) return place(chunk, index);
    waiting--;
    return undefined;
  }

  function wait(row: WaitingRow, keys: readonly number[]): void {
    for (const key of keys) {
      const holder = holders.get(key);
      const queue: Queue = holder !== undefined && isQueue(holder) ? holder : { batch: holder?.id, first: undefined, last: undefined, length: 0 };
      const place: Place = { row, behind: undefined };
      if (queue.last === undefined) queue.first = place;
      else queue.last.behind = place;
      queue.last = place;
      queue.length++;
      if (queue !== holder) holders.set(key, queue);
    }
  }

  /** Whether the row is the first in all its queues, and what has its keys: nobody, the draft (which it may join), or another batch. */
  function turnOf(row: WaitingRow, keys: readonly number[]): 'free' | 'joins' | 'not yet' {
    let isFree = true;
    for (const key of keys) {
      const holder = holders.get(key);
      if (holder === undefined || !isQueue(holder) || holder.first?.row !== row) return 'not yet';
      if (holder.batch === undefined) continue;
      if (holder.batch !== draft.id) return 'not yet';
      isFree = false;
    }
    if (isFree) return 'free';
    return mayJoin(row.chunk, row.index) ? 'joins' : 'not yet';
  }

  /** The keys of a row that leaves its queues. Those with rows behind it, but for the one at work, are looked at next. */
  function passOn(keys: readonly number[], to: Draft | undefined, atWork: number, next: number[]): void {
    for (const key of keys) {
      const queue = holders.get(key);
      if (queue === undefined || !isQueue(queue)) continue;
      queue.first = queue.first?.behind;
      queue.length--;
      queue.batch = to?.id;
      if (queue.first !== undefined) {
        if (key !== atWork) next.push(key);
      } else if (to === undefined) holders.delete(key);
      else holders.set(key, to);
    }
  }

  /** Rows at the front of these keys' queues, and then those behind them, move into batches as far as it is their turn. */
  function flow(keys: number[]): void {
    for (const key of keys) { // the list grows while it is read
      const queue = holders.get(key);
      if (queue === undefined || !isQueue(queue)) continue;
      let hasMoved = false;
      for (let row = queue.first?.row; row !== undefined; row = queue.first?.row) {
        keysInto(movedKeys, row.chunk, row.index);
        const turn = turnOf(row, movedKeys);
        if (turn === 'not yet') break;
        if (turn === 'free' && queue.length >= rowsMax / 2) seal(); // a busy person gets a batch of its own
        passOn(movedKeys, go(row.chunk, row.index), key, keys);
        hasMoved = true;
      }
      if (hasMoved && draft.count >= rowsMax / 2 && queue.length > 0) seal();
    }
  }

  return {
    add,
    next(flush) {
      if (full.length === 0 && flush) seal();
      const batch = full.shift();
      if (batch) waiting -= batch.count;
      return batch;
    },
    release(batch) {
      const awaited: number[] = [];
      eachOperation(batch, (chunk, index) => {
        for (const key of keysInto(releasedKeys, chunk, index)) {
          const holder = holders.get(key);
          if (holder === undefined) continue;
          if (!isQueue(holder)) {
            if (holder.id === batch.id) holders.delete(key);
          } else if (holder.batch === batch.id) {
            holder.batch = undefined;
            awaited.push(key);
          }
        }
      });
      flow(awaited);
    },
    waiting: () => waiting,
  };
}

function isQueue(holder: Holder): holder is Queue {
  return 'first' in holder;
}
