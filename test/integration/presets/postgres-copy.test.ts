import { expect, it } from 'vitest';
import { readPreset } from '../../../src/reading/presets.ts';
import { expectEnd, importWithPreset } from '../../support/preset-import.ts';

const PRESET = 'postgres-copy';
const COLUMNS =
  'id,email,full_name,phone,is_subscribed,opted_out_at,tags,profile,notes,balance,birthday,last_login,external_ref,created_at';
const BELA = {
  full_name: "Béla O'Connor",
  phone: '+447700900123',
  notes: 'line one\nline two\twith a tab \\ and a backslash',
  birthday: '1971-02-02',
  external_ref: '6f1c2a3e-0000-4000-8000-000000000001',
  created_at: Date.UTC(2024, 6, 1, 8, 30) / 1000,
};

it('a table that COPY has written is read without its escapes, with a header or without', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.tsv`);
  expectEnd(imported, { rows_read: 20, delivered: 20, invalid: 0, skipped: 0, exit_code: 0 });
  const { attributes } = imported;
  expect(attributes['9007199254740993']).toEqual({
    ...BELA,
    is_subscribed: 'f',
    opted_out_at: '2025-11-02 08:00:00.5+01',
    tags: '{"a,b","say \\"hi\\"",NULL,"NULL"}',
    profile: '{"zip": "01067", "note": "a\\"b\\\\c", "plan": "free"}',
    balance: '7.03',
    last_login: '2026-02-02 09:30:00',
  });
  expect(attributes).toMatchObject({
    '1004': { full_name: '\\N', phone: 'NULL', notes: 'carriage\rreturn', birthday: '0044-03-15 BC' },
    '1005': { notes: 'ends with a backslash\\' },
    '1006': { full_name: '\\.', notes: 'comma, "quote"' },
    '1008': { notes: 'vertical\vtab' },
    '-1': { full_name: 'Lin, Mei Zhao' },
  });
  expect(Object.keys(attributes['1003'] ?? {})).toEqual(['full_name', 'phone', 'last_login']); // \N, infinity
  const headless = await importWithPreset(test, PRESET, `${PRESET}.txt`, ['--header', COLUMNS]);
  expectEnd(headless, { rows_read: 20, delivered: 20, exit_code: 0 });
  expect(headless.attributes).toEqual(attributes);
});

/** What docs/presets.md says about columns that only their owner knows. */
const OWN = (unescape: object): Record<string, unknown> => ({
  is_subscribed: { ...unescape, to: 'unsubscribed', not: true },
  opted_out_at: { ...unescape, type: 'timestamp' },
  last_login: { ...unescape, type: 'timestamp', timezone: 'UTC' },
  tags: { ...unescape, split: { at: ',', as: 'postgres' } },
  profile: { ...unescape, type: 'json' },
  balance: { ...unescape, type: 'number', null_values: ['NaN'] },
  created_at: { ...unescape, null_values: ['infinity', '-infinity'] },
});

const TEXT = { unescape: 'postgres' };
const PRESET_FILE = JSON.parse(readPreset(PRESET).text);

it.for([
  ['text', `${PRESET}.tsv`, { ...PRESET_FILE, columns: { ...OWN(TEXT), '*': TEXT } }],
  ['csv', `${PRESET}.csv`, { columns: OWN({}) }],
] as const)('booleans, arrays, JSON and times of %s are named by their owner', async ([, file, map], test) => {
  const imported = await importWithPreset(test, map, file);
  expectEnd(imported, { rows_read: 20, delivered: 19, invalid: 1, exit_code: 6 });
  expect(imported.undelivered).toEqual([[16, 'bad_timestamp', 6]]); // a second before 1970
  const { attributes } = imported;
  expect(attributes['9007199254740993']).toEqual({
    ...BELA,
    unsubscribed: true,
    opted_out_at: Date.UTC(2025, 10, 2, 7) / 1000,
    last_login: Date.UTC(2026, 1, 2, 9, 30) / 1000,
    tags: ['a,b', 'say "hi"', 'NULL'],
    profile: { zip: '01067', note: 'a"b\\c', plan: 'free' },
    balance: 7.03,
  });
  expect(attributes['1005']).toMatchObject({ tags: ['x y', ''], profile: [1, 2] });
  for (const absent of ['unsubscribed', 'tags', 'balance', 'created_at'])
    expect(attributes['1003']).not.toHaveProperty(absent);
  expect(attributes['1006']).not.toHaveProperty('balance'); // NaN
});
