/** An event is never counted twice, also by another run. */
import { appendFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkspace, type Workspace } from '../../support/workspace.ts';

const TIMELESS = 'user_id,event,order\n1,bought,a\n2,bought,b\n3,bought,c\n';

async function importAll(workspace: Workspace, ...args: string[]): Promise<string> {
  const result = await workspace.run(['import', '--allow-triggers', ...args]);
  expect(result.code, result.stderr).toBe(0);
  return result.stderr;
}

it('events with a key and no time are counted once: renamed, through a link, with another journal, after --restart', async (test) => {
  const workspace = await openWorkspace(test);
  const path = (name: string): string => join(workspace.folder, name);
  const keyed = ['--dedupe-key', 'order'];
  writeFileSync(path('orders.csv'), TIMELESS);
  expect(await importAll(workspace, 'orders.csv', ...keyed)).not.toContain('neither a time nor an id');
  symlinkSync(path('orders.csv'), path('link.csv'));
  await importAll(workspace, 'link.csv', ...keyed);
  await importAll(workspace, 'orders.csv', '--restart', ...keyed);
  await importAll(workspace, 'orders.csv', '--journal', path('other/journal.db'), ...keyed);
  renameSync(path('orders.csv'), path('renamed.csv'));
  await importAll(workspace, 'renamed.csv', ...keyed);
  expect(await workspace.events()).toHaveLength(3);
});

it('events with neither a time nor a key are said to be new in another run, and keep their ids when the same file is restarted', async (test) => {
  const workspace = await openWorkspace(test);
  const path = join(workspace.folder, 'orders.csv');
  writeFileSync(path, TIMELESS);
  expect(await importAll(workspace, 'orders.csv')).toContain('3 of the first 3 events have neither a time nor an id');
  await importAll(workspace, 'orders.csv', '--restart');
  expect(await workspace.events()).toHaveLength(3);
  writeFileSync(path, TIMELESS.replace('1,bought,a', '9,bought,z')); // another day's export: its rows are other events
  appendFileSync(path, '4,bought,d\n');
  await importAll(workspace, 'orders.csv', '--restart');
  expect(await workspace.events()).toHaveLength(7);
});
