import type { PackedOperations } from '../domain/chunk.ts';

/** Places in memory, of eight bytes each: a name that comes to a taken one takes it over, and the link there is forgotten. */
const PLACES = 1 << 19;
/** Names of one person that are followed. */
const NAMES_MAX = 16;

/**
 * Which names belong to one person, as rows have said so far: id 7 and a@b.c stood in one row. A failed row that says only the one holds
 * back later rows that say only the other (docs/adr/004-names-of-one-person.md). Bounded: of half a million names the latest links are
 * known. Names are hashes; two that share one are taken for each other, which holds back a row too many, and never one too few.
 */
export interface Links {
  /** Rows with several names tie them together; a source whose rows have one name each costs nothing. */
  learn(operations: Pick<PackedOperations, 'count' | 'keys' | 'keyEnds'>): void;
  /** Names that are tied to these, without them. */
  of(keys: readonly number[]): number[];
}

export function createLinks(): Links {
  let names: Int32Array | undefined;
  let partners: Int32Array | undefined;

  function tie(name: number, partner: number): void {
    names ??= new Int32Array(PLACES);
    partners ??= new Int32Array(PLACES);
    const place = name & (PLACES - 1);
    names[place] = name;
    partners[place] = partner;
  }

  return {
    learn({ count, keys, keyEnds }) {
      if (keys.length === count) return;
      let from = 0;
      for (let index = 0; index < count; index++) {
        const to = keyEnds[index] ?? from;
        // In a ring, so that each name leads to all the others.
        for (let at = from; to - from > 1 && at < to; at++) tie(keys[at] ?? 0, keys[at + 1 < to ? at + 1 : from] ?? 0);
        from = to;
      }
    },
    of(keys) {
      if (names === undefined || partners === undefined) return [];
      const found = new Set(keys);
      for (const name of found) {
        if (found.size >= NAMES_MAX) break; // the set grows while it is read
        const place = name & (PLACES - 1);
        if (names[place] === name) found.add(partners[place] ?? name);
      }
      for (const key of keys) found.delete(key);
      return [...found];
    },
  };
}
