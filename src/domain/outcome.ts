/** What came back from one request, and what that means for its rows. Closed unions: every switch over them is exhaustive. */

/**
 * Why there is no answer that could be believed. `not_the_api`: a 2xx that the API did not write, such as a portal's page. `out_of_turn`: the
 * connection speaks without being asked, so that nobody knows which request this answer belongs to. `circuit_open`: not sent, because the service
 * is taken to be down; never seen outside of `api/`.
 */
export type NetworkFault =
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'dns'
  | 'tls'
  | 'aborted'
  | 'protocol'
  | 'proxy'
  | 'not_the_api'
  | 'out_of_turn'
  | 'circuit_open';

interface Evidence {
  /** The request failed, and the service was asked right afterwards whether it is there: it is. */
  readonly serviceAnswers?: true;
}

export type Reply = Evidence &
  (
    | {
        readonly kind: 'response';
        readonly status: number;
        readonly body: string;
        readonly retryAfterMs: number | undefined;
        readonly location: string | undefined;
        /** The service's clock when it answered, to the second. */ readonly dateMs?: number;
      }
    | {
        readonly kind: 'fault';
        readonly fault: NetworkFault;
        /** For people, where the kind says too little. */ readonly detail?: string;
        /** Not a byte has left. */ readonly isUnsent?: true;
      }
  );

/** Where a row ends. `pending` is no outcome: it is the absence of one. */
export type Outcome =
  | { readonly state: 'delivered' }
  | { readonly state: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly state: 'failed'; readonly code: string; readonly reason: string }
  | { readonly state: 'unclear'; readonly code: string; readonly reason: string };

/** The outcome of a row that was sent, or was to be, and did not arrive. */
export type Undelivered = Exclude<Outcome, { state: 'delivered' }>;

export type UndeliveredState = 'rejected' | 'failed' | 'invalid' | 'unclear';

/** Row counts of a run. They always add up: `read` = the sum of all the others. */
export interface Tally {
  readonly delivered: number;
  readonly rejected: number;
  readonly failed: number;
  readonly invalid: number;
  readonly skipped: number;
  readonly unclear: number;
}

export const EMPTY_TALLY: Tally = { delivered: 0, rejected: 0, failed: 0, invalid: 0, skipped: 0, unclear: 0 };

/** Rows of a tally that are settled, whatever the outcome. */
export function settledRows(tally: Tally): number {
  return tally.delivered + tally.rejected + tally.failed + tally.invalid + tally.skipped + tally.unclear;
}

/** Rows of a tally that did not arrive, whoever refused them. */
export function undeliveredRows(tally: Tally): number {
  return tally.failed + tally.rejected + tally.invalid + tally.unclear;
}

export function addTally(a: Tally, b: Tally): Tally {
  return {
    delivered: a.delivered + b.delivered,
    rejected: a.rejected + b.rejected,
    failed: a.failed + b.failed,
    invalid: a.invalid + b.invalid,
    skipped: a.skipped + b.skipped,
    unclear: a.unclear + b.unclear,
  };
}
