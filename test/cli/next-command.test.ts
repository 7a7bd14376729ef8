/** What is printed to be typed next works as it stands. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { openService, type Service } from '../support/service.ts';
import { CREDENTIALS, runCli, type CliResult } from '../support/cli.ts';
import { tempFolder } from '../support/temp.ts';

interface Place {
  readonly folder: string;
  readonly service: Service;
  run(...args: readonly string[]): Promise<CliResult>;
  /** A line that was printed, typed into a shell's place: `cio-bulk` and its words. */
  type(line: string): Promise<CliResult>;
}

async function openPlace(test: TestContext): Promise<Place> {
  const service = await openService(test);
  const folder = tempFolder(test);
  writeFileSync(join(folder, 'people.csv'), 'id,v\n1,bad\n2,good\n');
  writeFileSync(
    join(folder, 'keys.env'),
    `CUSTOMERIO_SITE_ID=${CREDENTIALS.siteId}\nCUSTOMERIO_TRACK_API_KEY=${CREDENTIALS.apiKey}\nCUSTOMERIO_TRACK_URL=${service.url}\n`,
  );
  const run = (...args: readonly string[]) => runCli(test, args, { cwd: folder });
  return {
    folder,
    service,
    run,
    type(line) {
      expect(line).toMatch(/^cio-bulk /);
      return run(...line.split(' ').slice(1));
    },
  };
}

const isBad = ({ attributes }: { readonly attributes?: Readonly<Record<string, unknown>> }): boolean =>
  attributes?.['v'] === 'bad';

it('from an import to the retry, each command is the one that was printed before', async (test) => {
  const { service, run, type } = await openPlace(test);
  service.mood = { failsWith: isBad };
  const imported = await run(
    'import',
    'people.csv',
    '--env-file',
    'keys.env',
    '--journal',
    'my/journal.db',
    '--no-preflight',
    '--max-attempts',
    '1',
  );
  expect(imported.code, imported.stderr).toBe(6);
  expect(imported.lastLine).toBe(
    'cio-bulk retry-failed --run 1 --journal my/journal.db --env-file keys.env --no-preflight',
  );
  service.mood = isBad;
  const retried = await type(imported.lastLine);
  expect(retried.lastLine).toBe('cio-bulk failures --run 1 --journal my/journal.db');
  const listed = await type(retried.lastLine);
  const [correct = '', send = ''] = /To correct them: (.*)/.exec(listed.stderr)?.[1]?.split('; then ') ?? [];
  const written = await type(correct);
  expect(written.stderr).toContain(`send them with: ${send}`);
  service.mood = 'takes';
  expect((await type(send)).code).toBe(0);
});

it('status tells what was started, where it sends, and what finishes it, also from another folder', async (test) => {
  const { service, folder, run, type } = await openPlace(test);
  service.mood = 'fails';
  const args = [
    'import',
    'people.csv',
    '--env-file',
    'keys.env',
    '--journal',
    'my/journal.db',
    '--limit',
    '1',
    '--max-attempts',
    '1',
  ];
  expect((await run(...args)).code).toBe(8);
  const command = `cio-bulk ${args.join(' ')}`;
  const { stdout } = await run('status', '--run', '1', '--journal', 'my/journal.db');
  expect(stdout).toMatch(new RegExp(`command +${command}`));
  expect(stdout).toMatch(/target +127\.0\.0\.1:\d+, workspace 4242/);
  expect(stdout).toMatch(/took +\d/);
  expect(stdout).toContain(
    `Next: cio-bulk import people.csv --env-file keys.env --limit 1 --max-attempts 1 --journal my/journal.db`,
  );
  mkdirSync(join(folder, 'elsewhere'));
  const elsewhere = await runCli(test, ['status', '--journal', '../my/journal.db', '--json'], {
    cwd: join(folder, 'elsewhere'),
  });
  const next = String(elsewhere.json[0]?.['next']);
  expect(next).toBe(
    `cd ${folder} && cio-bulk import people.csv --env-file keys.env --limit 1 --max-attempts 1 --journal ${join(folder, 'my/journal.db')}`,
  );
  service.mood = 'takes';
  expect((await type(next.split(' && ')[1] ?? '')).code).toBe(6);
  expect((await run('status', '--journal', 'my/journal.db', '--json')).json[0]).toMatchObject({
    next: 'cio-bulk retry-failed --run 1 --journal my/journal.db --env-file keys.env',
  });
});

it('when only recent events are left, the command that is printed sends them', async (test) => {
  const { service, folder, run, type } = await openPlace(test);
  const old = Array.from({ length: 1100 }, (_, i) => `${i},e,${1_600_000_000 + i}`).join('\n');
  writeFileSync(
    join(folder, 'events.csv'),
    `id,event,timestamp\n${old}\n7,late,${Math.floor(Date.now() / 1000)}\n7,later,1600000000\n`,
  );
  const imported = await run('import', 'events.csv', '--env-file', 'keys.env');
  expect(imported.stderr).toContain('--allow-triggers sends them');
  const status = await run('status', '--json');
  expect(status.json[0]).toMatchObject({ next: imported.lastLine });
  expect((await type(imported.lastLine)).code).toBe(0);
  expect(service.taken).toHaveLength(1102);
});

it('--max-errors stops a retry of rows that fail again, and the command that is printed goes on', async (test) => {
  const { service, folder, run, type } = await openPlace(test);
  const rows = Array.from({ length: 300 }, (_, i) => `${i},${i % 10 === 0 ? 'bad' : 'good'}`);
  writeFileSync(join(folder, 'many.csv'), `id,v\n${rows.join('\n')}\n`);
  service.mood = () => true;
  expect((await run('import', 'many.csv', '--env-file', 'keys.env')).code).toBe(6);

  service.mood = isBad;
  const retry = ['retry-failed', '--rejected', '--env-file', 'keys.env', '--batch-rows', '20', '--concurrency', '1'];
  const stopped = await run(...retry, '--max-errors', '3', '--json');
  expect(stopped.code, stopped.stderr).toBe(7);
  expect(stopped.stderr).toMatch(/ \d rows ended up undelivered, more than --max-errors allows/);
  expect(stopped.summary?.['delivered']).toBeOneOf([36, 54, 72, 90]); // four batches may be under way
  let last = stopped;
  for (let times = 0; last.code === 7 && times < 5; times++) last = await type(last.lastLine);
  expect(last.code, last.stderr).toBe(6);
  expect(service.taken).toHaveLength(270);

  const inVain = await run(...retry, '--json');
  expect(inVain.summary).toMatchObject({ delivered: 270, rejected: 30 });
  expect(inVain.summary?.['rows_per_second']).toBeGreaterThan(0); // rows that fail again have been worked on, too

  service.mood = 'takes';
  expect((await run(...retry, '--max-errors', '0')).code).toBe(0); // however many rows it began with
});

it('--max-errors counts invalid rows as soon as they are read, in a small file too', async (test) => {
  const { service, folder, run, type } = await openPlace(test);
  const rows = Array.from({ length: 600 }, (_, i) => `${i % 2 === 0 ? '' : i},v`);
  writeFileSync(join(folder, 'half.csv'), `id,v\n${rows.join('\n')}\n`);
  const flags = ['--env-file', 'keys.env', '--batch-rows', '5', '--concurrency', '1'];
  const stopped = await run('import', 'half.csv', '--max-errors', '10', ...flags);
  expect(stopped.code, stopped.stderr).toBe(7);
  expect(service.taken.length).toBeLessThan(100);
  expect((await type(stopped.lastLine)).code).toBe(6);
  expect(service.taken).toHaveLength(300);
});

it.for([
  [['--max-errors', '3'], /--max-errors \d+/],
  [['--max-errors=2%'], /--max-errors=\d+%/],
] as const)('after %j has stopped a run, the command that is printed goes on', async ([flag, higher], test) => {
  const { service, folder, run, type } = await openPlace(test);
  service.mood = isBad;
  writeFileSync(
    join(folder, 'many.csv'),
    `id,v\n${Array.from({ length: 2000 }, (_, i) => `${i},${i < 1000 && i % 10 === 0 ? 'bad' : 'good'}`).join('\n')}\n`,
  );
  const stopped = await run(
    'import',
    'many.csv',
    '--env-file',
    'keys.env',
    '--batch-rows',
    '100',
    '--concurrency',
    '1',
    ...flag,
  );
  expect(stopped.code, stopped.stderr).toBe(7);
  expect(stopped.lastLine).toMatch(higher);
  let last = stopped;
  for (let times = 0; last.code === 7 && times < 5; times++) last = await type(last.lastLine);
  expect(last.code, last.stderr).toBe(6);
  expect(service.taken).toHaveLength(1900);
});
