/** Rows of one person that say different names of theirs: a failed one holds back the later ones, when a row has said that the names are one person's. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';
import { openService } from '../../support/service.ts';

const PERSON = { id: 'p1', email: 'one@x.test' };
const others = (letter: string, count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${letter}${i}`, v: 'x' }));
const byId = (v: string): object => ({ id: PERSON.id, v });
const byEmail = (v: string): object => ({ email: PERSON.email, v });

const text = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

it.for([
  { says: 'by e-mail behind one by id', between: 0, failing: byId('old'), later: byEmail('new') },
  { says: 'by id behind one by e-mail', between: 0, failing: byEmail('old'), later: byId('new') },
  { says: 'by e-mail, chunks later', between: 3000, failing: byId('old'), later: byEmail('new') },
])('a row $says waits for it, and follows it in the retry', async ({ between, failing, later }, test) => {
  const [service, folder] = [await openService(test), tempFolder(test)];
  const rows = [{ ...PERSON, v: 'first' }, ...others('a', between), failing, ...others('b', between), later];
  writeFileSync(join(folder, 'people.ndjson'), text(rows));
  const run = (command: string): ReturnType<typeof runCli> =>
    runCli(test, [...command.split(' '), '--max-attempts', '2', '--json'], { cwd: folder, trackUrl: service.url });

  service.mood = { failsWith: ({ attributes }) => attributes?.['v'] === 'old' };
  const imported = await run('import people.ndjson --rate 0');
  expect(imported.summary, imported.stderr).toMatchObject({ failed: 2, delivered: rows.length - 2, exit_code: 6 });
  expect(imported.json.filter(({ type }) => type === 'undelivered').map(({ code }) => code)).toEqual([
    'http_500',
    'behind_failed',
  ]);

  service.mood = 'takes';
  expect((await run('retry-failed')).summary).toMatchObject({ delivered: rows.length, failed: 0 });
  const values = service.taken.map(({ attributes }) => attributes?.['v']);
  expect(values.filter((value) => value !== 'x')).toEqual(['first', 'old', 'new']);
});

it('what ties the names is kept with the failed row: another process holds back the later one as well', async (test) => {
  const [service, folder] = [await openService(test), tempFolder(test)];
  const file = join(folder, 'people.ndjson');
  const run = (command: string): ReturnType<typeof runCli> =>
    runCli(test, [...command.split(' '), '--max-attempts', '2', '--json'], { cwd: folder, trackUrl: service.url });
  writeFileSync(file, text([{ ...PERSON, v: 'first' }, byId('old'), ...others('a', 3), byEmail('new')]));

  service.mood = { failsWith: ({ attributes }) => attributes?.['v'] === 'old' };
  expect((await run('import people.ndjson --limit 2')).summary).toMatchObject({ delivered: 1, failed: 1 });
  const second = await run('import people.ndjson');
  expect(second.summary, second.stderr).toMatchObject({ failed: 2, delivered: 4 });
});
