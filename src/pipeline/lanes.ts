import { eachOperation, keysInto, type Batch, type WindowChunk } from './batch.ts';
import { createDrafts, type Draft, type DraftLimits } from './drafts.ts';
import { createHolders, isQueue, type Holders, type WaitingRow } from './holders.ts';

/**
 * Order per person. A person belongs to at most one batch that is not settled yet; rows that come meanwhile wait in the person's lane.
 *
 * A lane is a queue for one name (a key). A row of several names stands in several queues and goes when it is the first in all of
 * them: lanes are never joined, so that a name which everybody shares costs no more than any other.
 *
 * What happens to a row that comes in:
 * - Nobody has one of its keys: it goes into the batch that is being filled, so ten rows are one request.
 * - That same batch has them, and has room: it joins.
 * - Otherwise it *waits*, in the queue of each of its keys.
 *
 * When a batch is settled its keys are released, and what waits for them flows on. A row whose turn has come is asked for first
 * (`mayGo`): one that must not be sent is set aside, and those behind it move up. A short lane joins the batch being filled; a long one
 * gets batches of its own, so that a few busy persons keep as many slots busy as there are such persons.
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

export interface LaneOptions extends DraftLimits {
  /** Whether a row must wait for its turn even when its person is in the batch being filled: it may be one that must not go. */
  readonly mustWait: (chunk: WindowChunk, index: number) => boolean;
  /** Asked when the turn of a row has come: one that must not be sent is settled by the caller and left out. */
  readonly mayGo: (chunk: WindowChunk, index: number) => boolean;
}

export function createLanes({ mustWait, mayGo, ...limits }: LaneOptions): Lanes {
  const busyRows = limits.rowsMax / 2; // so many rows of one person get a batch of their own
  const drafts = createDrafts(limits);
  const holders = createHolders();
  const addedKeys: number[] = []; // of the row at work: used again for each
  let waiting = 0;

  /** Whether a row can follow its person into the open draft. One that does not fit waits until that batch is settled. */
  function mayJoin(chunk: WindowChunk, index: number): boolean {
    return !mustWait(chunk, index) && drafts.fits(chunk, index);
  }

  /** Its turn has come: the batch it goes with, undefined when it must not go any more. */
  function go(chunk: WindowChunk, index: number): Draft | undefined {
    if (mayGo(chunk, index)) return drafts.place(chunk, index);
    waiting--;
    return undefined;
  }

  /** Rows at the front of these keys' queues, and then those behind them, move into batches as far as it is their turn. */
  function flow(keys: number[]): void {
    const movedKeys: number[] = [];
    for (const key of keys) {
      // the list grows while it is read
      const queue = holders.of(key);
      if (queue === undefined || !isQueue(queue)) continue;
      let hasMoved = false;
      for (let row = queue.first?.row; row !== undefined; row = queue.first?.row) {
        keysInto(movedKeys, row.chunk, row.index);
        const turn = turnOf(row, movedKeys, holders, drafts.open());
        if (turn === 'not yet' || (turn === 'joins' && !mayJoin(row.chunk, row.index))) break;
        if (turn === 'free' && queue.length >= busyRows) drafts.seal();
        holders.leave(movedKeys, go(row.chunk, row.index), key, keys);
        hasMoved = true;
      }
      if (hasMoved && queue.length > 0 && drafts.open().count >= busyRows) drafts.seal();
    }
  }

  return {
    add(chunk, index) {
      waiting++;
      keysInto(addedKeys, chunk, index);
      const found = whoHas(addedKeys, holders, drafts.open());
      if (found === 'others' || (found === 'the draft' && !mayJoin(chunk, index)))
        return holders.join({ chunk, index }, addedKeys);
      const draft = go(chunk, index);
      if (draft !== undefined) holders.take(addedKeys, draft);
    },
    next(flush) {
      const batch = drafts.take(flush);
      if (batch) waiting -= batch.count;
      return batch;
    },
    release(batch) {
      const keys: number[] = [];
      const awaited: number[] = [];
      eachOperation(batch, (chunk, index) => {
        for (const key of keysInto(keys, chunk, index)) if (holders.release(key, batch.id)) awaited.push(key);
      });
      flow(awaited);
    },
    waiting: () => waiting,
  };
}

function whoHas(keys: readonly number[], holders: Holders, open: Draft): 'nobody' | 'the draft' | 'others' {
  let isFree = true;
  for (const key of keys) {
    const holder = holders.of(key);
    if (holder === undefined) continue;
    if (holder !== open) return 'others';
    isFree = false;
  }
  return isFree ? 'nobody' : 'the draft';
}

/** Whether the row is the first in all its queues, and what has its keys: nobody, the draft (which it may join), or another batch. */
function turnOf(row: WaitingRow, keys: readonly number[], holders: Holders, open: Draft): 'free' | 'joins' | 'not yet' {
  let isFree = true;
  for (const key of keys) {
    const holder = holders.of(key);
    if (holder === undefined || !isQueue(holder) || holder.first?.row !== row) return 'not yet';
    if (holder.batch === undefined) continue;
    if (holder.batch !== open.id) return 'not yet';
    isFree = false;
  }
  return isFree ? 'free' : 'joins';
}
