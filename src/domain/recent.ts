/** Events younger than this, or without a time, can trigger campaigns (docs/customerio.md 5.5). */
export const RECENT_HOURS = 72;

/** Unix seconds: events after this are recent. */
export function recentSinceSeconds(nowMs: number): number {
  return Math.floor(nowMs / 1000) - RECENT_HOURS * 3600;
}

/** What becomes of a recent event while nobody has decided about it. */
export const WOULD_TRIGGER = {
  state: 'failed',
  code: 'would_trigger',
  reason: `the event is younger than ${RECENT_HOURS} hours, or has no time, and could trigger campaigns`,
} as const;
