import { describe, expect, it } from 'vitest';
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
