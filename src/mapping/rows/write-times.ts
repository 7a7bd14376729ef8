/**
 * The time that an identify carries, in whole unix seconds, so that one which the service applies late cannot win over a newer one
 * (docs/adr/005-times-of-updates.md).
 */
import { ALL_KINDS } from '../../domain/kinds.ts';

const SLOTS = 32_768;
/** Times begin this far in the past: so many updates of one person within a second still get different ones, and none lies in the future. */
const SLACK_SECONDS = 10;

export interface WriteTimes {
  /** Before each chunk. */
  setClock(nowMs: number): void;
  /**
   * For an operation about the person with these keys, whose names are of these kinds (a mask of domain/kinds.ts): never before the last
   * one of that person, and later as far as the slack allows.
   */
  next(keys: readonly number[], mask: number): number;
}

/** `notBefore`: seconds that earlier runs and processes may have used up. */
export function createWriteTimes(notBefore: number): WriteTimes {
  /** In pairs, one per slot: the key that was here last, and the latest time of any key that ever was, which bounds those forgotten. */
  const slots = new Int32Array(2 * SLOTS);
  let first = notBefore;
  let last = notBefore;
  let highest = notBefore;
  /** Kinds that the names of all operations had. What names none of them may be about anybody, under another name. */
  let common = ALL_KINDS;

  /** The earliest second after the last update of a key. */
  function after(key: number): number {
    const at = slotOf(key);
    const latest = (slots[at + 1] ?? 0) >>> 0;
    return slots[at] === key && latest >= first && latest < last ? latest + 1 : latest;
  }

  function remember(key: number, seconds: number): void {
    const at = slotOf(key);
    slots[at] = key;
    slots[at + 1] = seconds;
  }

  return {
    setClock(nowMs) {
      const now = Math.floor(nowMs / 1000);
      first = Math.max(first, now - SLACK_SECONDS);
      last = Math.max(last, now);
    },
    next(keys, mask) {
      common &= mask;
      if (common === 0) {
        first = Math.max(first, highest);
        common = mask;
      }
      let seconds = first;
      for (const key of keys) seconds = Math.max(seconds, after(key));
      for (const key of keys) remember(key, seconds);
      highest = Math.max(highest, seconds);
      return seconds;
    },
  };
}

function slotOf(key: number): number {
  return 2 * (key & (SLOTS - 1));
}
