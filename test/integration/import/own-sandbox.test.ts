/** `--sandbox`: a workspace beside the journal. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { peopleCsv, tempFolder } from '../../support/temp.ts';

it.concurrent(
  'that was deleted is another one afterwards: everything is sent again, and said to lie where it lies',
  async (test) => {
    const cwd = tempFolder(test);
    const args = ['import', peopleCsv(cwd, 20), '--sandbox', '--journal', 'other/journal.db'];
    const holds = 'The sandbox now holds 20 people and 0 events (other/sandbox.db)';
    const first = await runCli(test, args, { cwd });
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining(holds)]);
    const again = await runCli(test, args, { cwd });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('Nothing to send')]);
    for (const name of ['sandbox.db', 'sandbox.db-wal', 'sandbox.db-shm'])
      rmSync(join(cwd, 'other', name), { force: true });
    const anew = await runCli(test, args, { cwd });
    expect([anew.code, anew.stderr]).toEqual([0, expect.stringContaining(holds)]);
    expect(anew.stdout).toMatch(/^Run 2: .*\n {2}rows read 20\n {2}delivered 20 /);
  },
);

it.concurrent('beside a journal elsewhere is named by its whole path', async (test) => {
  const cwd = tempFolder(test);
  const elsewhere = tempFolder(test);
  const result = await runCli(test, ['import', peopleCsv(cwd, 1), '--sandbox', '--journal', join(elsewhere, 'j.db')], {
    cwd,
  });
  expect(result.stderr).toContain(`1 person and 0 events (${join(elsewhere, 'sandbox.db')})`);
});
