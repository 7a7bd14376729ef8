interface Waiter {
  readonly rows: number;
  readonly go: () => void;
  readonly refuse: (error: unknown) => void;
}

/** Who waits to start: the urgent ones first, then first come, first served. */
export interface WaitingLine {
  /** Resolves when it is let go, or when the signal aborts. Rejects when it is refused. */
  join(rows: number, isUrgent: boolean, signal: AbortSignal): Promise<void>;
  length(): number;
  /** Lets the first one go. Returns its rows; undefined when nobody waits. */
  letGo(): number | undefined;
  /** Sends everybody away: nobody is let go any more. */
  refuse(error: unknown): void;
}

/** `onEmptied`: the last one has left without having been let go. */
export function createWaitingLine(onEmptied: () => void): WaitingLine {
  const urgent: Waiter[] = [];
  const normal: Waiter[] = [];
  const length = (): number => urgent.length + normal.length;
  return {
    join: (rows, isUrgent, signal) =>
      new Promise((resolve, reject) => {
        const queue = isUrgent ? urgent : normal;
        const leave = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          if (length() === 0) onEmptied();
          resolve();
        };
        const waiter: Waiter = {
          rows,
          go() {
            signal.removeEventListener('abort', leave);
            resolve();
          },
          refuse(error) {
            signal.removeEventListener('abort', leave);
            reject(error);
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(waiter);
      }),
    length,
    letGo() {
      const waiter = urgent.shift() ?? normal.shift();
      waiter?.go();
      return waiter?.rows;
    },
    refuse(error) {
      for (const waiter of [...urgent.splice(0), ...normal.splice(0)]) waiter.refuse(error);
    },
  };
}
