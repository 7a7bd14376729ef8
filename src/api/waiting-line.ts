interface Waiter {
  readonly rows: number;
  readonly go: () => void;
}

/** Who waits to start: the urgent ones first, then first come, first served. */
export interface WaitingLine {
  /** Resolves when it is let go, or when the signal aborts. */
  join(rows: number, isUrgent: boolean, signal: AbortSignal): Promise<void>;
  isEmpty(): boolean;
  /** Lets the first one go. Returns its rows; undefined when nobody waits. */
  letGo(): number | undefined;
}

/** `onEmptied`: the last one has left without having been let go. */
export function createWaitingLine(onEmptied: () => void): WaitingLine {
  const urgent: Waiter[] = [];
  const normal: Waiter[] = [];
  const isEmpty = (): boolean => urgent.length === 0 && normal.length === 0;
  return {
    join: (rows, isUrgent, signal) =>
      new Promise((resolve) => {
        const queue = isUrgent ? urgent : normal;
        const leave = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          if (isEmpty()) onEmptied();
          resolve();
        };
        const waiter: Waiter = {
          rows,
          go() {
            signal.removeEventListener('abort', leave);
            resolve();
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(waiter);
      }),
    isEmpty,
    letGo() {
      const waiter = urgent.shift() ?? normal.shift();
      waiter?.go();
      return waiter?.rows;
    },
  };
}
