import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { peopleCsv, tempFolder } from '../../support/temp.ts';

it(
  'a reader that keeps the journal’s WAL from being written back is warned of once, with the size and what to do',
  { timeout: 120_000 },
  async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    const path = join(cwd, '.cio-bulk', 'journal.db');
    await runCli(test, ['import', peopleCsv(cwd, 5), '--no-preflight', '--rate', '0'], {
      cwd,
      trackUrl: sandbox.trackUrl,
    });
    const journal = new Database(path);
    test.onTestFinished(() => void journal.close());
    journal.pragma('synchronous = OFF');
    const reader = new Database(path, { readonly: true });
    test.onTestFinished(() => void reader.close());
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM runs').get();
    const grow = journal.prepare('UPDATE senders SET command = ?');
    for (let i = 0; i < 26; i++) grow.run(String.fromCharCode(97 + i).repeat(10_000_000)); // what stays the same would not be written
    grow.run('import');
    const result = await runCli(
      test,
      ['import', peopleCsv(cwd, 500, 'more.csv'), '--no-preflight', '--rate', '0', '--batch-rows', '5'],
      { cwd, trackUrl: sandbox.trackUrl },
    );
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr.match(/^warning .*$/gm)).toEqual([
      expect.stringMatching(/^warning the journal's WAL file has reached 2\d\d MB .*: end that process$/),
    ]);
  },
);
