import {
  chunkWithoutText,
  packOperations,
  type InvalidRow,
  type LooseOperation,
  type Position,
  type PreparedChunk,
} from '../domain/chunk.ts';
import type { Clock } from '../domain/host.ts';
import { bytesOver, ITEM_BYTES_MAX } from '../domain/limits.ts';
import { hashPerson } from '../domain/person.ts';
import { insisting } from './insisting.ts';
import type { HeldLane, LaneEntry } from './held-lane.ts';
import type { FleetKeys } from './keys.ts';
import type { LaneLedger } from './lane-ledger.ts';
import type { LaneRead, LaneReader } from './lane-reader.ts';
import { HELD_AMONG } from './lane-scripts.ts';
import type { RedisLink } from './redis-link.ts';

/** Entries of all lanes held here, as one source: so operations of many lanes share full batches. */
export interface LaneFeed {
  readonly chunks: AsyncIterable<PreparedChunk>;
  add(lane: HeldLane): void;
  /** Reads no more of it. */
  end(lane: HeldLane): void;
  /** How long nothing has come from a lane. */
  idleMs(lane: HeldLane): number;
}

export interface FeedOptions {
  readonly link: RedisLink;
  readonly keys: FleetKeys;
  readonly reader: LaneReader;
  readonly ledger: LaneLedger;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
  /** An ordering key has failed operations from before: what comes now goes behind them. */
  readonly onHeld: (orderingKey: string) => void;
}

export function createLaneFeed(options: FeedOptions): LaneFeed {
  const { reader, ledger, clock, stopping } = options;
  const lastAt = new Map<HeldLane, number>();
  let wake: (() => void) | undefined;
  let rows = 0;
  let isClosed = false;
  const ring = (): void => wake?.();
  const isOver = (): boolean => isClosed || stopping.aborted;

  async function* chunks(): AsyncGenerator<PreparedChunk> {
    stopping.addEventListener('abort', ring);
    while (!isOver()) {
      const lanes = [...lastAt.keys()].filter(({ isEnding }) => !isEnding);
      if (lanes.length === 0) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const reads = (await reader.read(lanes)).filter(({ lane }) => !lane.isEnding);
      if (reads.length === 0) continue;
      await tellHeld(reads, options, isOver);
      if (isOver()) break; // it may not have been told
      yield admit(reads);
    }
    stopping.removeEventListener('abort', ring);
  }

  function admit(reads: readonly LaneRead[]): PreparedChunk {
    const start = placeAt(rows);
    for (const { lane, entries } of reads) {
      ledger.admit(lane, rows + 1, entries);
      lastAt.set(lane, clock.monotonic());
      rows += entries.length;
    }
    return toChunk(
      start,
      placeAt(rows),
      reads.flatMap(({ entries }) => entries),
    );
  }

  return {
    chunks: {
      [Symbol.asyncIterator]: () =>
        endingWith(chunks(), () => {
          isClosed = true;
          ring();
        }),
    },
    add(lane) {
      lastAt.set(lane, clock.monotonic());
      ring();
    },
    end(lane) {
      lane.isEnding = true;
      lastAt.delete(lane);
    },
    idleMs: (lane) => clock.monotonic() - (lastAt.get(lane) ?? 0),
  };
}

/** A generator's own return waits for its next value, which may never come: `end` makes it give up. */
function endingWith<T>(generator: AsyncGenerator<T>, end: () => void): AsyncIterator<T> {
  return {
    next: () => generator.next(),
    return() {
      end();
      return generator.return(undefined);
    },
  };
}

async function tellHeld(
  reads: readonly LaneRead[],
  { link, keys, clock, onHeld }: FeedOptions,
  isOver: () => boolean,
): Promise<void> {
  const asked = reads.filter(({ lane }) => lane.checksHeld).flatMap(({ entries }) => entries);
  if (asked.length === 0) return;
  const orderingKeys = new Set(asked.map(({ orderingKey }) => orderingKey));
  const held = await insisting(clock, isOver, () => link.run(HELD_AMONG, [keys.held, ...orderingKeys]));
  for (const orderingKey of (held ?? []) as readonly string[]) onHeld(orderingKey);
}

/** A place in a source that has no text. */
function placeAt(row: number): Position {
  return { row, line: 0, offset: 0, hash: '' };
}

function toChunk(start: Position, end: Position, entries: readonly LaneEntry[]): PreparedChunk {
  const loose: LooseOperation[] = [];
  const orderingKeys: string[] = [];
  const invalid: InvalidRow[] = [];
  for (const [row, { orderingKey, text }] of entries.entries()) {
    const fault = faultOf(text);
    if (fault) invalid.push({ index: row, ...fault });
    else {
      loose.push({ row, bytes: Buffer.from(text), keys: [hashPerson(orderingKey)], kinds: 0 });
      orderingKeys.push(orderingKey);
    }
  }
  const chunk = chunkWithoutText(start, end, { ...packOperations(loose), orderingKeys });
  return { ...chunk, rows: entries.length, invalid };
}

/** Why it cannot stand in a batch: whoever wrote it need not have used our library. */
function faultOf(text: string): Pick<InvalidRow, 'code' | 'message'> | undefined {
  const bytes = bytesOver(text, ITEM_BYTES_MAX);
  if (bytes > 0)
    return { code: 'too_long', message: `the operation has ${bytes} bytes; it may have ${ITEM_BYTES_MAX}` };
  return isObject(text) ? undefined : { code: 'bad_operation', message: 'the operation is no JSON object' };
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
