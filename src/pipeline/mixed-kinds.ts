import { mayMeetUnknown } from '../domain/kinds.ts';

/** Chunks in a row without mixed kinds before rows go side by side again: each change waits for everything under way. */
const CALM_CHUNKS = 16;

/** How the rows of a chunk may go: beside all others, one after the other, or not before everything under way is settled. */
export type Way = 'side by side' | 'in one lane' | 'later';

/**
 * Where people are addressed by more than one kind of identifier, two rows of one person may have no name in common, and no lane
 * keeps their order (docs/adr/004-names-of-one-person.md). Then all rows go in one lane. A source whose rows share one kind is never
 * slowed down.
 *
 * - *Side by side*: the kinds under way cannot hide one person behind two names. A chunk that could has to wait (`later`) until nothing
 *   is under way. If its kinds are mixed within itself, it begins the one lane; otherwise it goes side by side again.
 * - *In one lane*: until `CALM_CHUNKS` chunks in a row could have gone side by side. The next such chunk waits until nothing is under way.
 */
export interface MixedKinds {
  /** `isIdle`: nothing is under way, and nothing waits. */
  wayOf(kinds: number, isIdle: boolean): Way;
}

export function createMixedKinds(): MixedKinds {
  let underWay = 0;
  let isOneLane = false;
  /** The latest chunks that could have gone side by side: how many, and their kinds. */
  let calm = 0;
  let calmKinds = 0;

  return {
    wayOf(kinds, isIdle) {
      if (isIdle) {
        underWay = 0;
        isOneLane = false;
      }
      const isCalm = !mayMeetUnknown(kinds, kinds | calmKinds);
      if (isOneLane) {
        if (isCalm && calm >= CALM_CHUNKS) return 'later';
        calm = isCalm ? calm + 1 : 0;
        calmKinds = isCalm ? calmKinds | kinds : 0;
        return 'in one lane';
      }
      if (!mayMeetUnknown(kinds, underWay | kinds)) {
        underWay |= kinds;
        return 'side by side';
      }
      if (!isIdle) return 'later';
      isOneLane = true;
      calm = 0;
      calmKinds = 0;
      return 'in one lane';
    },
  };
}
