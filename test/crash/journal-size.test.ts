import { createWriteStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { startSandbox } from '../../src/session/sandbox-process.ts';
import { tempFolder } from '../support/temp.ts';
import { runAgainst } from '../support/crash/crash-run.ts';

it('the journal of a million delivered rows is as small as that of ten', { timeout: 240_000 }, async (test) => {
  const sandbox = await startSandbox();
  test.onTestFinished(() => sandbox.stop());
  const sizeOf = async (rows: number): Promise<number> => {
    const cwd = tempFolder(test);
    const file = createWriteStream(join(cwd, 'people.csv'));
    file.write('id,plan\n');
    for (let at = 0; at < rows; at += 10_000)
      file.write(Array.from({ length: Math.min(10_000, rows - at) }, (_, i) => `u${at + i},p${i % 9}\n`).join(''));
    file.end();
    await once(file, 'close');
    const result = await runAgainst(test, {
      cwd,
      sandbox,
      args: ['import', 'people.csv', '--rate', '0', '--no-preflight', '--quiet'],
    });
    expect(result.code, result.stderr).toBe(0);
    const path = join(cwd, '.cio-bulk/journal.db');
    const journal = new Database(path, { readonly: true });
    expect(journal.prepare('SELECT delivered, (SELECT count(*) FROM beyond) AS beyond FROM runs').get()).toEqual({
      delivered: rows,
      beyond: 0,
    });
    journal.close();
    return statSync(path).size;
  };
  const small = await sizeOf(10);
  const large = await sizeOf(1_000_000);
  expect(large).toBeLessThan(small + 256_000); // free pages of what was under way at once
});
