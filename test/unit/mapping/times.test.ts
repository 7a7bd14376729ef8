import { describe, expect, it } from 'vitest';
import { isMilliseconds, parseTime, timeFault } from '../../../src/mapping/times.ts';
import { toUtcMs } from '../../../src/mapping/zones.ts';

const at = Date.UTC(2025, 2, 4, 10, 11, 12);

describe('times', () => {
  it('are read from ISO 8601 in the forms that databases write', () => {
    for (const text of ['2025-03-04T10:11:12Z', '2025-03-04 10:11:12Z', '2025-03-04 10:11:12+00', '2025-03-04T11:11:12+01:00', '2025-03-04T09:41:12-0030', '2025-03-04 10:11:12 UTC', '2025-03-04T10:11:12.000000000z']) {
      expect([text, parseTime(text, 'auto', null)]).toEqual([text, at]);
    }
    expect(parseTime('2025-03-04T10:11:12.345678Z', 'auto', null)).toBe(at + 345);
    expect(parseTime('2025-03-04', 'auto', 'UTC')).toBe(Date.UTC(2025, 2, 4));
  });

  it('of any day are those of the calendar', () => {
    const first = Date.UTC(100, 0, 1);
    for (let ms = first; ms < Date.UTC(2500, 0, 1); ms += 86_400_000) {
      const text = `${new Date(ms).toISOString().slice(0, 19)}Z`;
      if (parseTime(text, 'auto', null) !== ms) expect([text, parseTime(text, 'auto', null)]).toEqual([text, ms]);
    }
  });

  it('are read from unix seconds, with a fraction or not, and from milliseconds', () => {
    expect(parseTime(String(at / 1000), 'auto', null)).toBe(at);
    expect(parseTime(`${at / 1000}.5`, 'auto', null)).toBe(at + 500);
    expect(parseTime(String(at), 'auto', null)).toBe(at);
    expect(isMilliseconds(String(at), 'auto')).toBe(true);
    expect(isMilliseconds('2025-03-04T10:11:12Z', 'auto')).toBe(false);
    expect(parseTime('0', 'unix', null)).toBe(0);
    expect(parseTime('-86400', 'unix', null)).toBe(-86_400_000);
    expect(parseTime('86400000', 'unix_ms', null)).toBe(86_400_000);
  });

  it('with slashes are read only when it is known which comes first', () => {
    expect(parseTime('03/04/2025', 'auto', 'UTC')).toBeNaN();
    expect(parseTime('03/04/2025', 'dd/mm/yyyy', 'UTC')).toBe(Date.UTC(2025, 3, 3));
    expect(parseTime('03.04.2025 10:11', 'mm/dd/yyyy', 'UTC')).toBe(Date.UTC(2025, 2, 4, 10, 11));
    expect(timeFault('31/12/2025', 'auto', null)).toContain('two ways');
  });

  it('that do not exist or are too small to be sure of are refused', () => {
    for (const text of ['2025-02-29T00:00:00Z', '2025-13-01T00:00:00Z', '2025-01-01T24:00:00Z', '0', '2025', '20250304', '1e9', '99999999999999999', 'soon', '', '2025/03/04']) {
      expect([text, parseTime(text, 'auto', 'UTC')]).toEqual([text, Number.NaN]);
    }
  });

  it('in a zone follow its clock changes', () => {
    expect(toUtcMs(Date.UTC(2025, 6, 1, 12), 'America/New_York')).toBe(Date.UTC(2025, 6, 1, 16));
    expect(toUtcMs(Date.UTC(2025, 9, 26, 2, 30), 'Europe/Vienna')).toBe(Date.UTC(2025, 9, 26, 0, 30)); // the first of two
    expect(toUtcMs(Date.UTC(2025, 2, 30, 2, 30), 'Europe/Vienna')).toBe(Date.UTC(2025, 2, 30, 1, 30)); // left out: moved on
    expect(toUtcMs(at, '+05:30')).toBe(at - 19_800_000);
  });
});
