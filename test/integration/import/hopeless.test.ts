/** Files of which nothing can be sent are refused at once, with what they look like and what helps. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPEN } from '../../support/cli.ts';
import { openWorkspace } from '../../support/workspace.ts';

/** Name, content, and what must be said. */
const FILES: readonly (readonly [name: string, content: string, ...said: string[]])[] = [
  [
    'csv.ndjson',
    'id,email\n1,a@example.com\n2,b@example.com\n',
    'none of its first 3 rows can be sent: the line is not valid JSON',
    '--format csv',
  ],
  ['csv.json', 'id,email\n1,a@example.com\n', 'looks like CSV'],
  [
    'trailing.csv',
    'id,email\n1,a@example.com,\n2,b@example.com,\n',
    'the row has 3 cells, the header 2',
    'its rows end with a delimiter and its header does not',
    '--ragged fill',
  ],
  [
    'escaped.csv',
    'id,name\n1,"Ann \\"A\\" Lee"\n',
    'its only row cannot be sent',
    'escaped with a backslash',
    "--escape '\\'",
  ],
  [
    'naive.csv',
    'user_id,event,timestamp\n1,login,2024-01-02 03:04:05\n2,login,2024-01-02 03:04:05\n',
    '"timestamp": the value is a time without an offset',
    '--timezone',
  ],
  ['nulls.csv', 'id,plan\nNULL,pro\nnull,free\n', 'a marker for "nothing"', '--null', '--id-column'],
  [
    'companies.csv',
    'object_type_id,object_id\ncompany,acme\n',
    'the type of an object must be a whole number from 1',
    'see every problem with its line: cio-bulk validate companies.csv',
  ],
  ['quoted.csv', "'id','email'\n'1','a@example.com'\n", 'in single quotes', `--quote "'"`],
  ['tilde.csv', 'id~email\n1~a@example.com\n', 'separated by ~', "--delimiter '~'"],
  ['hive.csv', 'id\u0001email\n1\u0001a@example.com\n', "--delimiter '\\x01'"],
  [
    'preamble.csv',
    '# exported by CRM\n\nid,email\n1,a@example.com\n',
    'line 3 looks like the header',
    '--skip-lines 2',
  ],
  ['list.csv', 'ann@example.com,free\nbob@example.com,pro\n', 'the first line looks like data', '--header email,plan'],
  ['answer.json', '{"users":[{"id":"1"}],"next":null}\n', 'one object with a list in "users"', 'jq -c'],
];

describe('a file of which nothing can be sent', () => {
  it.for(FILES)(
    '%s ends with 2 at once, is not journalled, and says what it looks like',
    async ([name, content, ...said], test) => {
      const workspace = await openWorkspace(test);
      writeFileSync(join(workspace.folder, name), content);
      const { code, stderr } = await workspace.run(['import', name, '--allow-triggers']);
      expect([code, await workspace.writes()]).toEqual([2, 0]);
      for (const text of said) expect(stderr).toContain(text);
      expect(stderr).not.toMatch(/bug|ann@example\.com/);
      expect((await workspace.run(['status', '--json'])).json.filter(({ type }) => type === 'run')).toEqual([]);
    },
  );

  it('can be looked at by validate, row by row, which ends with 2 as well', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'bad.csv'), 'id,plan\n,pro\nNULL,free\n');
    writeFileSync(join(workspace.folder, 'good.csv'), 'id\n1\n');
    const { code, json, stderr } = await workspace.run(['validate', 'bad.csv', 'good.csv', '--json']);
    expect(code).toBe(2);
    expect(json.filter(({ type }) => type === 'undelivered')).toHaveLength(2);
    expect(
      json.map(({ type, code: error }) => (type === 'error' ? error : type)).filter((type) => type !== 'undelivered'),
    ).toEqual(['plan', 'summary', 'plan', 'summary']);
    expect(json.filter(({ type }) => type === 'summary').map(({ exit_code }) => exit_code)).toEqual([2, 0]);
    expect(stderr).toContain('bad.csv: none of its first 2 rows can be sent');
  });

  it('is imported once the flag is given that was named', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'list.csv'), 'ann@example.com,free\nbob@example.com,pro\n');
    writeFileSync(join(workspace.folder, 'tilde.csv'), 'id~plan\n1~pro\n');
    writeFileSync(join(workspace.folder, 'nulls.csv'), 'id,email\nNULL,cy@example.com\n');
    expect((await workspace.run(['import', 'list.csv', '--header', 'email,plan'])).code).toBe(0);
    expect((await workspace.run(['import', 'tilde.csv', '--delimiter', '~'])).code).toBe(0);
    expect((await workspace.run(['import', 'nulls.csv', '--null', 'NULL'])).code).toBe(0);
    expect(Object.keys(await workspace.attributes()).toSorted()).toEqual([
      '1',
      'ann@example.com',
      'bob@example.com',
      'cy@example.com',
    ]);
  });

  it('is not given up for its first rows when one of them is good, or when they were to be skipped, or when more may come', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'one-good.csv'), `id\n${'NULL\n'.repeat(900)}7\n`);
    expect((await workspace.run(['import', 'one-good.csv'])).code).toBe(6);
    writeFileSync(join(workspace.folder, 'late.csv'), `id\n${'NULL\n'.repeat(1500)}8\n`);
    expect((await workspace.run(['import', 'late.csv'])).code).toBe(2);
    expect((await workspace.run(['import', 'late.csv', '--skip', '1500'])).code).toBe(0);
    expect(Object.keys(await workspace.attributes())).toEqual(['7', '8']);
  });

  it('from a pipe is refused while the pipe is still open, and its copy is removed; a few bad rows at its start are none of that', async (test) => {
    const workspace = await openWorkspace(test);
    const running = workspace.start(['import', '-'], { input: OPEN });
    running.child.stdin?.write(`id\n${'NULL\n'.repeat(2000)}`);
    const result = await running.ended;
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('stdin: none of its first')]);
    expect(readdirSync(join(workspace.folder, '.cio-bulk', 'spool'))).toEqual([]);
    const slow = workspace.start(['import', '-'], { input: OPEN });
    slow.child.stdin?.write('id\nNULL\n');
    await slow.says(/invalid: /);
    slow.child.stdin?.end('7\n');
    expect((await slow.ended).code).toBe(6);
    expect(Object.keys(await workspace.attributes())).toEqual(['7']);
  });

  it('with a first line that looks like data is imported when told to, with a warning', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'list.csv'), 'ann@example.com,free\nbob@example.com,pro\n');
    const { code, stderr } = await workspace.run(['import', 'list.csv', '--email-column', 'ann@example.com']);
    expect(code).toBe(0);
    expect(stderr).toContain('warning the first line looks like data');
  });
});
