/** Whatever a reasonable person calls a CSV or NDJSON file arrives undamaged. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openWorkspace } from '../../support/workspace.ts';

const PLAIN = (id: string, name = 'Zoë', plan = 'pro'): Record<string, unknown> => ({ [id]: { name, plan } });

/** Files of one person each, and who must arrive: ids are the files' own, so that one import can take them all. */
const FILES: Readonly<Record<string, readonly [content: string | Buffer, people: Readonly<Record<string, unknown>>]>> =
  {
    'comma.csv': ['id,name,plan\ncomma,Zoë,pro\n', PLAIN('comma')],
    'semicolon.csv': ['id;name;plan\nsemicolon;"a,b";pro\n', PLAIN('semicolon', 'a,b')],
    'pipe.csv': ['id|name|plan\npipe|a,b;c|pro\n', PLAIN('pipe', 'a,b;c')],
    'tab.tsv': ['id\tname\tplan\ntab\ta,b\tpro\n', PLAIN('tab', 'a,b')],
    'sep-line.csv': ['sep=;\r\nid;name;plan\r\nsep;Zoë;pro\r\n', PLAIN('sep')],
    'utf8-bom.csv': ['\ufeffid,name,plan\nbom,Zoë,pro\n', PLAIN('bom')],
    'utf16le.csv': [
      Buffer.from('\ufeffid\tname\tplan\r\nutf16le\tZoë 😀\tpro\r\n', 'utf16le'),
      PLAIN('utf16le', 'Zoë 😀'),
    ],
    'utf16be.csv': [Buffer.from('\ufeffid,name,plan\nutf16be,Zoë,pro\n', 'utf16le').swap16(), PLAIN('utf16be')],
    'windows-1252.csv': [Buffer.from('id,name,plan\nansi,Zo\u00eb \u0080,pro\n', 'latin1'), PLAIN('ansi', 'Zoë €')],
    'crlf.csv': ['id,name,plan\r\ncrlf,Zoë,pro\r\n', PLAIN('crlf')],
    'lone-cr.csv': ['id,name,plan\rcr,Zoë,pro\r', PLAIN('cr')],
    'mixed.csv': ['id,name,plan\r\nmixed1,Zoë,pro\nmixed2,Zoë,pro\r\n', { ...PLAIN('mixed1'), ...PLAIN('mixed2') }],
    'quoted-newlines.csv': [
      'id,name,plan\nnewline,"one\r\ntwo ""three""\n",pro\n',
      PLAIN('newline', 'one\r\ntwo "three"\n'),
    ],
    'blank-lines.csv': ['\nid,name,plan\n\n\nblank,Zoë,pro\n\n', PLAIN('blank')],
    'no-last-newline.csv': ['id,name,plan\nlast,Zoë,pro', PLAIN('last')],
    'blank-names.csv': [' id , name ,plan \nblanks, Zoë ,pro\n', PLAIN('blanks', ' Zoë ')],
    'empty-names.csv': ['id,name,,plan,\nunnamed,Zoë,x,pro,y\n', PLAIN('unnamed')],
    'nul.csv': ['id,name,plan\nnul,a\u0000b,pro\n', PLAIN('nul', 'a\u0000b')],
    'gz-members.csv.gz': [
      Buffer.concat([gzipSync('id,name,plan\ngz1,Zoë,pro\ngz2,Z'), gzipSync('oë,pro\n')]),
      { ...PLAIN('gz1'), ...PLAIN('gz2') },
    ],
    'gz-utf16.csv.gz': [gzipSync(Buffer.from('\ufeffid,name,plan\ngz16,Zoë,pro\n', 'utf16le')), PLAIN('gz16')],
    'brotli.csv.br': [brotliCompressSync('id,name,plan\nbrotli,Zoë,pro\n'), PLAIN('brotli')],
    'path with space & more.csv': ['id,name,plan\nspace,Zoë,pro\n', PLAIN('space')],
    'bom-crlf-blank.ndjson': [
      '\ufeff{"id":"nd1","name":"Zoë","plan":"pro"}\r\n\r\n{"id":"nd2","name":"Zoë","plan":"pro"}',
      { ...PLAIN('nd1'), ...PLAIN('nd2') },
    ],
    'duplicate-keys.ndjson': ['{"id":"dup","name":"a","name":"Zoë","plan":"pro"}\n', PLAIN('dup')],
    'nested.jsonl': [
      `{"id":"nested","a":${'['.repeat(90)}1${']'.repeat(90)}}\n`,
      { nested: { a: JSON.parse(`${'['.repeat(90)}1${']'.repeat(90)}`) as unknown } },
    ],
    'array.json': [
      '[\n  {"id": "arr1",\n   "name": "Zoë", "plan": "pro"},\n  {"id":"arr2","name":"[{\\"","plan":"pro"}\n]\n',
      { ...PLAIN('arr1'), ...PLAIN('arr2', '[{"') },
    ],
    'packed.ndjson.gz': [gzipSync('{"id":"packed","name":"Zoë","plan":"pro"}\n'), PLAIN('packed')],
  };

it('a directory of files in every dialect arrives, one run each', async (test) => {
  const workspace = await openWorkspace(test);
  const data = join(workspace.folder, 'data');
  mkdirSync(data);
  for (const [name, [content]] of Object.entries(FILES)) writeFileSync(join(data, name), content);
  writeFileSync(join(data, 'readme.txt'), 'not a data file');
  const result = await workspace.run(['import', 'data', '--json', '--rate', '0']);
  const expected = Object.assign({}, ...Object.values(FILES).map(([, people]) => people)) as Record<string, unknown>;
  expect(result.stderr).not.toContain('bug');
  expect(await workspace.attributes()).toEqual(expected);
  expect(result.json.filter(({ type }) => type === 'summary')).toHaveLength(Object.keys(FILES).length);
  expect(result.code).toBe(0);
});

it('files, patterns, directories and a named pipe go in one command; a file named twice goes once', async (test) => {
  const workspace = await openWorkspace(test);
  const { folder } = workspace;
  mkdirSync(join(folder, 'more'));
  for (const [path, id] of [
    ['one.csv', 'one'],
    ['day-1.csv', 'day1'],
    ['day-2.csv', 'day2'],
    ['more/three.csv', 'three'],
  ] as const)
    writeFileSync(join(folder, path), `id,n\n${id},x\n`);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const running = workspace.start(['import', 'one.csv', './one.csv', 'day-*.csv', 'more', 'pipe', '--json']);
  writeFileSync(join(folder, 'pipe'), 'id,n\npiped,x\n'); // opens when the program reads
  const result = await running.ended;
  expect(result.code, result.stderr).toBe(0);
  expect(Object.keys(await workspace.attributes())).toEqual(['one', 'day1', 'day2', 'three', 'piped']);
  expect(result.json.filter(({ type }) => type === 'summary').map(({ rows_read }) => rows_read)).toEqual([
    1, 1, 1, 1, 1,
  ]);
});

it('standard input is read in any dialect and compression', async (test) => {
  const workspace = await openWorkspace(test);
  const piped = (name: string, content: string | Buffer, ...args: string[]): Promise<unknown> =>
    workspace.run(['import', '-', '--dataset', name, ...args], { input: content });
  await piped('a', 'id;name\nsemi;x\n');
  await piped('b', gzipSync('id,name\ngzip,x\n'));
  await piped('c', Buffer.from('\ufeffid\tname\nutf16\tx\n', 'utf16le'));
  await piped('d', '[{"id":"array","name":"x"}]');
  expect(Object.keys(await workspace.attributes())).toEqual(['semi', 'gzip', 'utf16', 'array']);
});

it('digits, leading zeros, plus signs and exponents arrive as they stand', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(
    join(workspace.folder, 'fidelity.csv'),
    'id,zip,phone,exp,big,price,score,ok\n007,01067,+493012345,1e5,1234567890123456789,19.95,42,true\n',
  );
  writeFileSync(
    join(workspace.folder, 'big.ndjson'),
    '{"id":12345678901234567890,"n":12345678901234567891,"f":0.15}\n',
  );
  const result = await workspace.run(['import', 'fidelity.csv', 'big.ndjson']);
  expect(result.code, result.stderr).toBe(0);
  const text = await (await fetch(`${workspace.sandbox.url}/_sandbox/people`)).text();
  expect(text).toContain(
    '"zip":"01067","phone":"+493012345","exp":"1e5","big":"1234567890123456789","price":19.95,"score":42,"ok":true',
  );
  expect(text).toContain('"id":"12345678901234567890"');
  expect(text).toContain('"n":12345678901234567891,"f":0.15');
});
