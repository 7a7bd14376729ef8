import { WOULD_TRIGGER } from '../domain/recent.ts';
import type { WindowChunk } from './batch.ts';
import { BEHIND_FAILED } from './deliver.ts';
import type { HeldPersons } from './held.ts';
import type { LaneOptions } from './lanes.ts';
import type { Settling } from './settling.ts';

/** Keeps back rows whose turn has come: recent events that nobody has decided about, and rows of a person with a failed row. */
export function createGate(
  held: HeldPersons,
  settling: Pick<Settling, 'setAside'>,
): Pick<LaneOptions, 'mustWait' | 'mayGo'> {
  return {
    mustWait: (chunk, index) => isGuarded(chunk, index) || held.has(chunk, index),
    mayGo(chunk, index) {
      if (!held.has(chunk, index) && !isGuarded(chunk, index)) return true;
      held.add(chunk, index); // all its persons: a merge or an alias ties others to the one that failed
      // A recent event keeps its guard, whatever else holds it: it holds its person's later rows all the same.
      settling.setAside(chunk, index, isGuarded(chunk, index) ? WOULD_TRIGGER : BEHIND_FAILED);
      return false;
    },
  };
}

function isGuarded(chunk: WindowChunk, index: number): boolean {
  const { guarded } = chunk.prepared.operations;
  return guarded.size > 0 && guarded.has(index);
}
