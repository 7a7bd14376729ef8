import { lanesOf } from './lane-writer.ts';
import type { FleetKeys } from './keys.ts';
import type { RedisLink } from './redis-link.ts';
import type { Script } from './script.ts';

/** Entries of the undelivered stream that are read at a time. */
const PAGE_ENTRIES = 500;

export interface LaneState {
  readonly lane: number;
  readonly pending: number;
  /** Operations that are sent again before those. */
  readonly again: number;
  /** How long ago its oldest operation came. */
  readonly oldestMs: number | null;
}

/** What a workspace's fleet has to do, and what it did. */
export interface FleetState {
  /** Lanes with operations. */
  readonly lanes: readonly LaneState[];
  readonly pending: number;
  /** Operations that ended, by state. */
  readonly ended: Readonly<Record<'delivered' | 'rejected' | 'failed' | 'invalid' | 'unclear', number>>;
  /** Ordering keys that wait behind a failed operation. */
  readonly held: number;
}

/** KEYS: tally, held. ARGV: what the names of lanes, and of their second streams, begin with; how many lanes there are. */
const STATE: Script = {
  name: 'cioFleetState',
  keys: 2,
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = redis.call('HMGET', KEYS[1], 'pending', 'delivered', 'rejected', 'failed', 'invalid', 'unclear')
for at = 1, 6 do reply[at] = reply[at] or '0' end
reply[7] = tostring(redis.call('HLEN', KEYS[2]))
for lane = 0, ARGV[3] - 1 do
  local pending, again = redis.call('XLEN', ARGV[1] .. lane), redis.call('XLEN', ARGV[2] .. lane)
  if pending + again > 0 then
    local oldest = redis.call('XRANGE', ARGV[1] .. lane, '-', '+', 'COUNT', 1)[1]
    local ago = oldest and string.format('%.0f', now - string.match(oldest[1], '%d+')) or ''
    reply[#reply + 1] = lane .. ' ' .. pending .. ' ' .. again .. ' ' .. ago
  end
end
return reply`,
};

export async function fleetState(link: RedisLink, keys: FleetKeys): Promise<FleetState> {
  const lanes = await lanesOf(link, keys);
  const prefixes = [keys.lane(0).slice(0, -1), keys.again(0).slice(0, -1)];
  const reply = (await link.run(STATE, [keys.tally, keys.held, ...prefixes, lanes])) as readonly string[];
  const [pending = 0, delivered = 0, rejected = 0, failed = 0, invalid = 0, unclear = 0, held = 0] = reply.map(Number);
  return {
    lanes: reply.slice(7).map(laneState),
    pending,
    ended: { delivered, rejected, failed, invalid, unclear },
    held,
  };
}

function laneState(text: string): LaneState {
  const [lane = '', pending = '', again = '', oldest = ''] = text.split(' ');
  return {
    lane: Number(lane),
    pending: Number(pending),
    again: Number(again),
    oldestMs: oldest === '' ? null : Math.max(0, Number(oldest)),
  };
}

/** An operation that did not arrive. */
export interface UndeliveredOperation {
  readonly id: string;
  readonly lane: number;
  readonly orderingKey: string;
  readonly text: string;
  readonly state: string;
  readonly code: string;
  readonly reason: string;
}

/** KEYS: undelivered. ARGV: the id to begin behind, how many. */
const PAGE: Script = {
  name: 'cioUndelivered',
  keys: 1,
  lua: `return redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])`,
};

/** All of them, in the order in which they ended. */
export async function* undeliveredPages(
  link: RedisLink,
  keys: FleetKeys,
): AsyncGenerator<readonly UndeliveredOperation[]> {
  for (let after = '0-0'; ;) {
    const reply = await link.run(PAGE, [keys.undelivered, after, PAGE_ENTRIES]);
    const page = (reply as readonly [string, string[]][]).map(toOperation);
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.id;
  }
}

function toOperation([id, fields]: readonly [id: string, fields: readonly string[]]): UndeliveredOperation {
  const field = (name: string): string => {
    for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1] ?? '';
    return '';
  };
  return {
    id,
    lane: Number(field('lane')),
    orderingKey: field('k'),
    text: field('op'),
    state: field('state'),
    code: field('code'),
    reason: field('reason'),
  };
}

/** KEYS: busy, wake. ARGV: what the names of the second streams begin with; then for each operation its lane, key, JSON and id. */
const SEND_AGAIN: Script = {
  name: 'cioSendAgain',
  keys: 2,
  lua: `
for at = 2, #ARGV, 4 do
  local lane = ARGV[at]
  redis.call('XADD', ARGV[1] .. lane, '*', 'k', ARGV[at + 1], 'op', ARGV[at + 2], 'u', ARGV[at + 3])
  redis.call('SADD', KEYS[1], lane)
  redis.call('RPUSH', KEYS[2], lane)
end`,
};

/** Whoever takes their lanes next sends them before anything else. They stay among the undelivered ones until they have arrived. */
export async function sendAgain(
  link: RedisLink,
  keys: FleetKeys,
  operations: readonly UndeliveredOperation[],
): Promise<void> {
  const words = operations.flatMap(({ lane, orderingKey, text, id }) => [lane, orderingKey, text, id]);
  if (words.length > 0) await link.run(SEND_AGAIN, [keys.busy, keys.wake, keys.again(0).slice(0, -1), ...words]);
}
