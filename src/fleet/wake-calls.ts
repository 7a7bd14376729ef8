import type { Redis } from 'ioredis';
import type { Clock } from '../domain/host.ts';
import type { FleetKeys } from './keys.ts';
import { addressOf } from './redis-link.ts';
import type { RedisPlace } from './redis-url.ts';

/** Whoever heard that a lane has work may have died since: all lanes are looked at so often. */
const SWEEP_MS = 10_000;
const CALLS_MAX = 1_000;
const PAUSE_MS = 500;

/** Hears from producers that lanes have work, on a connection of its own, since it waits for them. */
export interface WakeCalls {
  /** Lanes that may have work; empty when none came for a while, or Redis is away. */
  next(): Promise<readonly number[]>;
  close(): void;
}

export async function openWakeCalls(place: RedisPlace, keys: FleetKeys, clock: Clock): Promise<WakeCalls> {
  const { Redis } = await import('ioredis');
  const redis: Redis = new Redis({ ...addressOf(place), maxRetriesPerRequest: 0, lazyConnect: true });
  redis.on('error', () => undefined); // the call that fails because of it tells
  const closing = new AbortController();
  let sweptAt = -Infinity;
  return {
    async next() {
      try {
        const sweepInMs = sweptAt + SWEEP_MS - clock.monotonic();
        if (sweepInMs <= 0) {
          sweptAt = clock.monotonic();
          return (await redis.smembers(keys.busy)).map(Number);
        }
        const first = await redis.blpop(keys.wake, Math.max(0.01, sweepInMs / 1000));
        if (!first) return [];
        const more = await redis.lpop(keys.wake, CALLS_MAX);
        return [first[1], ...(more ?? [])].map(Number);
      } catch {
        await clock.sleep(PAUSE_MS, closing.signal);
        return [];
      }
    },
    close() {
      if (closing.signal.aborted) return;
      closing.abort();
      redis.disconnect();
    },
  };
}
