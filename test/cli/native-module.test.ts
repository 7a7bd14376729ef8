import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { BIN } from '../support/cli.ts';
import { peopleCsv, tempFolder, type Finishing } from '../support/temp.ts';

const ROOT = join(dirname(BIN), '..');
const BINDING = 'build/Release/better_sqlite3.node';

/** An installation of its own, whose packages are links to ours, except for the one with the native module. */
function installation(test: Finishing): { readonly bin: string; readonly binding: string } {
  const folder = tempFolder(test);
  for (const name of ['bin', 'dist', 'presets', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!name.startsWith('.') && name !== 'better-sqlite3')
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  for (const part of ['package.json', 'lib', BINDING])
    cpSync(join(ROOT, 'node_modules/better-sqlite3', part), join(modules, 'better-sqlite3', part), { recursive: true });
  return { bin: join(folder, 'bin/cio-bulk.js'), binding: join(modules, 'better-sqlite3', BINDING) };
}

it.for([
  ['is damaged', (path: string): void => writeFileSync(path, 'this is no shared library\n')],
  ['is missing', (path: string): void => rmSync(path)],
] as const)(
  'a native module that %s is no bug of ours: the message says how to rebuild it',
  async ([, spoil], test) => {
    const { bin, binding } = installation(test);
    const cwd = tempFolder(test);
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [bin, ...args], { cwd, env: { PATH: process.env['PATH'], HOME: cwd } });
    await expect(run('import', peopleCsv(cwd, 3), '--sandbox')).resolves.toMatchObject({
      stdout: expect.stringMatching(/delivered +3/),
    });
    spoil(binding);
    for (const args of [['import', 'people.csv', '--sandbox'], ['status'], ['sandbox', '--port', '0']])
      await expect(run(...args)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/native module[^]*npm rebuild better-sqlite3/),
      });
    await expect(run('validate', 'people.csv')).resolves.toBeDefined(); // needs no journal
  },
);
