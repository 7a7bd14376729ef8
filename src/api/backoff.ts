import type { Reply } from '../domain/outcome.ts';

/** Full jitter: random between 0 and the doubled base, up to the cap. */
const BASE_MS = 200;
const CAP_MS = 20_000;

/** The pause before the next try: our own, or a longer one that the service asked for. */
export function backOffMs(reply: Reply, attempts: number, random: () => number): number {
  return atLeastAsked(reply, random() * Math.min(CAP_MS, BASE_MS * 2 ** attempts));
}

/** `Retry-After` is a minimum. */
export function atLeastAsked(reply: Reply, pauseMs: number): number {
  return Math.max(pauseMs, (reply.kind === 'response' ? reply.retryAfterMs : undefined) ?? 0);
}
