import type { Clock } from '../domain/host.ts';

/** Too high: half of at least this many requests within the window failed. */
const REQUESTS_MIN = 20;
const FAILURE_SHARE = 0.5;
const WINDOW_MS = 10_000;

/** How many of the latest requests failed. */
export interface FailureShare {
  add(hasSucceeded: boolean): void;
  isTooHigh(): boolean;
  forget(): void;
}

export function createFailureShare(clock: Clock): FailureShare {
  let results: { readonly at: number; readonly hasSucceeded: boolean }[] = [];
  return {
    add: (hasSucceeded) => void results.push({ at: clock.monotonic(), hasSucceeded }),
    isTooHigh() {
      const since = clock.monotonic() - WINDOW_MS;
      if ((results[0]?.at ?? since) < since) results = results.filter(({ at }) => at >= since);
      return (
        results.length >= REQUESTS_MIN &&
        results.filter(({ hasSucceeded }) => !hasSucceeded).length >= results.length * FAILURE_SHARE
      );
    },
    forget: () => void (results = []),
  };
}
