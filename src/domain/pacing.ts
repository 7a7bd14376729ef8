/** What every budget does with a rate: that of one process (api/), and the one that senders share (fleet/). */

/** Steps are a little shorter than the rate asks for, so that time lost to a stall can be made up. The sliding window is the hard limit. */
export const SPACING_SHARE = 0.8;
/**
 * The hard window is a little wider than its starts ask for (15 ms for a second's worth): starts that the network or a busy machine pushes
 * together must not look like more than the rate to the service, which measures at its own door. Costs 1.5 % of the rate.
 */
export const WINDOW_MARGIN_MS = 15;
/** On 429 everybody slows down to this share, at most once a second, and never below the floor. */
export const SLOWDOWN_FACTOR = 0.5;
export const SLOWDOWN_EVERY_MS = 1000;
export const RATE_MIN = 1;
/**
 * Share of the full rate won back in a second without a 429, once the pause is over: when a storm ends the full rate is back within
 * two seconds, and while it lasts there is a 429 about every two seconds, with nearly all of what the service grants used.
 */
export const RECOVERY_PER_SECOND = 0.4;

/** A window holds whole starts: as many as a second allows, or one. */
export function startsPerWindow(rate: number): number {
  return Math.max(1, Math.ceil(rate));
}

/** How long the service's own window is for so many starts. */
export function windowMs(rate: number): number {
  return (1000 * startsPerWindow(rate)) / rate;
}
