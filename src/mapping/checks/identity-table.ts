/** A bounded memory of "this identity goes with that id", in ten bytes an entry. */

const SLOTS_MIN = 1 << 11;
/** 40 MB; three million identities. */
const SLOTS_MAX = 1 << 22;
/** A fuller table is slow. */
const LOAD_MAX = 0.75;

export interface IdentityTable {
  /**
   * Whether the identity was first seen with something else than `value`; false for a new one, which is kept from now on, unless
   * the table is full. Two identities are never mistaken for each other in practice (64 bits); one difference in 65,536 goes unseen.
   */
  differs(identity: string, value: string): boolean;
  isFull(): boolean;
}

export function createIdentityTable(slotsMax = SLOTS_MAX): IdentityTable {
  let slots = Math.min(SLOTS_MIN, slotsMax);
  let marks = new Uint32Array(slots); // 0 = empty
  let places = new Uint32Array(slots); // where an entry wants to be
  let values = new Uint16Array(slots);
  let count = 0;
  let full = false;
  const hash = createHash64();

  function grow(): void {
    const [oldMarks, oldPlaces, oldValues] = [marks, places, values];
    slots *= 2;
    marks = new Uint32Array(slots);
    places = new Uint32Array(slots);
    values = new Uint16Array(slots);
    for (let old = 0; old < oldMarks.length; old++) {
      if (oldMarks[old] !== 0) put(oldMarks[old] ?? 0, oldPlaces[old] ?? 0, oldValues[old] ?? 0);
    }
  }

  function put(mark: number, place: number, value: number): void {
    let at = place & (slots - 1);
    while (marks[at] !== 0) at = (at + 1) & (slots - 1);
    marks[at] = mark;
    places[at] = place;
    values[at] = value;
  }

  return {
    differs(identity, value) {
      hash.update(value);
      const wanted = hash.low & 0xffff;
      hash.update(identity);
      const mark = hash.high || 1;
      const place = hash.low;
      for (let at = place & (slots - 1); marks[at] !== 0; at = (at + 1) & (slots - 1)) {
        if (marks[at] === mark && places[at] === place) return values[at] !== wanted;
      }
      if (count >= slots * LOAD_MAX && slots < slotsMax) grow();
      full = count >= slots * LOAD_MAX;
      if (full) return false;
      put(mark, place, wanted);
      count++;
      return false;
    },
    isFull: () => full,
  };
}

/** Two 32-bit hashes of a text in one pass (the public-domain cyrb53): quick, and not kept anywhere, so that it may change. */
function createHash64(): { low: number; high: number; update(text: string): void } {
  return {
    low: 0,
    high: 0,
    update(text) {
      let low = 0xdeadbeef;
      let high = 0x41c6ce57;
      for (let index = 0; index < text.length; index++) {
        const unit = text.charCodeAt(index);
        low = Math.imul(low ^ unit, 2654435761);
        high = Math.imul(high ^ unit, 1597334677);
      }
      low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
      high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
      this.low = low >>> 0;
      this.high = high >>> 0;
    },
  };
}
