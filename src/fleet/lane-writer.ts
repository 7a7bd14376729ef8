import { laneOf, LANES, type FleetKeys } from './keys.ts';
import { RedisFault } from './redis-fault.ts';
import type { RedisLink } from './redis-link.ts';
import { FORMAT, type Script } from './script.ts';

/** An operation on its way into a lane. */
export interface LaneOperation {
  /** Operations with the same ordering key reach the service in the order in which they were written. */
  readonly orderingKey: string;
  /** JSON text of a v2 operation. */
  readonly text: string;
}

/** Redis has the operations, or none of them: so many are pending already that more would not fit. */
export type Written = { readonly isFull: false } | { readonly isFull: true; readonly pending: number };

/** Writes operations into the lanes of a workspace. */
export interface LaneWriter {
  /** All or nothing. Rejects with a RedisFault; then it is not known whether Redis has them. */
  write(operations: readonly LaneOperation[]): Promise<Written>;
}

/**
 * Fixes the number of lanes for good. KEYS: meta. ARGV: format, lanes when nobody has fixed them. Returns the format and the lanes.
 */
const FIX_LANES: Script = {
  name: 'cioFixLanes',
  keys: 1,
  lua: `
redis.call('HSETNX', KEYS[1], 'format', ARGV[1])
if redis.call('HGET', KEYS[1], 'format') == ARGV[1] then redis.call('HSETNX', KEYS[1], 'lanes', ARGV[2]) end
return { redis.call('HGET', KEYS[1], 'format'), redis.call('HGET', KEYS[1], 'lanes') or '' }`,
};

/**
 * All or nothing. Whoever makes a lane busy also wakes a worker.
 *
 * KEYS: meta, tally, busy, wake. ARGV: the prefix of the lanes' names, format, lanes, how many operations may be pending; then for each
 * operation its lane, its ordering key and its JSON. Returns OK, FULL, or OTHER when format or lanes are not those of the workspace; then
 * how many are pending.
 */
export const ENQUEUE: Script = {
  name: 'cioEnqueue',
  keys: 4,
  lua: `
local fixed = redis.call('HMGET', KEYS[1], 'format', 'lanes')
if fixed[1] ~= ARGV[2] or fixed[2] ~= ARGV[3] then return { 'OTHER', 0 } end
local count = (#ARGV - 4) / 3
local pending = tonumber(redis.call('HGET', KEYS[2], 'pending') or 0)
if pending + count > tonumber(ARGV[4]) then return { 'FULL', pending } end
for at = 5, #ARGV, 3 do
  local lane = ARGV[at]
  redis.call('XADD', ARGV[1] .. lane, '*', 'k', ARGV[at + 1], 'op', ARGV[at + 2])
  if redis.call('SADD', KEYS[3], lane) == 1 then redis.call('RPUSH', KEYS[4], lane) end
end
return { 'OK', redis.call('HINCRBY', KEYS[2], 'pending', count) }`,
};

export function createLaneWriter(link: RedisLink, keys: FleetKeys, pendingMax: number): LaneWriter {
  let lanes: number | undefined;
  return {
    async write(operations) {
      lanes ??= await lanesOf(link, keys);
      const args: (string | number)[] = [keys.meta, keys.tally, keys.busy, keys.wake];
      args.push(keys.lane(0).slice(0, -1), FORMAT, lanes, pendingMax);
      for (const { orderingKey, text } of operations) args.push(laneOf(orderingKey, lanes), orderingKey, text);
      const [answer, pending] = (await link.run(ENQUEUE, args)) as readonly [unknown, unknown];
      if (answer === 'OK') return { isFull: false };
      if (answer === 'FULL') return { isFull: true, pending: Number(pending) };
      lanes = undefined; // Redis has lost them, or another version has taken over: asked anew
      throw new RedisFault('has another layout of lanes than a moment ago');
    },
  };
}

/** How many lanes the workspace has. Fixes it on first use. */
export async function lanesOf(link: RedisLink, keys: FleetKeys): Promise<number> {
  const [format, lanes] = ((await link.run(FIX_LANES, [keys.meta, FORMAT, LANES])) as readonly unknown[]).map(String);
  if (format !== FORMAT) throw new RedisFault('holds lanes of another version of cio-bulk', true);
  return Number(lanes);
}
