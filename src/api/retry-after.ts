/** Waiting longer on one header's word is not sane: the service then gets its pause from our own backoff. */
export const RETRY_AFTER_MAX_MS = 300_000;

/**
 * `Retry-After` in milliseconds: seconds (decimals allowed) or an HTTP date. Missing, unreadable, in the past or absurd
 * values give undefined, and the caller backs off by itself.
 */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return undefined;
  const delayMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return delayMs > 0 && delayMs <= RETRY_AFTER_MAX_MS ? delayMs : undefined;
}
