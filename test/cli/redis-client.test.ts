import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { peopleCsv, tempFolder } from '../support/temp.ts';

it('the client of Redis is loaded by those who share a budget, and by nobody else', async (test) => {
  const cwd = tempFolder(test);
  const hook = join(cwd, 'loaded.cjs');
  writeFileSync(
    hook,
    `process.on('exit', () => process.stderr.write(Object.keys(require.cache).some((file) => file.includes('ioredis')) ? 'loaded\\n' : 'not loaded\\n'));`,
  );
  const loaded = async (...args: readonly string[]): Promise<string> =>
    (await runCli(test, args, { cwd, nodeArgs: ['--require', hook] })).lastLine;
  const file = peopleCsv(cwd, 3);
  expect(await loaded('--help')).toBe('not loaded');
  expect(await loaded('import', file, '--sandbox')).toBe('not loaded');
  expect(await loaded('import', file, '--sandbox', '--budget', 'redis://127.0.0.1:1', '--max-attempts', '1')).toBe(
    'loaded',
  );
});
