/** Wakes the one loop that waits for it. A ring in between is remembered. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or after `timeoutMs`: true when it rang. */
  rung(timeoutMs: number): Promise<boolean>;
}

export function createBell(): Bell {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rang = true;
      wake?.();
    },
    rung(timeoutMs) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          wake = undefined;
          const answer = rang;
          rang = false;
          resolve(answer);
        };
        const timer = setTimeout(done, timeoutMs);
        wake = done;
        if (rang) done();
      });
    },
  };
}
