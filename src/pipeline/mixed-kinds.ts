import { mayMeetUnknown } from '../domain/kinds.ts';

/** Chunks in a row of kinds that cannot meet, before rows go side by side again: every change waits for all that is under way. */
const CALM_CHUNKS = 16;

/** How the rows of a chunk may go: beside all others, one behind the other, or not before everything under way is settled. */
export type Way = 'side by side' | 'in one lane' | 'later';

/**
 * Where people are addressed by more than one kind of identifier, two rows of one person may have no name in common, so that no lane
 * keeps their order (docs/adr/004-names-of-one-person.md). Then all rows go in one lane. As long as a source uses one kind, or all
 * rows have one in common, nothing of this happens.
 */
export interface MixedKinds {
  /** `isIdle`: nothing is under way or waits. */
  wayOf(kinds: number, isIdle: boolean): Way;
}

export function createMixedKinds(): MixedKinds {
  let underWay = 0;
  let isOneLane = false;
  /** Chunks last admitted that could have gone side by side, and their kinds. */
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
