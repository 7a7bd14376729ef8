import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Change, Ledger, LedgerState, RowRanges, UndeliveredRow } from '../domain/ledger.ts';
import { EMPTY_TALLY, type Tally } from '../domain/outcome.ts';
import { insisting } from './insisting.ts';
import type { RedisLink } from './redis-link.ts';
import type { FleetKeys } from './keys.ts';
import type { HeldLane, LaneEntry } from './held-lane.ts';
import { createLaneSpans } from './lane-spans.ts';
import { SETTLE } from './settle-script.ts';

/**
 * What becomes of the entries of lanes. An entry in Redis is the intent to send it, so intents need no word. Settlements are kept here until
 * everything before them in their lane is settled, and go to Redis together, in the order of the lane.
 *
 *   read --settled--> settled here --all before it too--> written: out of its lane
 */
export interface LaneLedger extends Ledger {
  /** Entries that were read, as the rows from `row` (the first is 1) on. */
  admit(lane: HeldLane, row: number, entries: readonly LaneEntry[]): void;
  /** Resolves when Redis knows what became of every entry of the lane that was read, or when the ledger is closed. */
  written(lane: HeldLane): Promise<void>;
  /** Resolves when everything that is settled here, and nothing waits for in its lane, is written. */
  drain(): Promise<void>;
  /** Nothing is written any more. */
  close(): void;
}

export function createLaneLedger(link: RedisLink, keys: FleetKeys, clock: Clock): LaneLedger {
  const spans = createLaneSpans();
  const waiters = new Map<HeldLane, () => void>();
  let tally: Tally = EMPTY_TALLY;
  let writing: Promise<void> | undefined;
  let isClosed = false;

  function write(): void {
    if (writing || isClosed) return;
    const words = spans.take();
    if (words.length > 0) writing = writeOnce(words);
    else tellWritten();
  }

  async function writeOnce(words: readonly (string | number)[]): Promise<void> {
    const call = (): Promise<unknown> => link.run(SETTLE, [keys.tally, keys.undelivered, keys.held, ...words]);
    await insisting(clock, () => isClosed, call);
    writing = undefined;
    write();
  }

  function tellWritten(): void {
    for (const [lane, resolve] of waiters) {
      if (!isClosed && (writing !== undefined || !spans.isTold(lane))) continue;
      waiters.delete(lane);
      resolve();
    }
  }

  return {
    state: (): LedgerState => ({
      tally,
      checkpoint: null,
      settled: [],
      inDoubt: [],
      failedPersons: [],
      nextBatch: 1,
    }),
    tally: () => tally,
    commit(change) {
      if (isClosed) throw new CioBulkError('redis_unreachable', 'the leases of all lanes are lost');
      for (const lost of undeliveredIn(change)) spans.lose(lost);
      for (const ranges of rangesIn(change)) for (const [from, to] of ranges) spans.settle(from, to);
      tally = counted(tally, change);
      write();
    },
    finish: () => undefined,
    admit: spans.admit,
    written(lane) {
      return new Promise((resolve) => {
        waiters.set(lane, resolve);
        tellWritten();
      });
    },
    async drain() {
      while (writing) await writing;
    },
    close() {
      isClosed = true;
      tellWritten();
    },
  };
}

function undeliveredIn({ settled, passed }: Change): UndeliveredRow[] {
  return [...settled.flatMap(({ undelivered }) => undelivered), ...(passed?.invalid ?? [])];
}

function rangesIn({ settled, passed }: Change): RowRanges[] {
  return [...settled.map(({ rows }) => rows), (passed?.invalid ?? []).map(({ row }) => [row, row] as const)];
}

function counted(tally: Tally, change: Change): Tally {
  const next = { ...tally };
  for (const { delivered } of change.settled) next.delivered += delivered;
  for (const { state } of undeliveredIn(change)) next[state]++;
  return next;
}
