import { describe, expect, it } from 'vitest';
import type { TimeFormats } from '../../../../src/domain/plan.ts';
import { PATTERN_SHAPE } from '../../../../src/mapping/values/time-patterns.ts';
import { numberTime, parseTime, timeFault, timeNote } from '../../../../src/mapping/values/times.ts';
import { toUtcMs } from '../../../../src/mapping/values/zones.ts';

const at = Date.UTC(2025, 2, 4, 10, 11, 12);

describe('times', () => {
  it('are read from ISO 8601 in the forms that databases write', () => {
    for (const text of [
      '2025-03-04T10:11:12Z',
      '2025-03-04 10:11:12Z',
      '2025-03-04 10:11:12+00',
      '2025-03-04T11:11:12+01:00',
      '2025-03-04T09:41:12-0030',
      '2025-03-04 10:11:12 UTC',
      '2025-03-04T10:11:12.000000000z',
    ]) {
      expect([text, parseTime(text, 'auto', null)]).toEqual([text, at]);
    }
    expect(parseTime('2025-03-04T10:11:12.345678Z', 'auto', null)).toBe(at + 345);
    expect(parseTime('2025-03-04', 'auto', 'UTC')).toBe(Date.UTC(2025, 2, 4));
  });

  it('of any day are those of the calendar', () => {
    const first = Date.UTC(1970, 0, 1);
    for (let ms = first; ms < Date.UTC(2500, 0, 1); ms += 86_400_000) {
      const text = `${new Date(ms).toISOString().slice(0, 19)}Z`;
      if (parseTime(text, 'auto', null) !== ms) expect([text, parseTime(text, 'auto', null)]).toEqual([text, ms]);
    }
  });

  it('are read from unix seconds, with a fraction or not, and from milliseconds', () => {
    expect(parseTime(String(at / 1000), 'auto', null)).toBe(at);
    expect(parseTime(`${at / 1000}.5`, 'auto', null)).toBe(at + 500);
    expect(parseTime(String(at), 'auto', null)).toBe(at);
    expect(timeNote(String(at), 'auto', null)).toBe('milliseconds');
    expect(timeNote('2025-03-04T10:11:12Z', 'auto', 'Europe/Vienna')).toBeNull();
    expect(parseTime('0', 'unix', null)).toBe(0);
    expect(parseTime('86400000', 'unix_ms', null)).toBe(86_400_000);
  });

  it('of sixteen and nineteen digits are microseconds and nanoseconds, and said to be', () => {
    expect(parseTime(`${at}123`, 'auto', null)).toBe(at);
    expect(timeNote(`${at}123`, 'auto', null)).toBe('microseconds');
    expect(parseTime(`${at}999`, 'unix_us', null)).toBe(at);
    expect(timeNote(`${at}999`, 'unix_us', null)).toBeNull();
    for (let ms = at; ms < at + 1000; ms++) {
      expect([parseTime(`${ms}000000`, 'auto', null), numberTime(Number(`${ms}000000`), 'auto')]).toEqual([ms, ms]);
    }
    expect(timeNote(`${at}000000`, 'auto', null)).toBe('nanoseconds');
  });

  it('before 1970, and offsets that no zone has, are refused with the reason', () => {
    for (const text of ['1955-05-05T00:00:00Z', '1969-12-31T23:59:59Z', '-462000000']) {
      expect([text, parseTime(text, 'auto', null)]).toEqual([text, Number.NaN]);
      expect(timeFault(text, 'auto', null)).toContain('before 1970');
    }
    expect(parseTime('-86400', 'unix', null)).toBeNaN();
    expect(parseTime('2025-03-04T10:11:12+14:00', 'auto', null)).toBe(at - 14 * 3_600_000);
    expect(parseTime('2025-03-04T10:11:12+14:30', 'auto', null)).toBeNaN();
    for (const offset of ['+05:60', '+05:75', '-0599'])
      expect(parseTime(`2025-03-04T10:11:12${offset}`, 'auto', null)).toBeNaN();
    expect(timeFault('2025-03-04T10:11:12+14:30', 'auto', null)).toContain('14 hours');
  });

  it('with slashes are read only when it is known which comes first', () => {
    expect(parseTime('03/04/2025', 'auto', 'UTC')).toBeNaN();
    expect(parseTime('03/04/2025', 'dd/mm/yyyy', 'UTC')).toBe(Date.UTC(2025, 3, 3));
    expect(parseTime('03.04.2025 10:11', 'mm/dd/yyyy', 'UTC')).toBe(Date.UTC(2025, 2, 4, 10, 11));
    expect(timeFault('31/12/2025', 'auto', null)).toContain('two ways');
  });

  it('that do not exist or are too small to be sure of are refused', () => {
    for (const text of [
      '2025-02-29T00:00:00Z',
      '2025-13-01T00:00:00Z',
      '2025-01-01T24:00:00Z',
      '0',
      '2025',
      '20250304',
      '1e9',
      '100000000000000000000',
      'soon',
      '',
      '2025/03/04',
    ]) {
      expect([text, parseTime(text, 'auto', 'UTC')]).toEqual([text, Number.NaN]);
    }
  });

  it('in a zone follow its clock changes', () => {
    expect(toUtcMs(Date.UTC(2025, 6, 1, 12), 'America/New_York')).toBe(Date.UTC(2025, 6, 1, 16));
    expect(toUtcMs(Date.UTC(2025, 9, 26, 2, 30), 'Europe/Vienna')).toBe(Date.UTC(2025, 9, 26, 0, 30)); // the first of two
    expect(toUtcMs(at, '+05:30')).toBe(at - 19_800_000);
  });

  it('that a clock change leaves out are refused, and the way out is named', () => {
    for (const [text, zone] of [
      ['2025-03-30 02:30:00', 'Europe/Vienna'],
      ['2025-03-09T02:00:00', 'America/New_York'],
      ['2011-12-30 12:00', 'Pacific/Apia'],
      ['2025-10-05 02:15', 'Australia/Lord_Howe'],
    ] as const) {
      expect([text, parseTime(text, 'auto', zone)]).toEqual([text, Number.NaN]);
      expect(timeFault(text, 'auto', zone)).toMatch(new RegExp(`does not exist in ${zone}.*--timezone`));
    }
    expect(timeFault('30/03/2025 02:30', 'dd/mm/yyyy', 'Europe/Vienna')).toContain('does not exist');
    expect(parseTime('2025-03-30 01:59:59', 'auto', 'Europe/Vienna') + 1000).toBe(
      parseTime('2025-03-30 03:00:00', 'auto', 'Europe/Vienna'),
    );
  });

  it('that a clock change repeats are taken for the first, with a warning; one with an offset needs none', () => {
    for (const text of ['2025-10-26 02:00:00', '2025-10-26 02:59:59.9'])
      expect(timeNote(text, 'auto', 'Europe/Vienna')).toBe('repeated_hour');
    for (const text of [
      '2025-10-26 01:59:59',
      '2025-10-26 03:00:00',
      '2025-10-26 02:30:00+02:00',
      '2025-10-26T02:30:00Z',
    ])
      expect([text, timeNote(text, 'auto', 'Europe/Vienna')]).toEqual([text, null]);
    expect(timeNote('26.10.2025 02:30', 'dd/mm/yyyy', 'Europe/Vienna')).toBe('repeated_hour');
    expect(timeNote('2025-10-26 02:30:00', 'auto', '+01:00')).toBeNull();
    expect(parseTime('2025-10-26 02:30:00', 'auto', 'Europe/Vienna')).toBe(Date.UTC(2025, 9, 26, 0, 30));
  });
});

const read = (text: string, format: TimeFormats, zone: string | null = 'UTC') =>
  new Date(parseTime(text, format, zone));

describe('times written by a pattern', () => {
  it.for([
    ['%d/%m/%Y %I:%M %p', '04/03/2025 10:11 PM', '2025-03-04T22:11:00.000Z'],
    ['%d/%m/%Y %I:%M %p', '4/3/2025 12:05 a.m.', '2025-03-04T00:05:00.000Z'],
    ['%Y%m%d%H%M%S', '20250304101112', '2025-03-04T10:11:12.000Z'],
    ['%b %d, %Y', 'Mar 4, 2025', '2025-03-04T00:00:00.000Z'],
    ['%e %B %Y', ' 4 March 2025', '2025-03-04T00:00:00.000Z'],
    ['%e-%b-%y', '4-Sept-99', '1999-09-04T00:00:00.000Z'],
    ['%Y-%m-%dT%H:%M:%S.%f%z', '2025-03-04T10:11:12.345678+01:00', '2025-03-04T09:11:12.345Z'],
    ['%Y-%m-%d %H:%M:%S %Z', '2025-03-04 10:11:12 UTC', '2025-03-04T10:11:12.000Z'],
    ['%Y-%m-%d %H:%M %Z', '2025-03-04 10:11 GMT+2', '2025-03-04T08:11:00.000Z'],
    ['%Y-%m-%d %H:%M %Z', '2025-03-04 10:11 GMT+05:30', '2025-03-04T04:41:00.000Z'],
    ['%Y-%m-%d %H:%M %Z', '2025-03-04 10:11 UTC-3', '2025-03-04T13:11:00.000Z'],
    ['%Y-%m-%dT%H:%M%Z', '2025-03-04T10:11Z', '2025-03-04T10:11:00.000Z'],
    ['%Y/%m/%d %I:%M:%S %p %Z', '2022/10/17 6:31:58 PM EST', '2022-10-17T23:31:58.000Z'],
    ['%Y-%m-%d %z', '2025-03-04 -0330', '2025-03-04T03:30:00.000Z'],
    ['%Y.%j', '2024.366', '2024-12-31T00:00:00.000Z'],
    ['%d%% %m (%y)', '04% 03 (25)', '2025-03-04T00:00:00.000Z'],
  ] as const)('%s reads %s', ([format, text, iso]) => {
    expect(read(text, format).toISOString()).toBe(iso);
  });

  it.for([
    ['%d/%m/%Y', '31/04/2025'],
    ['%d/%m/%Y', '04/03/2025 '],
    ['%d/%m/%Y %I %p', '04/03/2025 13 PM'],
    ['%Y%m%d', '2025114'], // January 14 or November 4
    ['%Y.%j', '2025.366'],
    ['%e %b %Y', '4 Ma 2025'],
    ['%Y-%m-%d %H', '2025-03-04 24'],
    ['%Y-%m-%d %z', '2025-03-04 +15:00'],
    ['%Y-%m-%d %z', '2025-03-04 +05:75'],
    ['%Y-%m-%d %Z', '2025-03-04 CET'],
    ['%Y-%m-%d %Z', '2025-03-04 est'],
    ['%Y-%m-%d %Z', '2025-03-04 EST+2'],
    ['%Y-%m-%d %Z', '2025-03-04 GMT+15'],
    ['%Y-%m-%d %Z', '2025-03-04 GMT+2:75'],
    ['%Y-%m-%d', '1969-12-31'],
  ] as const)('%s refuses %s', ([format, text]) => {
    expect(parseTime(text, format, 'UTC')).toBeNaN();
  });

  it('are local times unless they say their offset', () => {
    expect(read('04.03.2025 10', '%d.%m.%Y %H', 'Europe/Vienna').toISOString()).toBe('2025-03-04T09:00:00.000Z');
    expect(parseTime('04.03.2025 10', '%d.%m.%Y %H', null)).toBeNaN();
    expect(timeFault('04.03.2025 10', '%d.%m.%Y %H', null)).toContain('--timezone');
    expect(timeFault('30.03.2025 02', '%d.%m.%Y %H', 'Europe/Vienna')).toContain('does not exist in Europe/Vienna');
    expect(timeNote('26.10.2025 02', '%d.%m.%Y %H', 'Europe/Vienna')).toBe('repeated_hour');
    expect(timeFault('x', '%d.%m.%Y', 'UTC')).toBe('is not a time written as %d.%m.%Y');
  });

  it('in a zone of RFC 2822 are that many hours from UTC', () => {
    const zones = { UT: 0, UTC: 0, GMT: 0, Z: 0, EDT: 4, EST: 5, CDT: 5, CST: 6, MDT: 6, MST: 7, PDT: 7, PST: 8 };
    for (const [zone, hours] of Object.entries(zones))
      expect([zone, parseTime(`2025-03-04 ${zone}`, '%Y-%m-%d %Z', null)]).toEqual([zone, Date.UTC(2025, 2, 4, hours)]);
  });

  it('have a pattern that names a day, and the half of it that an hour of twelve is in', () => {
    const shape = new RegExp(PATTERN_SHAPE, 'u');
    for (const good of ['%Y-%m-%d', '%j/%y', '%e %b %Y %I:%M %p', '%Y%m%d%%'])
      expect([good, shape.test(good)]).toEqual([good, true]);
    for (const bad of [
      '%Y',
      '%Y-%m',
      '%m-%d',
      '%Y-%m-%d %I',
      '%Y-%m-%d %H %p',
      '%Y-%m-%d %q',
      '%Y-%m-%d %',
      '%%Y-%m-%d',
      'Y-%m-%d',
    ])
      expect([bad, shape.test(bad)]).toEqual([bad, false]);
  });
});

const localTime = (text: string, zone: string | null) => parseTime(text, 'unix_local', zone);

describe('times of a local clock that is counted as if it were UTC', () => {
  it('are earlier or later by the offset of their zone, in summer and in winter', () => {
    const [winter, summer] = [Date.UTC(2026, 0, 1, 12), Date.UTC(2026, 6, 1, 12)];
    expect(localTime(String(winter / 1000), 'America/Los_Angeles')).toBe(Date.UTC(2026, 0, 1, 20));
    expect(localTime(String(summer / 1000), 'America/Los_Angeles')).toBe(Date.UTC(2026, 6, 1, 19));
    expect(localTime(String(summer / 1000), '+02:00')).toBe(Date.UTC(2026, 6, 1, 10));
    expect(localTime(String(winter + 123), 'UTC')).toBe(winter + 123);
  });

  it('need a zone, and an hour that there was', () => {
    const [skipped, repeated] = [Date.UTC(2026, 2, 29, 2, 30) / 1000, Date.UTC(2026, 9, 25, 2, 30) / 1000];
    expect(localTime(String(skipped), null)).toBeNaN();
    expect(timeFault(String(skipped), 'unix_local', null)).toContain('--timezone');
    expect(localTime(String(skipped), 'Europe/Vienna')).toBeNaN();
    expect(timeFault(String(skipped), 'unix_local', 'Europe/Vienna')).toContain('does not exist in Europe/Vienna');
    expect(localTime(String(repeated), 'Europe/Vienna')).toBe(Date.UTC(2026, 9, 25, 0, 30));
    expect(timeNote(String(repeated), 'unix_local', 'Europe/Vienna')).toBe('repeated_hour');
    expect(timeNote(String(skipped + 7200), 'unix_local', 'Europe/Vienna')).toBeNull();
  });

  it('are numbers', () => {
    for (const text of ['2026-01-01T10:00:00Z', '2026', '-1767225600', '']) expect(localTime(text, 'UTC')).toBeNaN();
    expect(timeFault('soon', 'unix_local', 'UTC')).toBe('is not a time written as unix_local');
  });
});

describe('times of spreadsheets and of ISO 8601 alone', () => {
  it('are serial days with the time of day behind the point', () => {
    expect(parseTime('45720', 'excel', 'UTC')).toBe(Date.UTC(2025, 2, 4));
    expect(parseTime('45720.5', 'excel', 'Europe/Vienna')).toBe(Date.UTC(2025, 2, 4, 11));
    expect(parseTime('45720.4244444444', 'excel', 'UTC')).toBe(Date.UTC(2025, 2, 4, 10, 11, 12));
    expect(parseTime('45720', 'excel', null)).toBeNaN();
    expect(timeFault('45720', 'excel', null)).toContain('--timezone');
    for (const text of ['25568', '-1', '1e5', '2958466', '2025-03-04', ''])
      expect([text, parseTime(text, 'excel', 'UTC')]).toEqual([text, Number.NaN]);
  });

  it('are no numbers', () => {
    expect(parseTime('2025-03-04T10:11:12Z', 'iso', null)).toBe(at);
    expect(parseTime('2025-03-04', 'iso', 'UTC')).toBe(Date.UTC(2025, 2, 4));
    expect(parseTime('1700000000', 'iso', 'UTC')).toBeNaN();
    expect(timeFault('2025-03-04', 'iso', null)).toContain('--timezone');
  });
});

describe('times written in one of several ways', () => {
  const formats = ['%d.%m.%Y %H:%M', '%Y/%m/%d %I:%M:%S %p %Z', 'auto'] as const;

  it('are read by the first that can', () => {
    expect(read('04.03.2025 10:11', formats, 'Europe/Vienna').toISOString()).toBe('2025-03-04T09:11:00.000Z');
    expect(read('2025/03/04 10:11:12 AM GMT', formats, null).getTime()).toBe(at);
    expect(read('2025-03-04T10:11:12Z', formats, null).getTime()).toBe(at);
    expect(read(String(at), formats, null).getTime()).toBe(at);
    expect(read('03/04/2025', ['dd/mm/yyyy', 'mm/dd/yyyy']).toISOString()).toBe('2025-04-03T00:00:00.000Z');
    expect(parseTime('soon', formats, 'UTC')).toBeNaN();
  });

  it('have the warnings and the faults of the one that they are written as', () => {
    expect(timeNote(String(at), formats, null)).toBe('milliseconds');
    expect(timeNote('26.10.2025 02:30', formats, 'Europe/Vienna')).toBe('repeated_hour');
    expect(timeNote('2025/03/04 10:11:12 AM GMT', formats, 'Europe/Vienna')).toBeNull();
    expect(timeFault('04.03.2025 10:11', formats, null)).toContain('--timezone');
    expect(timeFault('30.03.2025 02:30', formats, 'Europe/Vienna')).toContain('does not exist in Europe/Vienna');
    expect(timeFault('04.03.1955 10:11', formats, 'UTC')).toContain('before 1970');
    expect(timeFault('soon', formats, 'UTC')).toBe(`is not a time written as ${formats.join(', or as ')}`);
    expect(timeFault('03/04/2025 10:11', ['%Y/%m/%d %H:%M', 'auto'], 'UTC')).toContain('read in two ways');
  });
});

describe('times of ISO 8601 alone', () => {
  it.for([
    ['2026-06-10 10:00', '2026-06-10T08:00:00.000Z'],
    ['2026-06-10 10:00:00', '2026-06-10T08:00:00.000Z'],
    ['2026-06-10 10:00:00.123456+02', '2026-06-10T08:00:00.123Z'],
    ['2024-07-01 10:30:00+05:30', '2024-07-01T05:00:00.000Z'],
    ['2026-01-01T00:00:00.000000+00:00', '2026-01-01T00:00:00.000Z'],
  ] as const)('are read from %s', ([text, iso]) => {
    expect(read(text, 'iso', 'Europe/Vienna').toISOString()).toBe(iso);
  });

  it('and those with slashes say when it is the zone that they lack', () => {
    expect(timeFault('03/04/2025', 'dd/mm/yyyy', null)).toContain('--timezone');
    expect(timeFault('13/13/2025', 'dd/mm/yyyy', null)).toBe('is not a time written as dd/mm/yyyy');
  });
});
