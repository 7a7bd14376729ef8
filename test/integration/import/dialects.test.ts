/** Tables as other programs write them: one flag each, from the file to the workspace and back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { OPEN } from '../../support/cli.ts';
import { openWorkspace, type Workspace } from '../../support/workspace.ts';

const DIALECTS: readonly (readonly [what: string, args: readonly string[], text: string])[] = [
  ['another quote', ['--quote', "'"], `id,name,city\n1,'Ann "A", Lee',Wien\n2,Bob,\n`],
  ['no quotes', ['--quote', 'none', '--delimiter', '~'], 'id~name~city\n1~Ann "A", Lee~Wien\n2~Bob~\n'],
  ['escaped quotes', ['--escape', '\\'], 'id,name,city\n1,"Ann \\"A\\", Lee",Wien\n2,Bob,\n'],
  ['comments', ['--comment', '#'], '# CRM, "today\nid,name,city\n1,"Ann ""A"", Lee",Wien\n#2,"\n2,Bob,\n'],
  ['a title', ['--skip-lines', '2'], 'People of "today\n\nid,name,city\n1,"Ann ""A"", Lee",Wien\n2,Bob,\n'],
  ['rows of other lengths', ['--ragged', 'fill'], 'id,name,city\n1,"Ann ""A"", Lee",Wien,,\n2,Bob\n'],
  [
    'columns of one name',
    ['--repeated-columns', 'number'],
    'id,name,city,city\n1,"Ann ""A"", Lee",Wien,Graz\nid,name,city,city\n2,Bob,,\n',
  ],
  ['a delimiter of several bytes', ['--delimiter', '§'], 'id§name§city\n1§"Ann ""A"", Lee"§Wien\n2§Bob§\n'],
];

const PEOPLE = { '1': { name: 'Ann "A", Lee', city: 'Wien' }, '2': { name: 'Bob' } };

describe('a file with', () => {
  it.for(DIALECTS)('%s is validated and imported as it is meant', async ([, args, text], test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'people.csv'), text);
    const looked = await workspace.run(['validate', 'people.csv', ...args, '--write-map', 'map.json', '--json']);
    expect([looked.code, looked.summary]).toMatchObject([0, { delivered: 0, invalid: 0 }]);
    // The mapping file that was written knows how the file is written, too.
    const { code, summary } = await workspace.run(['import', 'people.csv', '--map', 'map.json', '--json']);
    expect([code, summary]).toMatchObject([0, { delivered: 2, pending: 0 }]);
    expect(await workspace.attributes()).toMatchObject(PEOPLE);
  });

  it.for(DIALECTS)('%s has its bad rows corrected without a word about the dialect', async ([, args, text], test) => {
    const workspace = await openWorkspace(test);
    const { folder, run } = workspace;
    writeFileSync(join(folder, 'people.csv'), text.replace(/^2/m, ''));
    const imported = await run(['import', 'people.csv', ...args, '--json']);
    expect([imported.code, imported.summary]).toMatchObject([6, { delivered: 1, invalid: 1 }]);
    expect((await run(['failures', '-o', 'bad.csv'])).code).toBe(0);
    const bad = readFileSync(join(folder, 'bad.csv'), 'utf8');
    expect(bad).toContain(`,${text.trimEnd().split('\n').length},invalid,no_identifier,`);
    writeFileSync(join(folder, 'bad.csv'), bad.replace(',,,Bob', ',,2,Bob'));
    const retried = await run(['retry-failed', '--from', 'bad.csv', '--json']);
    expect([retried.code, retried.summary]).toMatchObject([0, { delivered: 2 }]);
    expect(await workspace.attributes()).toMatchObject(PEOPLE);
  });
});

const ARGS = ['--quote', "'", '--escape', '\\', '--comment', '#', '--skip-lines', '1', '--ragged', 'fill'];
const TEXT = [
  "It's a report",
  'id,name,city',
  "# don't",
  "1,'Ann\\'s\n# name'",
  '2,Bob,Wien,,',
  '# the rest',
  "3,'C:\\temp',",
].join('\n');

it.for([
  ['a file', (workspace: Workspace, more: readonly string[]) => workspace.run(['import', 'p.csv', ...ARGS, ...more])],
  [
    'a packed file',
    (workspace: Workspace, more: readonly string[]) => workspace.run(['import', 'p.csv.gz', ...ARGS, ...more]),
  ],
  [
    'a stream',
    (workspace: Workspace, more: readonly string[]) =>
      workspace.run(['import', '-', ...ARGS, ...more], { input: TEXT }),
  ],
] as const)('%s in an unusual dialect is read on where it was left', async ([, importing], test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'p.csv'), TEXT);
  writeFileSync(join(workspace.folder, 'p.csv.gz'), gzipSync(TEXT));
  for (const more of [
    ['--limit', '1'],
    ['--limit', '1'],
  ]) {
    const { code, lastLine, stderr } = await importing(workspace, more);
    expect(code, stderr).toBe(8);
    expect(lastLine).toContain(` --quote ''\\''' --escape '\\' --comment '#' --skip-lines 1 --ragged fill`);
  }
  const { code, summary } = await importing(workspace, ['--json']);
  expect([code, summary]).toMatchObject([0, { run: 1 }]);
  expect(await workspace.attributes()).toMatchObject({
    '1': { name: "Ann's\n# name" },
    '2': { name: 'Bob', city: 'Wien' },
    '3': { name: 'C:\\temp' },
  });
});

it('the same file in another dialect is another run', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'p.csv'), 'id,name\n1,Ann\n#2,Bob\n');
  const runs: unknown[] = [];
  for (const args of [[], ['--quote', '"'], ['--comment', '#'], ['--comment', '#', '--ragged', 'error']])
    runs.push((await workspace.run(['import', 'p.csv', ...args, '--json'])).summary?.['run']);
  expect(runs).toEqual([1, 1, 2, 2]);
});

it('a stream that pauses within its title is waited for', async (test) => {
  const workspace = await openWorkspace(test);
  const running = workspace.start(['import', '-', '--skip-lines', '2', '--comment', '#', '--json'], { input: OPEN });
  for (const text of ['Report\n', '\n# today\n', 'id,name\n1,Ann\n']) {
    running.child.stdin?.write(text);
    await sleep(1000); // more than the silence after which a stream is judged by what has come
  }
  running.child.stdin?.end();
  const { code, summary } = await running.ended;
  expect([code, summary]).toMatchObject([0, { delivered: 1 }]);
});

it('stored rows of an unusual dialect are mapped again', async (test) => {
  const { folder, run, events } = await openWorkspace(test);
  const args = ['--quote', "'", '--ragged', 'fill', '--allow-triggers', '--json'];
  const rows = [
    'user_id,event,timestamp,note,more',
    "1,'buy',1700000000",
    "2,'sell, ''all''','2024-01-02 03:04:05','x'",
  ];
  writeFileSync(join(folder, 'e.csv'), rows.join('\n'));
  expect((await run(['import', 'e.csv', ...args])).summary).toMatchObject({ delivered: 1, invalid: 1 });
  const again = await run(['retry-failed', '--timezone', 'UTC', '--json']);
  expect(again.summary).toMatchObject({ delivered: 2, invalid: 0 });
  expect((await events()).map(({ name, data }) => [name, data])).toEqual([
    ['buy', {}],
    ["sell, 'all'", { note: 'x' }],
  ]);
});
