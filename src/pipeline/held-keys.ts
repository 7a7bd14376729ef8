import type { WindowChunk } from './batch.ts';
import type { HeldPersons } from './held.ts';
import { createLinks } from './links.ts';

/** Ordering keys with failed operations, of a source that says itself which, and for how long. */
export interface HeldKeys extends HeldPersons {
  hold(orderingKey: string): void;
  /** Forgets those for which `isOver` returns true. */
  release(isOver: (orderingKey: string) => boolean): void;
}

export function createHeldKeys(): HeldKeys {
  const held = new Set<string>();
  return {
    links: createLinks(), // operations have one key each: nothing is ever tied
    add: (chunk, index) => void held.add(keyAt(chunk, index)),
    has: (chunk, index) => held.size > 0 && held.has(keyAt(chunk, index)),
    hold: (orderingKey) => void held.add(orderingKey),
    release(isOver) {
      for (const orderingKey of held) if (isOver(orderingKey)) held.delete(orderingKey);
    },
  };
}

function keyAt({ prepared }: WindowChunk, index: number): string {
  return prepared.operations.orderingKeys?.[index] ?? '';
}
