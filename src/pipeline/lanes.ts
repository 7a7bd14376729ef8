import { ENVELOPE_BYTES, eachOperation, operationEnd, operationStart, rowNumber } from '../domain/batch.ts';
import type { Batch, Segment, WindowChunk } from '../domain/batch.ts';
import type { SingleRequest } from '../domain/chunk.ts';
import { createKeyTable } from './key-table.ts';

/**
 * Order per person. A person belongs to at most one batch that is not settled yet; rows that come meanwhile wait in
 * the person's lane. Persons nobody holds go straight into the batch that is being filled, so ten rows are one request.
 * When a batch settles, its lanes flow on: a short lane joins the batch being filled, a long one gets batches of its own, so
 * that a few busy persons keep as many slots busy as there are such persons.
 *
 *   free --row--> in a batch --row--> lane waits --batch settled--> in the next batch ... --batch settled, lane empty--> free
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

interface Lane {
  readonly keys: number[];
  readonly queue: { chunk: WindowChunk; index: number }[];
  /** Batches that hold one of the lane's persons. */
  readonly holders: Set<number>;
  merged: Lane | undefined;
}

type Holder = Draft | Lane;

export function createLanes(options: LaneOptions): Lanes {
  const { rowsMax, bytesMax, mustWait, mayGo } = options;
  const holders = createKeyTable<Holder>();
  const full: Draft[] = [];
  const laneOfBatch = new Map<number, Set<Lane>>();
  let nextId = options.firstBatchId;
  let draft = newDraft();
  let waiting = 0;

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
    const bytes = operationEnd(chunk, index) - operationStart(chunk, index);
    if (!fits(draft, bytes)) seal();
    append(draft, chunk, index, bytes);
    return draft;
  }

  function seal(): void {
    if (draft.count === 0) return;
    full.push(draft);
    draft = newDraft();
  }

  function find(key: number): Holder | undefined {
    let holder = key === 0 ? undefined : holders.get(key);
    if (holder === undefined || !isLane(holder)) return holder;
    while (holder.merged) holder = holder.merged;
    return holder;
  }

  function add(chunk: WindowChunk, index: number): void {
    const { keys } = chunk.prepared.operations;
    const key = keys[2 * index] ?? 0;
    const alias = keys[2 * index + 1] ?? 0;
    const holder = find(key);
    const aliasHolder = alias === 0 ? undefined : find(alias);
    waiting++;
    const waits = chunk.prepared.operations.singles.has(index) || mustWait(chunk, index);
    if (!waits && isOpen(holder) && isOpen(aliasHolder) && draftFits(chunk, index, holder ?? aliasHolder)) {
      const to = place(chunk, index);
      if (key !== 0 && holder !== to) holders.set(key, to);
      if (alias !== 0 && aliasHolder !== to) holders.set(alias, to);
      return;
    }
    if (holder === undefined && aliasHolder === undefined) {
      if (!mayGo(chunk, index)) {
        waiting--;
        return;
      }
      const to = place(chunk, index);
      if (key !== 0) holders.set(key, to);
      if (alias !== 0) holders.set(alias, to);
      return;
    }
    const lane = joinLane(key, holder, alias, aliasHolder);
    lane.queue.push({ chunk, index });
  }

  function isOpen(holder: Holder | undefined): boolean {
    return holder === undefined || holder === draft;
  }

  /** A person who is in the draft already must not continue in another batch while that one is unsettled. */
  function draftFits(chunk: WindowChunk, index: number, holder: Holder | undefined): boolean {
    return holder === undefined || fits(draft, operationEnd(chunk, index) - operationStart(chunk, index));
  }

  /** The one lane of a row with one or two identities: two lanes become one, in the order of the file. */
  function joinLane(key: number, holder: Holder | undefined, alias: number, aliasHolder: Holder | undefined): Lane {
    const lane = toLane(key, holder);
    if (alias === 0) return lane;
    const other = toLane(alias, aliasHolder);
    if (other === lane) return lane;
    lane.keys.push(...other.keys);
    lane.queue.push(...other.queue);
    lane.queue.sort((a, b) => rowNumber(a.chunk, a.index) - rowNumber(b.chunk, b.index) || a.index - b.index);
    for (const batch of other.holders) hold(lane, batch);
    other.merged = lane;
    other.queue.length = 0;
    return lane;
  }

  function toLane(key: number, holder: Holder | undefined): Lane {
    if (holder !== undefined && isLane(holder)) return holder;
    const lane: Lane = { keys: [key], queue: [], holders: new Set(), merged: undefined };
    if (holder !== undefined) hold(lane, holder.id);
    if (key !== 0) holders.set(key, lane);
    return lane;
  }

  function hold(lane: Lane, batch: number): void {
    lane.holders.add(batch);
    const lanes = laneOfBatch.get(batch);
    if (lanes) lanes.add(lane);
    else laneOfBatch.set(batch, new Set([lane]));
  }

  /** Nobody holds this lane any more: its rows move into batches, as many as fit behind one another. */
  function flow(lane: Lane): void {
    if (lane.queue.length >= rowsMax / 2) seal(); // a busy person gets a batch of its own
    let to: Draft | undefined;
    let taken = 0;
    for (const { chunk, index } of lane.queue) {
      if (to !== undefined && (to !== draft || !draftFits(chunk, index, to) || chunk.prepared.operations.singles.has(index))) break;
      taken++;
      if (mayGo(chunk, index)) to = place(chunk, index);
      else waiting--;
    }
    lane.queue.splice(0, taken);
    if (to !== undefined && to === draft && to.count >= rowsMax / 2 && lane.queue.length > 0) seal();
    // A lane of several keys stays until its batch is settled: the batch may lack some of them, and would never let those go.
    if (to !== undefined && (lane.queue.length > 0 || lane.keys.length > 1)) return hold(lane, to.id);
    for (const key of lane.keys) {
      if (to === undefined) holders.delete(key);
      else holders.set(key, to);
    }
  }

  function letGo(key: number, batch: number): void {
    const holder = key === 0 ? undefined : holders.get(key);
    if (holder !== undefined && !isLane(holder) && holder.id === batch) holders.delete(key);
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
      eachOperation(batch, (chunk, index) => {
        const { keys } = chunk.prepared.operations;
        letGo(keys[2 * index] ?? 0, batch.id);
        letGo(keys[2 * index + 1] ?? 0, batch.id);
      });
      const lanes = laneOfBatch.get(batch.id);
      laneOfBatch.delete(batch.id);
      for (const lane of lanes ?? []) {
        lane.holders.delete(batch.id);
        if (lane.merged === undefined && lane.holders.size === 0) flow(lane);
      }
    },
    waiting: () => waiting,
  };
}

function isLane(holder: Holder): holder is Lane {
  return 'queue' in holder;
}
