/** Times of a file to milliseconds since 1970. What could mean two things is a fault with advice, never a guess. */
import type { TimeFormat, TimeFormats } from '../../domain/plan.ts';
import type { WarningCode } from '../../domain/warnings.ts';
import { civilMs } from './civil-time.ts';
import { excelTime, isPattern, patternTime, type LocalTime } from './time-patterns.ts';
import { isRepeated, toUtcMs } from './zones.ts';

/** From here on a plain number is milliseconds: as seconds it would be the year 5138. The same again for each smaller unit. */
const MILLISECONDS_MIN = 1e11;
const MICROSECONDS_MIN = 1e14;
const NANOSECONDS_MIN = 1e17;
const NANOSECONDS_END = 1e20;
/** Fewer digits than 9 are as likely a year or a date (20250304) as seconds of 1973 or before. */
const SECONDS_MIN = 1e8;

/** Kiribati's; no zone on earth has a larger one. */
const OFFSET_MAX_MS = 14 * 3_600_000;

const NUMBER = /^-?\d{1,20}(\.\d+)?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|z|UTC|GMT|[+-]\d{2}(?::?[0-5]\d)?)?$/;
const SLASHED = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:,?[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;
const SHORT_YEAR = /^\d{1,2}[/.-]\d{1,2}[/.-]\d{2}(\D|$)/;
const YEAR_FIRST = /^\d{4}[/.]\d{1,2}[/.]\d{1,2}/;

/** Milliseconds since 1970, or NaN: then `timeFault` says why. Nothing is earlier than 1970: Customer.io has no such times. */
export function parseTime(text: string, format: TimeFormats, zone: string | null): number {
  const plainMs = (format === 'auto' || format === 'iso') && text.length === 20 ? plainIsoTime(text) : Number.NaN;
  const timeMs = Number.isNaN(plainMs) ? anyTime(text, format, zone) : plainMs;
  return timeMs >= 0 ? timeMs : Number.NaN;
}

function anyTime(text: string, format: TimeFormats, zone: string | null): number {
  if (typeof format === 'object') return firstTime(text, format, zone);
  if (format === 'dd/mm/yyyy' || format === 'mm/dd/yyyy') return slashedTime(text, format, zone);
  if (!isNumberFormat(format)) return format === 'iso' ? isoTime(text, zone) : givenTime(written(text, format), zone);
  const first = text.charCodeAt(4);
  const isDashed = first === 0x2d && text.length >= 10;
  if (!isDashed && NUMBER.test(text)) return numberTime(Number(text), format);
  if (format !== 'auto') return Number.NaN;
  return isDashed ? isoTime(text, zone) : Number.NaN;
}

function firstTime(text: string, formats: readonly TimeFormat[], zone: string | null): number {
  for (const format of formats) {
    const timeMs = parseTime(text, format, zone);
    if (!Number.isNaN(timeMs)) return timeMs;
  }
  return Number.NaN;
}

/** Whether a number is unix time. For all others, of several too, it is a text like any other. */
export function isNumberFormat(format: TimeFormats): format is 'auto' | 'unix' | 'unix_ms' | 'unix_us' {
  return format === 'auto' || format === 'unix' || format === 'unix_ms' || format === 'unix_us';
}

function written(text: string, format: TimeFormat): LocalTime | null {
  if (format === 'unix_local') return unixLocalTime(text);
  return format === 'excel' ? excelTime(text) : isPattern(format) ? patternTime(text, format) : null;
}

/** A local clock counted as if it were UTC. */
function unixLocalTime(text: string): LocalTime | null {
  const localMs = NUMBER.test(text) ? numberTime(Number(text), 'auto') : Number.NaN;
  return Number.isNaN(localMs) ? null : { localMs, offsetMs: null };
}

function givenTime(time: LocalTime | null, zone: string | null): number {
  if (time === null) return Number.NaN;
  if (time.offsetMs === null) return zone === null ? Number.NaN : toUtcMs(time.localMs, zone);
  return Math.abs(time.offsetMs) <= OFFSET_MAX_MS ? time.localMs - time.offsetMs : Number.NaN;
}

/** A number as a time; units smaller than seconds are recognised by their size. */
export function numberTime(value: number, format: TimeFormat): number {
  if (value < 0) return Number.NaN;
  if (format === 'unix_us') return value < NANOSECONDS_MIN ? Math.floor(value / 1000) : Number.NaN;
  if (format === 'unix_ms') return value < MICROSECONDS_MIN ? Math.floor(value) : Number.NaN;
  if (format === 'unix') return value < MILLISECONDS_MIN ? Math.floor(value * 1000) : Number.NaN;
  if (value < MILLISECONDS_MIN) return value >= SECONDS_MIN ? Math.floor(value * 1000) : Number.NaN;
  if (value < MICROSECONDS_MIN) return Math.floor(value);
  if (value < NANOSECONDS_MIN) return Math.floor(value / 1000);
  // A double has no room for 19 digits: rounded to microseconds, so that no millisecond is lost at its very start.
  return value < NANOSECONDS_END ? Math.floor(Math.round(value / 1000) / 1000) : Number.NaN;
}

/** What is worth a warning about a text that is a time, or null. */
export function timeNote(text: string, format: TimeFormats, zone: string | null): WarningCode | null {
  if (typeof format === 'object') {
    const own = format.find((one) => !Number.isNaN(parseTime(text, one, zone)));
    return own === undefined ? null : timeNote(text, own, zone);
  }
  const isNumber = format === 'auto' && text.charCodeAt(4) !== 0x2d;
  if (!isNumber) return zone !== null && isRepeated(localMs(text, format), zone) ? 'repeated_hour' : null;
  if (text.length < 12) return null;
  const value = Number(text);
  if (!(value >= MILLISECONDS_MIN)) return null;
  return value < MICROSECONDS_MIN ? 'milliseconds' : value < NANOSECONDS_MIN ? 'microseconds' : 'nanoseconds';
}

/** A time without an offset, as if it were UTC; NaN for any other. */
function localMs(text: string, format: TimeFormat): number {
  if (format !== 'auto' && (format === 'unix_local' || format === 'excel' || isPattern(format))) {
    const time = written(text, format);
    return time === null || time.offsetMs !== null ? Number.NaN : time.localMs;
  }
  if (text.endsWith('Z')) return Number.NaN;
  if (format === 'dd/mm/yyyy' || format === 'mm/dd/yyyy') return slashedTime(text, format, 'UTC');
  const part = ISO.exec(text);
  return part === null || part[8] !== undefined ? Number.NaN : isoTime(text, 'UTC');
}

/** Why a text is no time, and what helps; the text itself is not in it. */
export function timeFault(text: string, format: TimeFormats, zone: string | null): string {
  if (typeof format === 'object') {
    // The one that is not to blame: the text is written so, but the time is out of bounds or lacks its zone.
    const own =
      format.find((one) => !Number.isNaN(anyTime(text, one, zone ?? 'UTC')) || !Number.isNaN(localMs(text, one))) ??
      format.find((one) => one === 'auto' && canBeTwoDays(text));
    return own === undefined ? `is not a time written as ${format.join(', or as ')}` : timeFault(text, own, zone);
  }
  if (anyTime(text, format, zone ?? 'UTC') < 0 || /^-\d/.test(text))
    return 'is a time before 1970, which Customer.io cannot keep as a time: keep it as text with --types <column>:string';
  if (zone !== null && Number.isFinite(localMs(text, format))) {
    return `is a time that does not exist in ${zone}, where a clock change leaves it out: say with --timezone where it was taken, or write it with its offset`;
  }
  if (zone === null && Number.isFinite(localMs(text, format)) && (format === 'auto' || !isNumberFormat(format)))
    return 'is a time without an offset: say where it was taken with --timezone';
  if (format !== 'auto') return `is not a time written as ${format}`;
  if (
    ISO.test(text) &&
    /[+-]\d{2}:?\d{0,2}$/.test(text) &&
    Number.isFinite(isoTime(text.replace(/ ?[+-]\d{2}:?\d{0,2}$/, 'Z'), null))
  )
    return 'has an offset of more than 14 hours';
  if (canBeTwoDays(text)) {
    return 'is a date that can be read in two ways (day or month first): give its "format" in a file for --map, or keep it as text with --types <column>:string';
  }
  if (YEAR_FIRST.test(text)) return 'is a date with slashes or dots, not ISO 8601 (2025-03-04T10:00:00Z)';
  if (NUMBER.test(text))
    return 'is a number that is neither unix seconds nor milli-, micro- or nanoseconds (give its "format" in a file for --map to force one)';
  return 'is not a time: ISO 8601 (2025-03-04T10:00:00Z) or unix seconds';
}

/** `03/04/2025`, `3/4/25`. */
function canBeTwoDays(text: string): boolean {
  return SLASHED.test(text) || SHORT_YEAR.test(text);
}

/** `2025-03-04T10:00:00Z`, which is what nearly all files hold, without a regular expression; NaN for anything else. */
function plainIsoTime(text: string): number {
  if (
    text.charCodeAt(4) !== 0x2d ||
    text.charCodeAt(7) !== 0x2d ||
    text.charCodeAt(10) !== 0x54 ||
    text.charCodeAt(13) !== 0x3a ||
    text.charCodeAt(16) !== 0x3a ||
    text.charCodeAt(19) !== 0x5a
  )
    return Number.NaN;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  return civilMs(
    year,
    twoDigits(text, 5),
    twoDigits(text, 8),
    twoDigits(text, 11),
    twoDigits(text, 14),
    twoDigits(text, 17),
  );
}

/** NaN when one is no digit, so that whatever is reckoned with it is NaN too. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function isoTime(text: string, zone: string | null): number {
  const part = ISO.exec(text);
  if (part === null) return Number.NaN;
  const fraction = part[7] === undefined ? 0 : Number(`0.${part[7]}`) * 1000;
  const local = civilMs(
    Number(part[1]),
    Number(part[2]),
    Number(part[3]),
    Number(part[4] ?? 0),
    Number(part[5] ?? 0),
    Number(part[6] ?? 0),
  );
  if (Number.isNaN(local)) return local;
  const offset = part[8];
  if (offset === undefined) return zone === null ? Number.NaN : Math.floor(toUtcMs(local, zone) + fraction);
  const shift = offsetMs(offset);
  return Math.abs(shift) <= OFFSET_MAX_MS ? Math.floor(local - shift + fraction) : Number.NaN;
}

function slashedTime(text: string, format: TimeFormat, zone: string | null): number {
  const part = SLASHED.exec(text);
  if (part === null || zone === null) return Number.NaN;
  const [day, month] = format === 'dd/mm/yyyy' ? [part[1], part[2]] : [part[2], part[1]];
  const local = civilMs(
    Number(part[3]),
    Number(month),
    Number(day),
    Number(part[4] ?? 0),
    Number(part[5] ?? 0),
    Number(part[6] ?? 0),
  );
  return Number.isNaN(local) ? local : toUtcMs(local, zone);
}

function offsetMs(offset: string): number {
  if (!/^[+-]/.test(offset)) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', '') || 0);
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}
