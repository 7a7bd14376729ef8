import type { Waiting } from './waiting.ts';

/** Who says when the next request may start: this process alone, or all the senders of a workspace together. */
export interface Budget {
  /**
   * Resolves with true when a request may start, which then counts as started; with false when it may not after all, because `leaving`
   * aborted. `wanted`: how many requests wait for a start. One call at a time. Rejects with a CioBulkError when there will be no start.
   */
  next(leaving: AbortSignal, wanted: number): Promise<boolean>;
  /** The service said 429: fewer requests for everybody, none before `pauseMs` is over. */
  slowDown(pauseMs: number): void;
  /** Starts per second allowed right now. */
  currentRate(): number;
  /** How long ago (ms) the starts of the last window were: what the next process has to know. */
  recentStartsAgoMs(): number[];
  /** What keeps every start back, other than the rate. */
  waiting(): Waiting | undefined;
}
