/** Local times to UTC in a named zone (`Europe/Vienna`), at a fixed offset (`+02:00`) or in `UTC`. */

const QUARTER_HOUR_MS = 900_000;
const CACHE_MAX = 10_000;
const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;

/** Offsets change on quarter hours at most, so one look-up serves every time within one. */
const offsets = new Map<string, Map<number, number>>();
const formats = new Map<string, Intl.DateTimeFormat>();

export function isZone(zone: string): boolean {
  if (zone === 'UTC' || OFFSET.test(zone)) return true;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * UTC milliseconds of a local time given as if it were UTC. A time that a clock change repeats is its first occurrence;
 * one that a clock change leaves out is moved forward by the gap.
 */
export function toUtcMs(localMs: number, zone: string): number {
  if (zone === 'UTC') return localMs;
  const fixed = OFFSET.exec(zone);
  if (fixed !== null) return localMs - (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  let cache = offsets.get(zone);
  if (cache === undefined || cache.size > CACHE_MAX) offsets.set(zone, (cache = new Map()));
  const quarter = Math.floor(localMs / QUARTER_HOUR_MS);
  let offset = cache.get(quarter);
  if (offset === undefined) cache.set(quarter, (offset = localOffsetMs(localMs, zone)));
  return localMs - offset;
}

/** The offset in force before a change is tried first: it gives the first of two occurrences, and moves a gap forward. */
function localOffsetMs(localMs: number, zone: string): number {
  const before = utcOffsetMs(localMs - 86_400_000, zone);
  if (utcOffsetMs(localMs - before, zone) === before) return before;
  const after = utcOffsetMs(localMs + 86_400_000, zone);
  return utcOffsetMs(localMs - after, zone) === after ? after : before;
}

function utcOffsetMs(utcMs: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(utcMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utcMs / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    const numeric = 'numeric';
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric,
    });
    formats.set(zone, format);
  }
  return format;
}
