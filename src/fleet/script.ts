import { RATE_MIN, RECOVERY_PER_SECOND, SLOWDOWN_EVERY_MS, SLOWDOWN_FACTOR, SPACING_SHARE } from '../domain/pacing.ts';

/** A script that Redis runs, as one step that nobody can come between. */
export interface Script {
  readonly name: string;
  readonly keys: number;
  readonly lua: string;
}

/** The layout of the keys. A sender of another version, which does not know it, keeps out. */
export const FORMAT = '1';
/** Nobody reserves further ahead: what a sender that dies takes with it, and how long a pause may take to reach everybody. */
const HORIZON_MS = 250;
/** More starts than a window holds: when the newest are given back, those that were behind it count again. */
const WINDOWS_KEPT = 2;
/** How long the log is kept when nobody sends: for those who ask whether anybody does. */
const LOG_KEPT_MS = 10_000;

/**
 * Time is that of Redis, in whole microseconds. `full` is the stored rate; `allowed` is what of it may be used right now, which recovers
 * from `since` on.
 */
const STATE = `
local meta, log, slow = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
local function window(rate) return math.max(1, math.ceil(rate)) / rate * 1000000 end

local full = tonumber(redis.call('HGET', meta, 'rate'))
local slowed = redis.call('HMGET', slow, 'rate', 'since', 'not_before', 'slowed_at')
local notBefore = tonumber(slowed[3]) or 0
local function allowedNow()
  if not slowed[1] then return full end
  return math.min(full, slowed[1] + math.max(0, now - slowed[2]) / 1000000 * ${RECOVERY_PER_SECOND} * full)
end
`;

/**
 * Reserves up to so many starts. The log holds them, the newest first, each as \`first:last\` moment at which it may begin. A start may not
 * begin before the last moment of the start that lies a full window back, plus that window: so no window ever holds more, however late
 * within its own limits each of them is.
 *
 * KEYS: meta, budget, slow. ARGV: the server's run id, the rate to begin with when none is stored, how late (us) a start of this sender may
 * be, how many are wanted, 1 when the clock of the server was set.
 * Returns the time, the stored rate, the allowed rate, how long to wait (us) when none is free, and the starts.
 */
export const RESERVE: Script = {
  name: 'cioReserve',
  keys: 3,
  lua: `${STATE}
local late, wanted = tonumber(ARGV[3]), tonumber(ARGV[4])
local horizon = ${HORIZON_MS * 1000}
local function momentOf(index, pattern)
  local entry = redis.call('LINDEX', log, index)
  return entry and tonumber(string.match(entry, pattern)) or 0
end

local newest = momentOf(0, '^%d+')
local isClockSet = ARGV[5] == '1' or newest > now + horizon + 1000000 -- nobody reserves that far ahead
if not full or redis.call('HGET', meta, 'run') ~= ARGV[1] or isClockSet then -- nobody knows what has started lately
  full = full or tonumber(ARGV[2])
  redis.call('HSET', meta, 'format', '${FORMAT}', 'rate', full, 'run', ARGV[1])
  redis.call('DEL', log, slow)
  newest, slowed, notBefore = 0, {}, now + window(full) + late
  redis.call('HSET', slow, 'not_before', whole(notBefore))
  redis.call('PEXPIRE', slow, math.ceil((notBefore - now) / 1000))
end

local allowed = allowedNow()
local back = math.max(1, math.ceil(allowed)) - 1
local reply = { whole(now), tostring(full), tostring(allowed), '0' }
while #reply < 4 + wanted do
  local blocked = momentOf(back, '%d+$')
  local start = math.max(now, notBefore, newest + ${SPACING_SHARE} * 1000000 / allowed, blocked + window(allowed))
  if start > now + horizon then
    if #reply == 4 then reply[4] = whole(start - now - horizon) end
    break
  end
  newest = math.ceil(start)
  local entry = whole(newest) .. ':' .. whole(newest + late)
  redis.call('LPUSH', log, entry)
  reply[#reply + 1] = entry
end
if #reply > 4 then
  redis.call('LTRIM', log, 0, ${WINDOWS_KEPT} * math.ceil(full) + 1)
  redis.call('PEXPIRE', log, math.ceil(window(full) / 1000) + ${LOG_KEPT_MS})
end
return reply`,
};

/** KEYS: meta, budget, slow. ARGV: the pause (us) that the service asked for with a 429. */
export const SLOW_DOWN: Script = {
  name: 'cioSlowDown',
  keys: 3,
  lua: `${STATE}
if not full then return end
local rate, slowedAt = allowedNow(), tonumber(slowed[4]) or 0
if now - slowedAt >= ${SLOWDOWN_EVERY_MS * 1000} then
  rate, slowedAt = math.max(math.min(${RATE_MIN}, full), rate * ${SLOWDOWN_FACTOR}), now
end
notBefore = math.max(notBefore, now + ARGV[1])
redis.call('HSET', slow, 'rate', tostring(rate), 'since', whole(notBefore), 'not_before', whole(notBefore), 'slowed_at', whole(slowedAt))
redis.call('PEXPIRE', slow, math.ceil((notBefore - now) / 1000) + 60000)`,
};

/** KEYS: budget. ARGV: a start that did not begin. */
export const GIVE_BACK: Script = {
  name: 'cioGiveBack',
  keys: 1,
  lua: `return redis.call('LREM', KEYS[1], 1, ARGV[1])`,
};

/**
 * KEYS: meta, budget. ARGV: the rate to store when there is none, 1 to store it in any case. Returns the format, the stored rate, and how
 * long ago (us) the newest start was; empty when there is none.
 */
export const JOIN: Script = {
  name: 'cioJoin',
  keys: 2,
  lua: `
local format = redis.call('HGET', KEYS[1], 'format') or '${FORMAT}'
if format == '${FORMAT}' then
  redis.call('HSET', KEYS[1], 'format', format)
  redis.call(ARGV[2] == '1' and 'HSET' or 'HSETNX', KEYS[1], 'rate', ARGV[1])
end
local time = redis.call('TIME')
local newest = redis.call('LINDEX', KEYS[2], 0)
local ago = newest and string.format('%.0f', time[1] * 1000000 + time[2] - string.match(newest, '%d+')) or ''
return { format, redis.call('HGET', KEYS[1], 'rate') or '', ago }`,
};
