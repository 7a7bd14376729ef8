/** `validate`: everything that an import would find out, before anything is sent. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, realpathSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { runCli, type CliResult } from '../support/cli.ts';
import { tempFolder, type Finishing } from '../support/temp.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const OLD = 1_600_000_000;

async function validate(
  test: Finishing,
  files: Readonly<Record<string, string | Buffer>>,
  ...args: string[]
): Promise<CliResult & { folder: string }> {
  const folder = tempFolder(test);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const names = Object.keys(files).filter((name) => !name.endsWith('map.json'));
  return { ...(await runCli(test, ['validate', ...names, ...args], { cwd: folder })), folder };
}

it('problems are counted by code with the first places, without any value of a row', async (test) => {
  const rows = Array.from({ length: 8 }, (_, i) => `secret${i}`).join('\n');
  const text = `id,email,name\n1,a@b.c,Ann\n\n2,"multi\nline",${'x'.repeat(1001)}\n${rows}\n,,nobody\n`;
  const { code, stdout, stderr } = await validate(test, { 'people.csv': text });
  expect(code).toBe(6);
  expect(stdout).toContain('people.csv: 11 rows read, 1 to send, 10 invalid, 0 skipped');
  expect(stdout).toContain(
    '  wrong_cell_count: 8 rows\n    people.csv:6: the row has 1 cell, the header 3\n    people.csv:7: ',
  );
  expect(stdout).toContain('    and 5 more');
  expect(stdout).toContain('  too_long: 1 row\n    people.csv:4:3: the value has 1001 bytes; the limit is 1000');
  expect(stdout).toContain('  no_identifier: 1 row\n    people.csv:14:1: ');
  expect(stdout + stderr).not.toMatch(/secret|nobody/);
});

it('the JSON report has a plan, every undelivered row, and a summary that adds up with an estimate', async (test) => {
  const events = Array.from({ length: 2500 }, (_, i) => `u${i % 40},bought,${OLD + i}`);
  const { code, json, summary } = await validate(
    test,
    { 'events.csv': `id,event,timestamp\n${events.join('\n')}\nu1,bought\n` },
    '--json',
    '--rate',
    '2',
  );
  expect(code).toBe(6);
  expect(json.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
    'plan',
    'undelivered',
    'summary',
  ]);
  expect(json.find(({ type }) => type === 'undelivered')).toEqual({
    type: 'undelivered',
    run: null,
    row: 2501,
    line: 2502,
    state: 'invalid',
    code: 'wrong_cell_count',
    reason: 'the row has 2 cells, the header 3',
    column: null,
    field: null,
  });
  expect(summary).toMatchObject({
    rows_read: 2501,
    delivered: 0,
    rejected: 0,
    failed: 0,
    invalid: 1,
    skipped: 0,
    unclear: 0,
    pending: 2500,
    exit_code: 6,
    problems: { wrong_cell_count: 1 },
    recent_events: 0,
    identity_warnings: [],
    estimate: { people: 40, events: 2500, requests: 3, minutes: 0.03, rate: 2 },
  });
});

it('the estimate is what an import then sends', async (test) => {
  const text = Array.from({ length: 3000 }, (_, i) => `u${i},${'é'.repeat(i % 300)}`).join('\n');
  const { folder, summary } = await validate(test, { 'people.csv': `id,note\n${text}\n` }, '--json');
  const sent = await runCli(
    test,
    ['import', 'people.csv', '--sandbox', '--json', '--concurrency', '1', '--rate', '0', '--no-preflight'],
    { cwd: folder },
  );
  expect(sent.code, sent.stderr).toBe(0);
  const estimate = summary?.['estimate'] as { requests: number; bytes: number; people: number };
  expect(estimate.people).toBe(3000);
  expect(Math.abs(estimate.bytes - Number(sent.summary?.['bytes_sent']))).toBeLessThan(5000);
  expect(Math.abs(estimate.requests - Number(sent.summary?.['requests']))).toBeLessThanOrEqual(2);
});

it('identity conflicts, recent events and odd cells are found beyond the sample', async (test) => {
  const people = Array.from({ length: 1500 }, (_, i) => `u${i},u${i}@example.com,${i}`);
  const now = Math.floor(Date.now() / 1000);
  const events = Array.from({ length: 1500 }, (_, i) => `u${i},e,${OLD + i}`);
  const { code, json, stdout } = await validate(
    test,
    {
      'people.csv': `id,email,score\n${people.join('\n')}\nU7,x@example.com,many\nu9999,U3@EXAMPLE.com,1\n u8,y@example.com,2\n`,
      'events.csv': `id,event,timestamp\n${events.join('\n')}\nu1,e,${now}\nu2,e,\nu3,e,${(now - 10) * 1000}\n`,
    },
    '--json',
  );
  expect(code, stdout).toBe(0);
  const [ofPeople, ofEvents] = json.filter(({ type }) => type === 'summary');
  expect(ofPeople).toMatchObject({
    identity_warnings: [
      '1 row has an e-mail that another id has too (first: row 1502): Customer.io keeps one person per e-mail',
      '2 rows have an id that differs from another only in case or blanks around it (first: row 1501): those are different people to Customer.io',
    ],
    warnings: [{ code: 'not_number', column: 'score', count: 1, message: 'not a number, sent as text' }],
  });
  expect(ofEvents).toMatchObject({
    recent_events: 3,
    warnings: [{ code: 'milliseconds', column: 'timestamp', count: 1 }],
  });
});

it('a file that cannot be read does not keep the others from being looked at; the worst code wins', async (test) => {
  const { code, json, stderr } = await validate(
    test,
    {
      'a.csv': 'foo,bar\n1,2\n',
      'b.csv': 'id\n1\n',
      'c.csv': 'PK\u0003\u0004' + '\u0000'.repeat(50),
      'd.csv': 'id,x\n1\n',
    },
    '--json',
  );
  expect(code).toBe(2);
  expect(json.map(({ type, code: error }) => (type === 'error' ? error : type))).toEqual([
    'no_identifier',
    'plan',
    'summary',
    'input_undecodable',
    'plan',
    'undelivered',
    'summary',
  ]);
  expect(stderr).toContain('Excel');
});

it('--write-map keeps the plan, so that the next file gets the same types', async (test) => {
  const { code, folder } = await validate(
    test,
    { 'people.csv': 'id,score,zip\n1,5,01067\n' },
    '--write-map',
    'map.json',
  );
  expect(code).toBe(0);
  expect(JSON.parse(readFileSync(join(folder, 'map.json'), 'utf8'))).toMatchObject({
    kind: 'people',
    id_column: 'id',
    columns: { zip: { type: 'string' }, score: { type: 'number' } },
  });
  writeFileSync(join(folder, 'next.csv'), 'id,score,zip\n2,many,10115\n');
  const next = await runCli(test, ['validate', 'next.csv', '--map', 'map.json', '--json'], { cwd: folder });
  expect(next.code, next.stderr).toBe(0);
  expect(next.json[0]?.['columns']).toMatchObject([
    {},
    { column: 'score', type: 'number' },
    { column: 'zip', type: 'string' },
  ]);
  const two = await runCli(test, ['validate', 'people.csv', 'next.csv', '--write-map', 'both.json'], { cwd: folder });
  expect(two.code).toBe(2);
  expect(existsSync(join(folder, 'both.json'))).toBe(false);
});

it.for<[map: string, message: string]>([
  [
    '{"columns": {"zip": {"type": "text"}}}',
    'map.json:1:30: /columns/zip/type must be one of string, number, boolean, timestamp, json',
  ],
  ['{\n  "kind": "people",\n  "colums": {}\n}', 'map.json:3:13: /colums is no key of a mapping file'],
  ['{"id_column": "nope"}', 'map.json:1:15: /id_column: there is no column "nope"'],
  ['{\n  "dedupe_key": ["nope"]\n}', 'map.json:2:17: /dedupe_key: there is no column "nope"'],
  [
    '{\n  "columns": {\n    "ID": { "trim": true, "default": "x" }\n  }\n}',
    'map.json:3:38: /columns/ID/default: this column is the id, which would be the same for many',
  ],
  ['{"kind": ', 'map.json:1:'],
])('a mistake in a mapping file ends with 2 and its place: %s', async ([map, message], test) => {
  const { code, stderr } = await validate(
    test,
    { 'people.csv': 'id,zip\n1,01067\n', 'map.json': map },
    '--map',
    'map.json',
  );
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

it.for([
  ['an empty file', '', 0],
  ['blank lines', '\n\n', 0],
  ['a header alone', 'id,name\n', 0],
  ['two columns of one name', 'id,name,name\n1,a,b\n', 2],
  ['a column named twice by flags', 'id,mail\n1,x\n', 2, '--id-column', 'mail', '--email-column', 'mail'],
  ['a picture', Buffer.from('\u0089PNG\r\n\u001a\n\u0000\u0000', 'latin1'), 2],
  ['a cell of ten megabytes', `id,blob\n1,"${'x'.repeat(10_000_000)}"\n2,y\n`, 6],
  ['an unclosed quote', 'id,name\n1,"Ann\n2,Bob\n', 6],
  ['a truncated archive', Buffer.from('1f8b0800000000000003', 'hex'), 2],
  ['zstd, where Node cannot read it', Buffer.from('28b52ffd04', 'hex'), 2],
] as const)('%s', async ([, content, expected, ...args], test) => {
  const { code, stdout, stderr } = await validate(test, { 'people.csv': content }, ...args);
  expect(code, stderr).toBe(expected);
  if (expected === 0) expect(stdout).toContain('The input has no rows');
  expect(stderr).not.toContain('bug');
});

it('the fixtures hold what their names say', async (test) => {
  const folder = realpathSync(tempFolder(test));
  cpSync(FIXTURES, folder, { recursive: true });
  utimesSync(join(folder, 'ndjson/cut-off.ndjson'), 1_700_000_000, 1_700_000_000); // its last line is not being written just now
  const { json } = await runCli(test, ['validate', 'csv', 'ndjson', '--json'], { cwd: folder });
  let file = '';
  const found: Record<string, unknown> = {};
  for (const line of json) {
    if (line.type === 'plan') file = relative(folder, String(line['source']));
    if (line.type === 'undelivered')
      found[file] = [...((found[file] ?? []) as unknown[]), `${String(line['line'])} ${String(line['code'])}`];
    if (line.type === 'summary') found[file] ??= line['rows_read'];
    if (line.type === 'error') found[String(line['message'])] = line['code'];
  }
  expect(found).toEqual({
    'columns 2 and 4 are both named "name"': 'ambiguous_column',
    'csv/empty-rows-below-the-table.csv': 2,
    'csv/lone-cr.csv': 2,
    'csv/mixed-line-ends.csv': 3,
    'csv/one-bad-utf8-row.csv': ['3 unparsable'],
    'csv/quoted-newlines.csv': 2,
    'csv/ragged.csv': ['3 wrong_cell_count', '4 wrong_cell_count'],
    'csv/semicolon-with-bom.csv': 2,
    'csv/sep-line.csv': 1,
    'csv/stray-quotes.csv': ['4 unparsable'],
    'csv/unclosed-quote.csv': ['3 unparsable'],
    'csv/utf16be-without-bom.csv': 2,
    'csv/utf16le-from-excel.csv': 2,
    'csv/windows-1252.csv': 2,
    'csv/without-final-newline.csv': 2,
    'ndjson/big-integers.ndjson': 1,
    'ndjson/crlf-with-bom.ndjson': 2,
    'ndjson/cut-off.ndjson': ['3 unparsable'],
    'ndjson/not-objects.ndjson': ['2 unparsable', '3 unparsable', '4 unparsable', '5 unparsable'],
    'ndjson/pretty-array.json': 2,
  });
});

it('the rows before the place where a file is cut off are told, and the failure too', async (test) => {
  const whole = gzipSync(
    `id,email\n${Array.from({ length: 5000 }, (_, i) => `u${i},${createHash('md5').update(String(i)).digest('hex')}@example.com`).join('\n')}\n`,
  );
  const { code, stdout, stderr } = await validate(test, { 'people.csv.gz': whole.subarray(0, whole.length / 2) });
  expect(code).toBe(2);
  expect(Number(/: ([\d,]+) rows read/.exec(stdout)?.[1]?.replace(',', ''))).toBeGreaterThan(1000);
  expect(stderr).toContain('ends in the middle of its gzip data');
});

it('a guessed encoding is said with a word to judge it by; one that was named, or proves itself, is not', async (test) => {
  const cyrillic = Buffer.from('id,name\n1,\u00cf\u00f0\u00e8\u00e2\u00e5\u00f2\n', 'latin1');
  const guessed = await validate(test, { 'people.csv': cyrillic }, '--json');
  expect(guessed.stderr).toContain('the encoding is a guess: in windows-1252 the file has words like Ïðèâåò');
  expect(guessed.json[0]).toMatchObject({ type: 'plan', encoding: 'windows-1252', encoding_guessed: true });
  expect(JSON.stringify(guessed.json)).not.toContain('Ïðèâåò');
  const named = await validate(test, { 'people.csv': cyrillic }, '--encoding', 'cp1251');
  expect(named.stderr).not.toContain('guess');
  expect(named.stdout).toContain('Привет');
  expect((await validate(test, { 'people.csv': 'id,name\n1,Привет\n' })).stderr).not.toContain('guess');
});

it('a place for temporary files is asked for by streams alone, and one that is missing is named', async (test) => {
  const folder = tempFolder(test);
  writeFileSync(join(folder, 'people.csv'), 'id\n1\n');
  const env = { TMPDIR: '/nowhere' };
  expect((await runCli(test, ['validate', 'people.csv'], { cwd: folder, env })).code).toBe(0);
  for (const args of [
    ['validate', '-'],
    ['import', '-', '--dry-run'],
  ]) {
    const result = await runCli(test, args, { cwd: folder, env, input: 'id\n1\n' });
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toContain('/nowhere');
    expect(result.stderr).toContain('TMPDIR');
  }
});
