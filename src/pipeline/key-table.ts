const CAPACITY_FIRST = 1 << 12;

/** Values by a person's hash (32 bits, signed, never 0). */
export interface KeyTable<T> {
  get(key: number): T | undefined;
  set(key: number, value: T): void;
  delete(key: number): void;
  size(): number;
}

/**
 * A hash table with open addressing. Every row is added and deleted here; under that load a `Map` keeps rebuilding its storage,
 * megabytes at a time, and only a full garbage collection frees the old ones.
 */
export function createKeyTable<T>(): KeyTable<T> {
  let mask = CAPACITY_FIRST - 1;
  let keys = new Int32Array(CAPACITY_FIRST);
  let values = Array.from<T | undefined>({ length: CAPACITY_FIRST });
  let size = 0;

  /** The slot that holds the key, or the empty slot where it would go. */
  function slotOf(key: number): number {
    let slot = key & mask;
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const [oldKeys, oldValues] = [keys, values];
    const capacity = oldKeys.length * 2;
    mask = capacity - 1;
    keys = new Int32Array(capacity);
    values = Array.from<T | undefined>({ length: capacity });
    for (let i = 0; i < oldKeys.length; i++) {
      const key = oldKeys[i] ?? 0;
      if (key === 0) continue;
      const slot = slotOf(key);
      keys[slot] = key;
      values[slot] = oldValues[i];
    }
  }

  /** Moves entries that the emptied slot had pushed aside back into the gap, so that there are no tombstones to skip. */
  function closeGap(emptied: number): void {
    let gap = emptied;
    for (let at = (gap + 1) & mask; keys[at] !== 0; at = (at + 1) & mask) {
      const home = (keys[at] ?? 0) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue; // its home lies after the gap: still reachable
      keys[gap] = keys[at] ?? 0;
      values[gap] = values[at];
      gap = at;
    }
    keys[gap] = 0;
    values[gap] = undefined;
  }

  return {
    get: (key) => values[slotOf(key)],
    set(key, value) {
      let slot = slotOf(key);
      if (keys[slot] === 0) {
        if (++size * 2 > mask) {
          grow();
          slot = slotOf(key);
        }
        keys[slot] = key;
      }
      values[slot] = value;
    },
    delete(key) {
      const slot = slotOf(key);
      if (keys[slot] === 0) return;
      size--;
      closeGap(slot);
    },
    size: () => size,
  };
}
