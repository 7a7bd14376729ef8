/** A journal is one file, whatever names lead to it: one sender at a time, and whoever only looks is in nobody's way. */
import { copyFileSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkspace } from '../../support/workspace.ts';

const PEOPLE = `id,name\n${Array.from({ length: 3000 }, (_, i) => `${i},n${i}`).join('\n')}\n`;

it('a second sender is refused whatever link it reaches the journal by, and the first one finishes', async (test) => {
  const workspace = await openWorkspace(test, { latency: '300' });
  writeFileSync(join(workspace.folder, 'people.csv'), PEOPLE);
  writeFileSync(join(workspace.folder, 'other.csv'), 'id\nx\n');
  symlinkSync(join(workspace.folder, '.cio-bulk'), join(workspace.folder, 'folder-link'));
  symlinkSync(join(workspace.folder, '.cio-bulk', 'journal.db'), join(workspace.folder, 'file-link.db'));
  expect((await workspace.run(['import', 'other.csv'])).code).toBe(0);
  const first = workspace.start([
    'import',
    'people.csv',
    '--batch-rows',
    '100',
    '--concurrency',
    '1',
    '--journal',
    'file-link.db',
  ]);
  await first.says('Plan for');
  for (const journal of ['.cio-bulk/journal.db', 'folder-link/journal.db', 'file-link.db']) {
    const second = await workspace.run(['import', 'other.csv', '--journal', journal]);
    expect(second.code, second.stderr).toBe(7);
    expect(second.stderr).toContain(`(pid ${first.pid}, import) is sending to this workspace with this journal`);
  }
  first.child.kill('SIGTERM');
  const ended = await first.ended;
  expect(ended.code, ended.stderr).toBe(143);
  expect((await workspace.run(['import', 'people.csv', '--json'])).summary).toMatchObject({
    rows_read: 3000,
    delivered: 3000,
  });
});

it('a journal with a second name is refused with the way out, which works', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'people.csv'), 'id\n1\n');
  await workspace.run(['import', 'people.csv']);
  const path = join(workspace.folder, '.cio-bulk', 'journal.db');
  mkdirSync(join(workspace.folder, 'elsewhere'));
  linkSync(path, join(workspace.folder, 'elsewhere', 'journal.db'));
  for (const journal of [path, 'elsewhere/journal.db']) {
    for (const command of [['import', 'people.csv'], ['status'], ['failures']]) {
      const refused = await workspace.run([...command, '--journal', journal]);
      expect(refused.code, refused.stderr).toBe(7);
      expect(refused.stderr).toContain('has a second name (a hard link)');
    }
  }
  copyFileSync(path, `${path}.own`);
  renameSync(`${path}.own`, path);
  expect((await workspace.run(['import', 'people.csv'])).stderr).toContain('Nothing to send');
});

it('while others look without a pause, a sender starts at the first try', { timeout: 60_000 }, async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'people.csv'), PEOPLE);
  const journal = join(workspace.folder, '.cio-bulk', 'journal.db');
  const startAndKill = async (): Promise<void> => {
    const sender = workspace.start(['import', 'people.csv', '--rate', '1', '--batch-rows', '10']);
    await Promise.race([sender.says('Plan for'), sender.ended]);
    sender.child.kill('SIGKILL'); // the run stays open, and its sender leaves no word: to look means to try the lock
    const { code, stderr } = await sender.ended;
    expect(code, stderr).toBeNull();
  };
  await startAndKill();
  const lookers = [1, 2, 3].map(() =>
    workspace.start([], { nodeArgs: ['--input-type=module', '-e', lookAllTheTime(journal)] }),
  );
  for (const looker of lookers) await looker.says('looking');
  for (let round = 0; round < 8; round++) await startAndKill();
  for (const looker of lookers) looker.child.kill('SIGKILL');
});

/** What `status` does, over and over, without the time that a process needs to start. */
function lookAllTheTime(journal: string): string {
  return `import { openJournal } from ${at('open.js')}; import { senderOf } from ${at('lock.js')}; import { listRuns } from ${at('runs.js')};
    process.stderr.write('looking');
    const journal = openJournal(${JSON.stringify(journal)}, { readonly: true });
    setInterval(() => { for (let i = 0; i < 200; i++) for (const run of listRuns(journal)) senderOf(journal, run.workspace); }, 0);`;
}

function at(path: string): string {
  return JSON.stringify(new URL(`../../../dist/journal/${path}`, import.meta.url).href);
}
