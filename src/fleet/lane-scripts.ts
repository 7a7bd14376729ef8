import type { Script } from './script.ts';

/** KEYS: the lane's two streams, held. Returns how many entries each has, and how many ordering keys are held. */
export const OPEN_LANE: Script = {
  name: 'cioOpenLane',
  keys: 3,
  lua: `return { redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[2]), redis.call('HLEN', KEYS[3]) }`,
};

/** The lane is busy no longer, unless something is in it. KEYS: its two streams, busy. ARGV: the lane. Returns 1 when something is. */
export const HAND_BACK: Script = {
  name: 'cioHandBack',
  keys: 3,
  lua: `
if redis.call('XLEN', KEYS[1]) + redis.call('XLEN', KEYS[2]) > 0 then return 1 end
redis.call('SREM', KEYS[3], ARGV[1])
return 0`,
};

/** KEYS: held. ARGV: ordering keys. Returns those that are held. */
export const HELD_AMONG: Script = {
  name: 'cioHeldAmong',
  keys: 1,
  lua: `
local found = {}
for _, k in ipairs(ARGV) do if redis.call('HEXISTS', KEYS[1], k) == 1 then found[#found + 1] = k end end
return found`,
};

/** KEYS: busy. */
export const COUNT_BUSY: Script = { name: 'cioCountBusy', keys: 1, lua: `return redis.call('SCARD', KEYS[1])` };
