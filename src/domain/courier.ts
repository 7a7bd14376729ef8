import type { Reply } from './outcome.ts';
import type { Waiting } from './waiting.ts';
import type { WireRequest } from './wire.ts';

/**
 * The last word on a request. One that failed or was throttled to the end may be halved; it is proven to be about these bytes when
 * `othersPassed`: the service took others meanwhile, or answers the question for the region.
 */
export interface LastWord {
  readonly reply: Reply;
  readonly othersPassed: boolean;
  /** The run stopped before a byte of it left. */
  readonly isUnsent?: true;
}

/** So far, repeats included. */
export interface Traffic {
  /** Requests started. */
  readonly requests: number;
  readonly retries: number;
  /** Bytes of bodies handed to the network. */
  readonly bytesSent: number;
}

/** Whoever carries requests away. This is all that the pipeline knows about sending. */
export interface Courier {
  /**
   * Sends one request until there is a last word on it; when `stopping` aborts between two tries, that is the fault `aborted`. Throws a
   * CioBulkError when no row can be sent at all.
   */
  send(request: Omit<WireRequest, 'attempt'>, stopping: AbortSignal): Promise<LastWord>;
  /** Whether one more request would start now, and not wait in line. */
  hasRoom(): boolean;
  traffic(): Traffic;
  /** What sending waits for right now, for people who watch. Undefined while something gets through. */
  health(): Waiting | undefined;
}

/** The same courier with its traffic counted from now on: that of one run among several. */
export function countingFromHere(courier: Courier): Courier {
  const before = courier.traffic();
  return {
    ...courier,
    traffic() {
      const now = courier.traffic();
      return {
        requests: now.requests - before.requests,
        retries: now.retries - before.retries,
        bytesSent: now.bytesSent - before.bytesSent,
      };
    },
  };
}
