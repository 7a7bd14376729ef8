import type { Reply } from './outcome.ts';

/** One HTTP request to the Track API. */
export interface WireRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Path with its `/api/...` prefix. */
  readonly path: string;
  /** The exact bytes; empty for GET. */
  readonly body: Uint8Array;
  /** Rows inside, for `--max-rows-per-second`. */
  readonly rows: number;
  /** Part of a batch that failed as a whole: when this fails too, it is probably its own fault and not the service's. */
  readonly isSuspect?: boolean;
  /** 0 for the first try of these bytes. Retries go ahead of new work. */
  readonly attempt: number;
}

/** `stopping`: begin nothing more, but take the answer to what is under way. `aborting`: cut that short, too. */
export interface Signals {
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
}

/**
 * Sends one request and tells what came back. Never rejects because of the network; ended by one of the signals, the reply is the fault
 * `aborted`. The layers of `api/` are senders around a sender: an answer passes through all of them unchanged.
 */
export interface Sender {
  send(request: WireRequest, signals: Signals): Promise<Reply>;
}

/** Stopped before a byte left. */
export const UNSENT: Reply = { kind: 'fault', fault: 'aborted', isUnsent: true };

/** What a reply means for the request as a whole. Decided in `classify`, nowhere else. */
export type Verdict =
  | 'accepted' // 2xx: the body tells about single rows
  | 'refused' // 400, 404, 413, 422: the content is at fault
  | 'throttled' // 429
  | 'retryable' // 408, 5xx, network, timeout
  | 'unauthorized' // 401
  | 'forbidden' // 403
  | 'redirected'; // 3xx

/** Status first, body second: a proxy's HTML says nothing that its status does not. */
export function classify(reply: Reply): Verdict {
  if (reply.kind === 'fault') return 'retryable';
  const { status } = reply;
  if (status >= 200 && status < 300) return 'accepted';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 408 || status >= 500) return 'retryable';
  if (status === 429) return 'throttled';
  if (status >= 300 && status < 400) return 'redirected';
  return 'refused';
}

/** A short name for a failed try, for reasons and logs: `http_503`, `timeout`. */
export function replyCode(reply: Reply): string {
  return reply.kind === 'fault' ? reply.fault : `http_${reply.status}`;
}

/** Ended by one of the signals, at whatever point. */
export function isAborted(reply: Reply): reply is Reply & { readonly kind: 'fault'; readonly fault: 'aborted' } {
  return reply.kind === 'fault' && reply.fault === 'aborted';
}
