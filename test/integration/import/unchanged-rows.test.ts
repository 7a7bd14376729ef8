/** Rows left out because they repeat what was last said of their person stay left out, whoever reads them again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { openService } from '../../support/service.ts';
import { tempFolder } from '../../support/temp.ts';

const others = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${letter}${i},1`);

it('an unchanged row behind the checkpoint of a run that stopped is not sent behind a newer one', async (test) => {
  const [service, folder] = [await openService(test), tempFolder(test)];
  // The first value lies before the checkpoint: the next process never sees it, and cannot know what the second one repeats.
  const rows = ['q,a', ...others('x', 4000), 'slow,1', 'q,a', ...others('w', 1000), 'q,b', 'z,1'];
  writeFileSync(join(folder, 'people.csv'), `id,v\n${rows.join('\n')}\n`);
  const run = (...flags: string[]): ReturnType<typeof runCli> =>
    runCli(test, ['import', 'people.csv', '--batch-rows', '250', '--json', ...flags], {
      cwd: folder,
      trackUrl: service.url,
    });

  service.mood = { failsWith: ({ identifiers }) => identifiers['id'] === 'slow' };
  const stopped = await run('--max-duration', '3s', '--max-attempts', '100');
  expect(stopped.summary, stopped.stderr).toMatchObject({ exit_code: 8, skipped: 1, failed: 0 });
  const valuesOfQ = (): unknown[] =>
    service.taken.filter(({ identifiers }) => identifiers['id'] === 'q').map(({ attributes }) => attributes?.['v']);
  expect(valuesOfQ()).toEqual(['a', 'b']);

  service.mood = 'takes';
  const resumed = await run();
  expect(resumed.summary, resumed.stderr).toMatchObject({
    exit_code: 0,
    rows_read: rows.length,
    delivered: rows.length - 1,
    skipped: 1,
  });
  expect(valuesOfQ()).toEqual(['a', 'b']);
});

it('the last row of a person counts, whichever of their names it says', async (test) => {
  const [service, folder] = [await openService(test), tempFolder(test)];
  writeFileSync(join(folder, 'people.csv'), 'id,email,v\np,p@x.test,1\n,p@x.test,2\n,p@x.test,3\np,,4\n,p@x.test,5\n');
  for (const flags of [['--api', 'v2'], []]) {
    service.taken.length = 0;
    const done = await runCli(test, ['import', 'people.csv', '--restart', '--json', ...flags], {
      cwd: folder,
      trackUrl: service.url,
    });
    expect(done.summary, done.stderr).toMatchObject({ delivered: 5 });
    const times = service.taken.map(({ timestamp }) => timestamp ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(service.taken.map(({ attributes }) => attributes?.['v'])).toEqual([1, 2, 3, 4, 5]);
  }
});
