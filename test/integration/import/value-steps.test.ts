/** A real export goes in without sed: what happens to values is in the mapping file. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openWorkspace } from '../../support/workspace.ts';

const MAP = {
  id_column: 'key',
  timezone: 'Europe/Vienna',
  columns: {
    key: { join: ['shop', 'number'], separator: '-' },
    shop: { trim: true },
    number: { strip_prefix: "'", type: 'string' },
    status: { to: 'active', values: { A: true, I: false, '*': null } },
    newsletter: { to: 'unsubscribed', not: true },
    tags: { null_values: ['-'], split: ',' },
    country: { default: 'AT' },
    joined: { to: 'created_at', format: '%d/%m/%Y %I:%M %p' },
    seen: { format: 'excel' },
    note: { too_long: 'cut' },
    mail: { to: 'email_sha256', hash: 'sha256' },
    vip: { type: 'boolean' },
  },
};
const COPY = fileURLToPath(new URL('../../../fixtures/presets/postgres-copy.tsv', import.meta.url));
const HEADER = 'shop,number,status,newsletter,tags,country,joined,seen,note,mail,vip';
const LONG = 'ü'.repeat(600);
const ROWS = [
  ` wien ,'007,A,yes,"a, b",,04/03/2025 02:30 PM,45720.5,${LONG}, Ada@Example.com ,Y`,
  'graz,8,?,no,-,DE,,,"say ""hi""",,off',
  'linz,9,I,,,,,,,,',
  'enns,10,A,perhaps,,,,,,,',
];

it('every step of a mapping file is taken, and its people arrive as it says', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'people.csv'), [HEADER, ...ROWS, ''].join('\n'));
  writeFileSync(join(workspace.folder, 'map.json'), JSON.stringify(MAP));
  const result = await workspace.run(['import', 'people.csv', '--map', 'map.json']);
  expect(result.code, result.stderr).toBe(6);
  expect(result.stderr).toMatch(/tags +attribute tags \(null_values, split\)/);
  expect(result.stderr).toMatch(/key +person id \(join\)/);
  const attributes = await workspace.attributes();
  expect(Object.keys(attributes).toSorted()).toEqual(['graz-8', 'linz-9', 'wien-007']); // and not the one whose consent is unclear
  expect(attributes).toMatchObject({
    'wien-007': {
      shop: 'wien',
      number: '007',
      active: true,
      unsubscribed: false,
      tags: ['a', 'b'],
      country: 'AT',
      created_at: Date.UTC(2025, 2, 4, 13, 30) / 1000,
      seen: Date.UTC(2025, 2, 4, 11) / 1000,
      note: 'ü'.repeat(500),
      email_sha256: createHash('sha256').update('ada@example.com').digest('hex'),
      vip: true,
    },
    'graz-8': { unsubscribed: true, country: 'DE', note: 'say "hi"', vip: false },
    'linz-9': { active: false, country: 'AT' },
  });
  for (const absent of ['active', 'tags', 'created_at', 'seen', 'email_sha256'])
    expect(attributes['graz-8']).not.toHaveProperty(absent);

  // A corrected row is joined from its columns again, though they stand elsewhere in the file of failures.
  const failures = await workspace.run(['failures', '-o', 'bad.csv']);
  expect(failures.code, failures.stderr).toBe(0);
  const bad = readFileSync(join(workspace.folder, 'bad.csv'), 'utf8');
  writeFileSync(join(workspace.folder, 'fixed.csv'), bad.replace('perhaps', 'yes'));
  const retried = await workspace.run(['retry-failed', '--from', 'fixed.csv']);
  expect(retried.code, retried.stderr).toBe(0);
  expect((await workspace.attributes())['enns-10']).toMatchObject({ unsubscribed: false, country: 'AT', number: '10' });
});

it('a table as COPY of PostgreSQL writes it goes in as the database has it', async (test) => {
  const workspace = await openWorkspace(test);
  const unescape = 'postgres';
  writeFileSync(
    join(workspace.folder, 'map.json'),
    JSON.stringify({
      columns: {
        email: { unescape },
        full_name: { unescape },
        phone: { unescape, type: 'string' },
        is_subscribed: { unescape, to: 'unsubscribed', not: true },
        tags: { unescape, split: { at: ',', as: 'postgres' } },
        profile: { unescape, type: 'json' },
        notes: { unescape },
        balance: { unescape, null_values: ['NaN'], type: 'number', mismatch: 'text' },
        birthday: { unescape },
        external_ref: { unescape },
        created_at: { unescape, null_values: ['infinity', '-infinity'] },
        opted_out_at: null,
        last_login: null,
      },
    }),
  );
  const result = await workspace.run(['import', COPY, '--map', 'map.json', '--quote', 'none']);
  expect(result.code, result.stderr).toBe(0);
  const attributes = await workspace.attributes();
  expect(attributes).toMatchObject({
    '9007199254740993': {
      unsubscribed: true,
      tags: ['a,b', 'say "hi"', 'NULL'],
      profile: { zip: '01067', note: 'a"b\\c', plan: 'free' },
      notes: 'line one\nline two\twith a tab \\ and a backslash',
      created_at: Date.UTC(2024, 6, 1, 8, 30) / 1000,
    },
    '1004': { full_name: '\\N', phone: 'NULL', notes: 'carriage\rreturn', birthday: '0044-03-15 BC' },
    '1005': { tags: ['x y', ''], notes: 'ends with a backslash\\' },
    '1006': { full_name: '\\.', notes: 'comma, "quote"' },
    '1008': { notes: 'vertical\vtab' },
  });
  for (const absent of ['unsubscribed', 'tags', 'balance', 'created_at', 'notes'])
    expect(attributes['1003']).not.toHaveProperty(absent);
});

it('the mapping that validate writes has the steps, and one changed step makes another run', async (test) => {
  const workspace = await openWorkspace(test);
  const write = (map: unknown): void => writeFileSync(join(workspace.folder, 'map.json'), JSON.stringify(map));
  const imported = () => workspace.run(['import', 'people.csv', '--map', 'map.json']);
  const written = async (map: string, to: string): Promise<string> => {
    const result = await workspace.run(['validate', 'people.csv', '--map', map, '--write-map', to]);
    expect(result.code, result.stderr).toBe(0);
    return readFileSync(join(workspace.folder, to), 'utf8');
  };
  writeFileSync(join(workspace.folder, 'people.csv'), [HEADER, ...ROWS.slice(0, 3), ''].join('\n'));
  write(MAP);
  expect(await written('map.json', 'again.json')).toBe(await written('again.json', 'third.json'));
  expect((await imported()).code).toBe(0);
  const writes = await workspace.writes();
  expect((await imported()).code).toBe(0);
  expect(await workspace.writes()).toBe(writes);
  write({ ...MAP, columns: { ...MAP.columns, country: { default: 'CH' } } });
  expect((await imported()).stderr).toContain('A new run: the mapping differs');
  expect((await workspace.attributes())['linz-9']).toMatchObject({ country: 'CH' });
});

it('a fault in a step is told with its place, and nothing is sent', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'people.csv'), 'id,plan\n1,pro\n');
  writeFileSync(
    join(workspace.folder, 'map.json'),
    '{\n  "columns": {\n    "plan": { "values": { "pro": [1] } }\n  }\n}\n',
  );
  const result = await workspace.run(['import', 'people.csv', '--map', 'map.json']);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain(
    'map.json:3:34: /columns/plan/values/pro must be a text, a number, true, false or null',
  );
  expect(await workspace.writes()).toBe(0);
});
