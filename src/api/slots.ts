/** At most `size` requests in flight. First come, first served. */
export interface Slots {
  acquire(): Promise<void>;
  release(): void;
  /** In flight plus waiting for their turn. */
  taken(): number;
}

export function createSlots(size: number): Slots {
  const queue: (() => void)[] = [];
  let busy = 0;
  return {
    acquire() {
      if (busy < size) {
        busy++;
        return Promise.resolve();
      }
      return new Promise((resolve) => queue.push(resolve));
    },
    release() {
      const next = queue.shift();
      if (next) next();
      else busy--;
    },
    taken: () => busy + queue.length,
  };
}
