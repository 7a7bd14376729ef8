import type { Script } from './script.ts';

/**
 * Settles the oldest entries of lanes, all at once: those that did not arrive move to the undelivered ones, the others are counted, and all
 * of them leave the lane. An entry that is not there any more was settled by somebody else, and counts for nothing: so it does no harm when
 * this comes twice, or late.
 *
 * KEYS: tally, undelivered, held. ARGV, for each lane: stream, lane, the id after its last settled entry, 1 for operations that were sent
 * again, how many entries are told; then for each of those: id, ordering key, JSON, state, code, reason, id among the undelivered ones.
 */
export const SETTLE: Script = {
  name: 'cioSettle',
  keys: 3,
  lua: `
local tally, undelivered, held = KEYS[1], KEYS[2], KEYS[3]
local function count(state, by) if by ~= 0 then redis.call('HINCRBY', tally, state, by) end end
local function hold(k) redis.call('HINCRBY', held, k, 1) end
local function release(k) if redis.call('HINCRBY', held, k, -1) <= 0 then redis.call('HDEL', held, k) end end

local function keep(lane, entry)
  redis.call('XADD', undelivered, '*', 'lane', lane, 'k', entry.k, 'op', entry.op, 'state', entry.state, 'code', entry.code,
    'reason', entry.reason, 'entry', entry.id)
  count(entry.state, 1)
  if entry.state == 'failed' then hold(entry.k) end
end

local function sentAgain(lane, entry)
  local before = redis.call('XRANGE', undelivered, entry.before, entry.before)[1]
  if not before or entry.state == 'failed' then return end
  redis.call('XDEL', undelivered, entry.before)
  local state = before[2][8]
  count(state, -1)
  if state == 'failed' then release(entry.k) end
  if entry.state == 'delivered' then count('delivered', 1) else keep(lane, entry) end
end

local at = 1
local function take() at = at + 1 return ARGV[at - 1] end
while at <= #ARGV do
  local stream, lane, after, isAgain, told = take(), take(), take(), take() == '1', tonumber(take())
  local kept = 0
  for _ = 1, told do
    local entry = { id = take(), k = take(), op = take(), state = take(), code = take(), reason = take(), before = take() }
    if #redis.call('XRANGE', stream, entry.id, entry.id) == 1 then
      if isAgain then sentAgain(lane, entry) else
        keep(lane, entry)
        kept = kept + 1
      end
    end
  end
  local left = redis.call('XTRIM', stream, 'MINID', after)
  if not isAgain then
    count('delivered', left - kept)
    count('pending', -left)
  end
end`,
};
