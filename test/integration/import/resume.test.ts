/** Killed in the middle, the same command finishes the job, whatever the file is packed in. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { OPEN } from '../../support/cli.ts';
import { until } from '../../support/until.ts';
import { openWorkspace, type Workspace } from '../../support/workspace.ts';

const ROWS = 3000;
const OLD = 1_600_000_000;
/** Long enough for several blocks, so that a checkpoint lies in the middle. */
const NOTE = 'n'.repeat(300);
const CSV = `id,event,timestamp,zip,note\n${Array.from({ length: ROWS }, (_, i) => `u${i % 50},e,${OLD + i},0${i},${NOTE}`).join('\n')}\n`;
const ARRAY = JSON.stringify(
  Array.from({ length: ROWS }, (_, i) => ({
    id: `u${i % 50}`,
    event: 'e',
    timestamp: OLD + i,
    zip: `0${i}`,
    note: NOTE,
  })),
  null,
  1,
);
const SLOW = ['--batch-rows', '100', '--rate', '15', '--concurrency', '2'];

/** Kills the program when some of its rows are in the sandbox. */
async function killHalfWay(workspace: Workspace, args: readonly string[], input?: string): Promise<void> {
  const running = workspace.start(args, input === undefined ? {} : { input });
  await until(async () => (await workspace.sandbox.state()).events > ROWS / 10, 'some events', running.stderr);
  running.child.kill('SIGKILL');
  await running.ended;
  expect((await workspace.sandbox.state()).events).toBeLessThan(ROWS);
}

async function expectAll(workspace: Workspace): Promise<void> {
  const events = await workspace.events();
  expect(new Set(events.map(({ data }) => data['zip'])).size).toBe(ROWS);
  expect(events).toHaveLength(ROWS);
}

it.each([
  ['gzip', 'events.csv.gz', gzipSync(CSV)],
  ['UTF-16', 'events.csv', Buffer.from(`\ufeff${CSV}`, 'utf16le')],
  ['a JSON array', 'events.json', Buffer.from(ARRAY)],
])('after kill -9 a file in %s goes on where it stopped', async (_, name, content) => {
  await inWorkspace(async (workspace) => {
    writeFileSync(join(workspace.folder, name), content);
    await killHalfWay(workspace, ['import', name, ...SLOW]);
    const result = await workspace.run(['import', name, '--rate', '0', '--json']);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('Resuming run 1');
    expect(result.summary).toMatchObject({ run: 1, rows_read: ROWS, delivered: ROWS });
    await expectAll(workspace);
    const again = await workspace.run(['import', name, '--json']);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('Nothing to send');
  });
});

it('after kill -9 a stream goes on when it is piped again; its copy is removed when all is sent', async () => {
  await inWorkspace(async (workspace) => {
    await killHalfWay(workspace, ['import', '-', ...SLOW], CSV);
    const other = await workspace.run(['import', '-'], { input: CSV.replace('u1,', 'v1,') });
    expect(other.code).toBe(7);
    expect(other.stderr).toContain('--restart');
    const result = await workspace.run(['import', '-', '--rate', '0', '--json'], { input: CSV });
    expect(result.summary, result.stderr).toMatchObject({ run: 1, rows_read: ROWS, delivered: ROWS });
    await expectAll(workspace);
    expect(readdirSync(join(workspace.folder, '.cio-bulk', 'spool'))).toEqual([]);
  });
});

it('a slow pipe is sent as it comes, and stops cleanly on a signal', async () => {
  await inWorkspace(async (workspace) => {
    const running = workspace.start(['import', '-', '--format', 'csv'], { input: OPEN });
    running.child.stdin?.write('id,plan\n1,a\n');
    await until(
      async () => (await workspace.sandbox.state()).people === 1,
      'the first row to arrive while the pipe is open',
      running.stderr,
    );
    running.child.kill('SIGTERM');
    const result = await running.ended;
    expect(result.code, result.stderr).toBe(143);
    expect(result.lastLine).toContain('cio-bulk import -');
  });
});

it('a signal before the first row of a pipe is no bug', async () => {
  await inWorkspace(async (workspace) => {
    for (const command of ['import', 'validate']) {
      const running = workspace.start([command, '-'], { input: OPEN });
      await until(
        () => existsSync(`/proc/${running.pid}/fd`) && running.stderr().length >= (command === 'import' ? 1 : 0),
        'the program to run',
      );
      await new Promise((resolve) => setTimeout(resolve, 800)); // it waits for a row and says nothing
      running.child.kill('SIGINT');
      const result = await running.ended;
      expect([result.code, result.stderr.includes('bug')], result.stderr).toEqual([130, false]);
    }
  });
});

it('rows added behind the end are sent, a changed beginning is refused with both ways out', async () => {
  await inWorkspace(async (workspace) => {
    const path = join(workspace.folder, 'people.csv');
    writeFileSync(path, 'id,zip\n1,01067\n2,10115\n3,20095\n');
    const limited = await workspace.run(['import', 'people.csv', '--limit', '2', '--json']);
    expect(limited.code).toBe(8);
    expect(limited.summary).toMatchObject({ rows_read: 2, delivered: 2 });
    expect(limited.lastLine).toBe('cio-bulk import people.csv --limit 2 --json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('01067', '01068'));
    const changed = await workspace.run(['import', 'people.csv']);
    expect(changed.code).toBe(7);
    expect(changed.stderr).toContain('people.csv changed before row 3');
    expect(changed.stderr).toContain('restore the file, or start again with --restart');
    writeFileSync(path, text);
    expect((await workspace.run(['import', 'people.csv', '--limit', '2', '--json'])).summary).toMatchObject({
      run: 1,
      delivered: 3,
    });
    // The types of the run hold: a column of text stays text, though the new rows alone would be numbers.
    appendFileSync(path, '4,123\n');
    const appended = await workspace.run(['import', 'people.csv', '--limit', '2', '--json']);
    expect(appended.code, appended.stderr).toBe(0);
    expect(appended.summary).toMatchObject({ run: 1, rows_read: 4, delivered: 4 });
    expect((await workspace.attributes())['4']).toEqual({ zip: '123' });
    const mapped = await workspace.run(['import', 'people.csv', '--set', 'source=crm', '--json']);
    expect(mapped.stderr).toContain('A new run: the mapping differs from that of run 1');
    expect(mapped.summary).toMatchObject({ run: 2, delivered: 4 });
    const restarted = await workspace.run(['import', 'people.csv', '--skip', '3', '--json']);
    expect(restarted.summary).toMatchObject({ run: 3, rows_read: 4, delivered: 1, skipped: 3 });
  });
});

it('--dry-run and validate leave no trace, send nothing and need no credentials', async () => {
  await inWorkspace(async (workspace) => {
    writeFileSync(join(workspace.folder, 'people.csv'), 'id,zip\n1,01067\n');
    const noTarget = { env: { CUSTOMERIO_SITE_ID: '', CUSTOMERIO_TRACK_API_KEY: '', CUSTOMERIO_TRACK_URL: '' } };
    expect((await workspace.run(['import', 'people.csv', '--dry-run'], noTarget)).code).toBe(0);
    expect((await workspace.run(['import', '-', '--dry-run'], { ...noTarget, input: 'id\n1\n' })).code).toBe(0);
    expect((await workspace.run(['validate', 'people.csv', '-'], { ...noTarget, input: 'id\n1\n' })).code).toBe(0);
    expect(readdirSync(workspace.folder)).toEqual(['people.csv']);
    expect((await workspace.sandbox.state()).requests.total).toBe(0);
  });
});

/** The workspace of a test that vitest gives a row of a table instead of its context. */
async function inWorkspace(work: (workspace: Workspace) => Promise<void>): Promise<void> {
  const undo: (() => void | Promise<void>)[] = [];
  try {
    await work(await openWorkspace({ onTestFinished: (step) => void undo.push(step) }));
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}
