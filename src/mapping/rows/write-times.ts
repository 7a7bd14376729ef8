/**
 * The time that an identify carries, in whole unix seconds, so that one which the service applies late cannot win over a newer one
 * (docs/adr/005-times-of-updates.md).
 */
const SLOTS = 32_768;
/** Times begin this far in the past: so many updates of one person within a second still get different ones, and none lies in the future. */
const SLACK_SECONDS = 10;

export interface WriteTimes {
  /** Before each chunk. */
  setClock(nowMs: number): void;
  /** For an operation about the person with these keys: never before the last one of any of them, and later as far as the slack allows. */
  next(keys: readonly number[]): number;
}

/** `notBefore`: seconds that earlier runs and processes may have used up. */
export function createWriteTimes(notBefore: number): WriteTimes {
  /** Per slot: the key that was here last, its last time, and the latest time of any key that had to make room. */
  const owners = new Int32Array(SLOTS);
  const times = new Uint32Array(SLOTS);
  const floors = new Uint32Array(SLOTS);
  let first = notBefore;
  let last = notBefore;

  /** The earliest second after the last update of a key; one that was forgotten is never given an earlier one than it had. */
  function after(key: number): number {
    const at = key & (SLOTS - 1);
    if (owners[at] !== (key | 0)) return floors[at] ?? 0;
    const known = times[at] ?? 0;
    return known >= first && known < last ? known + 1 : known;
  }

  function remember(key: number, seconds: number): void {
    const at = key & (SLOTS - 1);
    if (owners[at] !== (key | 0)) {
      floors[at] = Math.max(floors[at] ?? 0, times[at] ?? 0);
      owners[at] = key;
    }
    times[at] = seconds;
  }

  return {
    setClock(nowMs) {
      const now = Math.floor(nowMs / 1000);
      first = Math.max(first, now - SLACK_SECONDS);
      last = Math.max(last, now);
    },
    next(keys) {
      let seconds = first;
      for (const key of keys) seconds = Math.max(seconds, after(key));
      for (const key of keys) remember(key, seconds);
      return seconds;
    },
  };
}
