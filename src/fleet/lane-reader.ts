import type { Redis } from 'ioredis';
import type { Clock } from '../domain/host.ts';
import type { HeldLane, LaneEntry } from './held-lane.ts';
import { addressOf } from './redis-link.ts';
import type { RedisPlace } from './redis-url.ts';

/** A read waits for entries for so long: a lane that is taken meanwhile is read with the next one. */
const BLOCK_MS = 50;
/** Entries of one read, over all lanes. */
const READ_ENTRIES = 2_000;
const READ_ENTRIES_MIN = 20;
const PAUSE_MS = 100;

export interface LaneRead {
  readonly lane: HeldLane;
  readonly entries: readonly LaneEntry[];
}

/** Reads what is new in lanes, on a connection of its own, since it waits for it. */
export interface LaneReader {
  /** Moves the lanes' cursors. Empty when nothing has come for a moment, or Redis is away. */
  read(lanes: readonly HeldLane[]): Promise<readonly LaneRead[]>;
  /** When Redis last answered; monotonic. */
  answeredAt(): number;
  close(): void;
}

export async function openLaneReader(place: RedisPlace, clock: Clock): Promise<LaneReader> {
  const { Redis } = await import('ioredis');
  const redis: Redis = new Redis({ ...addressOf(place), maxRetriesPerRequest: 0, lazyConnect: true });
  redis.on('error', () => undefined); // the read that fails because of it tells
  let answeredAt = clock.monotonic();
  return {
    async read(lanes) {
      const byStream = new Map(lanes.map((lane) => [lane.stream, lane]));
      const count = Math.max(READ_ENTRIES_MIN, Math.floor(READ_ENTRIES / lanes.length));
      try {
        const streams = [...lanes.map(({ stream }) => stream), ...lanes.map(({ cursor }) => cursor)];
        const reply = await redis.xread('COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', ...streams);
        answeredAt = clock.monotonic();
        return (reply ?? []).flatMap(([stream, entries]): LaneRead[] => {
          const lane = byStream.get(stream);
          if (!lane) return [];
          lane.cursor = entries.at(-1)?.[0] ?? lane.cursor;
          return [{ lane, entries: entries.map(toEntry) }];
        });
      } catch {
        await clock.sleep(PAUSE_MS);
        return [];
      }
    },
    answeredAt: () => answeredAt,
    close: () => redis.disconnect(),
  };
}

/** By the names of the fields: other languages may write them in another order. */
function toEntry([id, fields]: [id: string, fields: string[]]): LaneEntry {
  let [orderingKey, text, undeliveredId] = ['', '', ''];
  for (let at = 0; at < fields.length; at += 2) {
    const value = fields[at + 1] ?? '';
    if (fields[at] === 'k') orderingKey = value;
    else if (fields[at] === 'op') text = value;
    else if (fields[at] === 'u') undeliveredId = value;
  }
  return { id, orderingKey, text, undeliveredId };
}
