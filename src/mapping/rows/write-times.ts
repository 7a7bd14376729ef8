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
  /** Per slot a person's key, and its last time. */
  const slots = new Int32Array(2 * SLOTS);
  let first = notBefore;
  let last = notBefore;

  return {
    setClock(nowMs) {
      const now = Math.floor(nowMs / 1000);
      first = Math.max(first, now - SLACK_SECONDS);
      last = Math.max(last, now);
    },
    next(keys) {
      let seconds = first;
      for (const key of keys) {
        const at = 2 * (key & (SLOTS - 1));
        const known = slots[at] === (key | 0) ? (slots[at + 1] ?? 0) >>> 0 : 0;
        if (known >= seconds) seconds = known < last ? known + 1 : known;
      }
      for (const key of keys) {
        const at = 2 * (key & (SLOTS - 1));
        slots[at] = key;
        slots[at + 1] = seconds;
      }
      return seconds;
    },
  };
}
