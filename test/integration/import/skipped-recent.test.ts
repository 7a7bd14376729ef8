/** What was left out for being recent is not lost: it can be sent later, it and nothing else. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, type TestContext } from 'vitest';
import { runCli, type CliOptions, type CliResult } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';
import { openService, type Service } from '../../support/service.ts';

const HOOK = fileURLToPath(new URL('../../support/crash/crash-hook.mjs', import.meta.url));
const OLD = 1_600_000_000;
const now = (): number => Math.floor(Date.now() / 1000);

async function openPlace(
  test: TestContext,
  files: Readonly<Record<string, string>>,
): Promise<{
  service: Service;
  folder: string;
  run: (args: string, options?: Partial<CliOptions>) => Promise<CliResult>;
}> {
  const service = await openService(test);
  const folder = tempFolder(test);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return {
    service,
    folder,
    run: (args, options) =>
      runCli(test, [...args.split(' '), '--json'], { cwd: folder, trackUrl: service.url, ...options }),
  };
}

function names(service: Service): (string | undefined)[] {
  return service.received.map(({ name, action }) => name ?? action);
}

const MIXED = [
  `{"type":"track","userId":"1","event":"old","timestamp":${OLD}}`,
  `{"type":"track","userId":"1","event":"recent","timestamp":${now() - 60}}`,
  '{"type":"identify","userId":"1","traits":{"v":1}}',
  '{"type":"track","userId":"2","event":"timeless"}',
  '{"type":"track","userId":"","event":"nobody"}',
  '',
].join('\n');

it('the command that is told sends the recent events which --skip-recent left out, exactly these, once', async (test) => {
  const { service, run } = await openPlace(test, { 'rows.ndjson': MIXED });
  const first = await run('import rows.ndjson --skip-recent --rate 50');
  expect(first.summary).toMatchObject({ delivered: 2, skipped: 2, invalid: 1 });
  const told = 'cio-bulk import rows.ndjson --rate 50 --json --allow-triggers';
  expect(first.stderr).toContain(`can be sent with: ${told}`);
  const second = await run('import rows.ndjson --rate 50 --allow-triggers');
  expect(second.code, second.stderr).toBe(0);
  expect(second.summary).toMatchObject({ run: 2, rows_read: 5, delivered: 2, skipped: 3, invalid: 0 });
  expect(names(service)).toEqual(['old', 'identify', 'recent', 'timeless']);
  const third = await run('import rows.ndjson --rate 50 --allow-triggers');
  expect(third.stderr).toContain('Nothing to send');
  expect(third.stderr).not.toContain('can be sent with');
  expect(service.received).toHaveLength(4);
});

it('events that are allowed later have the ids that they would have had', async (test) => {
  const { service, run } = await openPlace(test, { 'rows.ndjson': MIXED });
  await run('import rows.ndjson --skip-recent');
  await run('import rows.ndjson --allow-triggers');
  const later = service.received.filter(({ name }) => name === 'recent').map(({ id }) => id);
  await run('import rows.ndjson --allow-triggers --journal other.db');
  expect(service.received.filter(({ name }) => name === 'recent').map(({ id }) => id)).toEqual([later[0], later[0]]);
});

it('sending what was left out is itself resumed when it dies', async (test) => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i},e,${i % 3 === 0 ? OLD : now() - 60}`);
  const { service, run } = await openPlace(test, { 'events.csv': `id,event,timestamp\n${rows.join('\n')}\n` });
  expect((await run('import events.csv --skip-recent')).summary).toMatchObject({ delivered: 10, skipped: 20 });
  const died = await run('import events.csv --allow-triggers --no-preflight --batch-rows 5 --concurrency 1', {
    nodeArgs: ['--import', HOOK],
    env: { CIO_BULK_TEST_CRASH: 'after answer:2' },
  });
  expect(died.signal, died.stderr).toBe('SIGKILL');
  expect((await run('status')).json.find(({ state }) => state === 'interrupted')).toMatchObject({ run: 2 });
  expect((await run('import events.csv --allow-triggers')).summary).toMatchObject({
    run: 2,
    rows_read: 30,
    delivered: 20,
    skipped: 10,
  });
  expect(service.taken).toHaveLength(30);
  expect(new Set(service.taken.map(({ id }) => id)).size).toBe(30);
});

it('a row that may have been sent already is not left out by --skip-recent: it is sent again, and counts as delivered', async (test) => {
  const { service, run } = await openPlace(test, {
    'events.csv': `id,event,timestamp\n1,a,${now() - 60}\n2,b,${now() - 60}\n3,c,${OLD}\n4,d,${now() - 60}\n`,
  });
  const died = await run('import events.csv --allow-triggers --no-preflight --batch-rows 2 --concurrency 1 --limit 2', {
    nodeArgs: ['--import', HOOK],
    env: { CIO_BULK_TEST_CRASH: 'after answer:1' },
  });
  expect(died.signal, died.stderr).toBe('SIGKILL');
  expect(service.taken).toHaveLength(2);
  const resumed = await run('import events.csv --skip-recent');
  expect(resumed.summary).toMatchObject({ rows_read: 4, delivered: 3, skipped: 1, in_doubt_resent: 2 });
  expect(service.taken.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});
