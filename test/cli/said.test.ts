/** What is printed is true, and what is printed to be typed works. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { sandboxFor } from '../support/sandbox.ts';
import { tempFolder } from '../support/temp.ts';

it.concurrent.for([
  ['import', '--json', '--foo'],
  ['import', '--json'],
  ['foo', '--json'],
  ['import', 'x.csv', '--json', '--rate'],
  ['status', '--json', '--quiet', '--verbose'],
])('with --json a usage error is an object on stdout: %s', async (args, test) => {
  const { code, json } = await runCli(test, args, { cwd: tempFolder(test) });
  expect([code, json]).toEqual([2, [expect.objectContaining({ type: 'error', code: 'usage', exit_code: 2 })]]);
});

it.concurrent('rows of NDJSON are corrected in NDJSON: that is the command that failures prints', async (test) => {
  const sandbox = await sandboxFor(test);
  const cwd = tempFolder(test);
  const options = { cwd, trackUrl: sandbox.trackUrl };
  writeFileSync(join(cwd, 'people.ndjson'), '{"id":"1","unsubscribed":"maybe"}\n{"id":"2"}\n');
  expect((await runCli(test, ['import', 'people.ndjson'], options)).code).toBe(6);
  const { stderr } = await runCli(test, ['failures', '-o', 'undelivered.csv'], options);
  const [, write = '', send = ''] = /cio-bulk (failures .*); then cio-bulk (retry-failed .*)/.exec(stderr) ?? [];
  expect((await runCli(test, write.split(' '), options)).code).toBe(0);
  const retried = await runCli(test, send.split(' '), options);
  expect([retried.code, retried.stderr.includes('still cannot be sent')]).toEqual([6, true]);
});

it.concurrent('--restart stays in the command that continues until it has happened', async (test) => {
  const sandbox = await sandboxFor(test);
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, 'people.csv'), 'id,plan\n1,pro\n');
  expect((await runCli(test, ['import', 'people.csv'], { cwd, trackUrl: sandbox.trackUrl })).code).toBe(0);
  const unreachable = await runCli(test, ['import', 'people.csv', '--restart', '--max-attempts', '1'], {
    cwd,
    trackUrl: 'http://127.0.0.1:1',
  });
  expect([unreachable.code, unreachable.lastLine]).toEqual([
    5,
    'cio-bulk import people.csv --restart --max-attempts 1',
  ]);
});

it.concurrent('what is not read in a directory is named', async (test) => {
  const cwd = tempFolder(test);
  mkdirSync(join(cwd, 'd/sub'), { recursive: true });
  writeFileSync(join(cwd, 'd/good.csv'), 'id\n1\n');
  writeFileSync(join(cwd, 'd/book.xlsx'), 'x');
  const { code, stderr } = await runCli(test, ['validate', 'd'], { cwd });
  expect([code, /not read in d: book\.xlsx, sub/.test(stderr)]).toEqual([0, true]);
});

it.concurrent('the line of an element that is cut off is the one on which it begins', async (test) => {
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, 'cut.json'), '[{"id":"1"},\n{"id":"2"},\n{"id":"3"},\n{"id":"4","x":');
  expect((await runCli(test, ['validate', 'cut.json'], { cwd })).stderr).toContain(
    'element 4 of its array, on line 4,',
  );
});
