/** Times written as somebody says: by a pattern such as `%d/%m/%Y %I:%M %p` (as of strptime), or as the serial days of a spreadsheet. */
import { civilMs } from './civil-time.ts';

/** What a clock showed; `offsetMs` from UTC, null when the text does not say. */
export interface LocalTime {
  readonly localMs: number;
  readonly offsetMs: number | null;
}

const DAY_MS = 86_400_000;
/** From 1899-12-30, the day 0 of spreadsheets, to 1970-01-01. */
const EXCEL_DAYS_BEFORE_1970 = 25_569;
/** 9999-12-31, the last day that a spreadsheet has. */
const EXCEL_DAYS_MAX = 2_958_465;
const SERIAL_DAYS = /^\d{1,7}(?:\.\d+)?$/;

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
/** The names that RFC 2822 (4.3) gives a meaning; any other may be that of several zones. */
const ZONE_HOURS: Readonly<Record<string, number>> = {
  Z: 0,
  UT: 0,
  UTC: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
const OFFSET = /([+-])(\d{1,2}):?(\d{2})?$/;
const MONTH = String.raw`\p{L}+\.?`;
/** What each field looks like; of a number of variable length, the second form is for where another number touches it. */
const FIELDS: Readonly<Record<string, readonly [loose: string, fixed?: string]>> = {
  Y: [String.raw`\d{4}`, String.raw`\d{4}`],
  y: [String.raw`\d{2}`, String.raw`\d{2}`],
  m: [String.raw`\d{1,2}`, String.raw`\d{2}`],
  d: [String.raw`\d{1,2}`, String.raw`\d{2}`],
  e: [String.raw` ?\d{1,2}`, String.raw`[ \d]\d`],
  j: [String.raw`\d{1,3}`, String.raw`\d{3}`],
  H: [String.raw`\d{1,2}`, String.raw`\d{2}`],
  I: [String.raw`\d{1,2}`, String.raw`\d{2}`],
  M: [String.raw`\d{1,2}`, String.raw`\d{2}`],
  S: [String.raw`\d{1,2}`, String.raw`\d{2}`],
  f: [String.raw`\d{1,9}`, String.raw`\d{1,9}`],
  p: [String.raw`[AaPp]\.?[Mm]\.?`],
  b: [MONTH],
  B: [MONTH],
  z: [String.raw`Z|[+-]\d{2}(?::?[0-5]\d)?`],
  Z: [String.raw`${Object.keys(ZONE_HOURS).join('|')}|(?:GMT|UTC)[+-]\d{1,2}(?::[0-5]\d)?`],
};

/**
 * What a pattern must be: a % first, only fields that are known, and among them a day (year, month and day of it, or day of the year).
 * An hour of twelve needs its half of the day, and the other way round. One expression, so that the schema can have it too.
 */
export const PATTERN_SHAPE = ((): string => {
  const day = `(?=${has('j')}|(?=${has('mbB')})${has('de')})`;
  const halves = `(?=(?!${has('I')})(?!${has('p')})|(?=${has('I')})${has('p')})`;
  return `^(?=%)(?=${has('Yy')})${day}${halves}(?:[^%]|%[${Object.keys(FIELDS).join('')}%])*$`;
})();

function has(fields: string): string {
  return `(?:[^%]|%[^${fields}])*%[${fields}]`;
}

export function isPattern(format: string): format is `%${string}` {
  return format.startsWith('%');
}

/** null for a text that is not written so. */
export function patternTime(text: string, pattern: string): LocalTime | null {
  let read = readers.get(pattern);
  if (read === undefined) readers.set(pattern, (read = createReader(pattern)));
  return read(text);
}

/** A serial number of days; its fraction is the time of day. To the millisecond: a double has no room for more. */
export function excelTime(text: string): LocalTime | null {
  const days = SERIAL_DAYS.test(text) ? Number(text) : Number.NaN;
  if (!(days < EXCEL_DAYS_MAX + 1)) return null;
  return { localMs: Math.round((days - EXCEL_DAYS_BEFORE_1970) * DAY_MS), offsetMs: null };
}

type Fields = Readonly<Record<string, string | undefined>>;

/** By pattern: a run has few. */
const readers = new Map<string, (text: string) => LocalTime | null>();

function createReader(pattern: string): (text: string) => LocalTime | null {
  const names: string[] = [];
  const shape = new RegExp(`^${shapeOf(pattern, names)}$`, 'u');
  return (text) => {
    const found = shape.exec(text);
    if (found === null) return null;
    const fields: Record<string, string> = {};
    for (const [at, name] of names.entries()) {
      const value = found[at + 1] ?? '';
      if (fields[name] !== undefined && fields[name] !== value) return null; // the same field twice, with two values
      fields[name] = value;
    }
    const localMs = dayMs(fields) + timeOfDayMs(fields);
    return Number.isNaN(localMs) ? null : { localMs, offsetMs: offsetOf(fields) };
  };
}

function shapeOf(pattern: string, names: string[]): string {
  const tokens = pattern.match(/%.|[^%]/gsu) ?? [];
  return tokens
    .map((token, at) => {
      const forms = formsOf(token);
      if (forms === undefined) return (token === '%%' ? '%' : token).replace(/[\\^$.*+?()[\]{}|/]/u, String.raw`\$&`);
      names.push(token.slice(1));
      const [loose, fixed = loose] = forms;
      const isTouched = [tokens[at - 1], tokens[at + 1]].some((other) => formsOf(other)?.[1] !== undefined);
      return `(${isTouched ? fixed : loose})`;
    })
    .join('');
}

function formsOf(token: string | undefined): (typeof FIELDS)[string] | undefined {
  return token?.startsWith('%') === true ? FIELDS[token.slice(1)] : undefined;
}

function dayMs(fields: Fields): number {
  const year = yearOf(fields);
  const dayOfYear = fields['j'];
  if (dayOfYear !== undefined) {
    const firstMs = civilMs(year, 1, 1, 0, 0, 0);
    const ms = firstMs + (Number(dayOfYear) - 1) * DAY_MS;
    return ms >= firstMs && ms < civilMs(year + 1, 1, 1, 0, 0, 0) ? ms : Number.NaN;
  }
  const name = fields['b'] ?? fields['B'];
  const month = name === undefined ? Number(fields['m']) : monthOf(name);
  return civilMs(year, month, Number(fields['d'] ?? fields['e']), 0, 0, 0);
}

/** Two digits are 1969 to 2068, as for POSIX. */
function yearOf(fields: Fields): number {
  if (fields['Y'] !== undefined) return Number(fields['Y']);
  const year = Number(fields['y']);
  return year < 69 ? 2000 + year : 1900 + year;
}

/** English names, whole or by three letters at least; NaN for any other. */
function monthOf(name: string): number {
  const short = name.toLowerCase().replace('.', '');
  const index = short.length < 3 ? -1 : MONTHS.findIndex((month) => month.startsWith(short));
  return index < 0 ? Number.NaN : index + 1;
}

function timeOfDayMs(fields: Fields): number {
  const hour = hourOf(fields);
  const [minute, second] = [Number(fields['M'] ?? 0), Number(fields['S'] ?? 0)];
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  return ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(Number(`0.${fields['f'] ?? 0}`) * 1000);
}

function hourOf(fields: Fields): number {
  const half = fields['I'];
  if (half === undefined) return Number(fields['H'] ?? 0);
  const hour = Number(half);
  if (hour < 1 || hour > 12) return Number.NaN;
  return (hour % 12) + (/^p/i.test(fields['p'] ?? '') ? 12 : 0);
}

function offsetOf({ z, Z: zone = z }: Fields): number | null {
  if (zone === undefined) return null;
  const [, sign = '+', hours = ZONE_HOURS[zone], minutes = 0] = OFFSET.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
