/** Nobody mails half the company by accident. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';
import { openService } from '../../support/service.ts';
import { openWorkspace } from '../../support/workspace.ts';

const HOUR = 3600;
const OLD = 1_600_000_000;
const now = (): number => Math.floor(Date.now() / 1000);

it('events young enough to trigger campaigns, or without a time, need a decision before the first request', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(
    join(workspace.folder, 'events.csv'),
    `id,event,timestamp\n1,a,${OLD}\n2,b,${now() - HOUR}\n3,c,\n4,d,${now() - 80 * HOUR}\n`,
  );
  const refused = await workspace.run(['import', 'events.csv']);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain('2 events of the first 4 rows');
  expect(refused.stderr).toContain('--allow-triggers');
  expect(refused.stderr).toContain('--skip-recent');
  expect(await workspace.writes()).toBe(0);
  const both = await workspace.run(['import', 'events.csv', '--allow-triggers', '--skip-recent']);
  expect(both.code).toBe(2);
  const skipped = await workspace.run(['import', 'events.csv', '--skip-recent', '--json']);
  expect(skipped.code).toBe(0);
  expect(skipped.summary).toMatchObject({ delivered: 2, skipped: 2 });
  const allowed = await workspace.run(['import', 'events.csv', '--allow-triggers', '--restart', '--json']);
  expect(allowed.summary).toMatchObject({ delivered: 4, skipped: 0 });
});

it('recent events behind the sample are kept back, with later ones of the same person, until they are allowed', async (test) => {
  const workspace = await openWorkspace(test);
  const old = Array.from({ length: 1200 }, (_, i) => `u${i},e,${OLD + i}`);
  writeFileSync(
    join(workspace.folder, 'events.csv'),
    `id,event,timestamp\n${old.join('\n')}\nlate,first,${now()}\nlate,second,${OLD}\nother,e,${OLD}\n`,
  );
  const result = await workspace.run(['import', 'events.csv', '--json']);
  expect(result.code).toBe(6);
  expect(result.summary).toMatchObject({ delivered: 1201, failed: 2 });
  expect(
    result.json
      .filter(({ type }) => type === 'undelivered')
      .map(({ code, line }) => `${String(line)} ${String(code)}`)
      .toSorted((a, b) => (a < b ? -1 : 1)),
  ).toEqual(['1202 would_trigger', '1203 behind_failed']);
  const held = await workspace.run(['retry-failed', '--json']);
  expect(held.summary).toMatchObject({ delivered: 1201, failed: 2 });
  const sent = await workspace.run(['retry-failed', '--allow-triggers', '--json']);
  expect(sent.code, sent.stderr).toBe(0);
  expect((await workspace.events()).slice(-2).map(({ name }) => name)).toEqual(['first', 'second']);
});

it('a recent event behind a failed row of its person keeps its guard: only --allow-triggers sends it', async (test) => {
  const service = await openService(test);
  const folder = tempFolder(test);
  const run = (...args: string[]) => runCli(test, [...args, '--json'], { cwd: folder, trackUrl: service.url });
  const others = Array.from({ length: 1500 }, (_, i) => `u${i},e,${OLD + i}`).join('\n');
  writeFileSync(
    join(folder, 'events.csv'),
    `id,event,timestamp\n${others}\nlate,first,${OLD}\n${others.replaceAll('u', 'w')}\nlate,second,${now()}\nlate,third,${OLD}\n`,
  );
  service.mood = { failsWith: ({ identifiers }) => identifiers['id'] === 'late' };
  const failed = await run('import', 'events.csv', '--max-attempts', '1', '--concurrency', '1', '--rate', '0');
  expect(failed.code, failed.stderr).toBe(6);
  service.mood = 'takes';
  const plain = await run('retry-failed');
  expect(plain.summary).toMatchObject({ failed: 2 });
  expect(service.taken.filter(({ identifiers }) => identifiers['id'] === 'late').map(({ name }) => name)).toEqual([
    'first',
  ]);
  expect((await run('retry-failed', '--allow-triggers')).code).toBe(0);
  expect(service.taken.filter(({ identifiers }) => identifiers['id'] === 'late').map(({ name }) => name)).toEqual([
    'first',
    'second',
    'third',
  ]);
});

it('the sandbox needs no decision, and people are no events', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'events.csv'), 'id,event\n1,a\n');
  writeFileSync(join(workspace.folder, 'people.csv'), `id,created_at\n1,${now()}\n`);
  expect((await workspace.run(['import', 'events.csv', '--sandbox'])).code).toBe(0);
  expect((await workspace.run(['import', 'people.csv'])).code).toBe(0);
});
