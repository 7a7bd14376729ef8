/** Local times to UTC in a named zone (`Europe/Vienna`), at a fixed offset (`+02:00`) or in `UTC`. */

const QUARTER_HOUR_MS = 900_000;
const CACHE_MAX = 10_000;
const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;

/** What the clocks of a zone do in a quarter of an hour; `offsetMs` is NaN where a clock change leaves it out. */
interface Quarter {
  readonly offsetMs: number;
  readonly isRepeated: boolean;
}

/** Offsets change on quarter hours at most, so one look-up serves every time within one. */
const quarters = new Map<string, Map<number, Quarter>>();
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
 * NaN for one that a clock change leaves out: nobody's clock has shown it.
 */
export function toUtcMs(localMs: number, zone: string): number {
  if (zone === 'UTC') return localMs;
  const fixed = OFFSET.exec(zone);
  if (fixed !== null)
    return localMs - (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  return localMs - quarterOf(localMs, zone).offsetMs;
}

/** Whether a clock change lets this local time happen twice; not for NaN. */
export function isRepeated(localMs: number, zone: string): boolean {
  return Number.isFinite(localMs) && zone !== 'UTC' && !OFFSET.test(zone) && quarterOf(localMs, zone).isRepeated;
}

function quarterOf(localMs: number, zone: string): Quarter {
  let known = quarters.get(zone);
  if (known === undefined || known.size > CACHE_MAX) quarters.set(zone, (known = new Map()));
  const number = Math.floor(localMs / QUARTER_HOUR_MS);
  let quarter = known.get(number);
  if (quarter === undefined) known.set(number, (quarter = lookUp(localMs, zone)));
  return quarter;
}

/** The offsets a day before and a day after are the only ones that can hold: none, one or both of them do. */
function lookUp(localMs: number, zone: string): Quarter {
  const around = [utcOffsetMs(localMs - 86_400_000, zone), utcOffsetMs(localMs + 86_400_000, zone)];
  const [first, second] = around.filter((offset) => utcOffsetMs(localMs - offset, zone) === offset);
  return { offsetMs: first ?? Number.NaN, isRepeated: second !== undefined && second !== first };
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
      timeZone: zone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    formats.set(zone, format);
  }
  return format;
}
