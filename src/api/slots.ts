/** At most `size` requests in flight. First come, first served. */
export interface Slots {
  /** True: taken, to be released. False: the signal aborted first. */
  acquire(signal: AbortSignal): Promise<boolean>;
  release(): void;
  /** In flight plus waiting for their turn. */
  taken(): number;
  hasRoom(): boolean;
}

export function createSlots(size: number): Slots {
  const queue: (() => void)[] = [];
  let busy = 0;
  const taken = (): number => busy + queue.length;

  function inLine(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(go), 1);
        resolve(false);
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(go);
    });
  }

  return {
    acquire(signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (busy >= size) return inLine(signal);
      busy++;
      return Promise.resolve(true);
    },
    release() {
      const next = queue.shift();
      if (next) next();
      else busy--;
    },
    taken,
    hasRoom: () => taken() < size,
  };
}
