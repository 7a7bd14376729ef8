import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { peopleCsv, tempFolder } from '../../support/temp.ts';

it.concurrent('--max-duration is the time of the command, and not of each file', async (test) => {
  const sandbox = await sandboxFor(test);
  const cwd = tempFolder(test);
  const args = [
    'import',
    peopleCsv(cwd, 500, 'a.csv'),
    peopleCsv(cwd, 500, 'b.csv'),
    '--batch-rows',
    '10',
    '--rate',
    '10',
  ];
  const options = { cwd, trackUrl: sandbox.trackUrl };
  const stopped = await runCli(test, [...args, '--max-duration', '2s', '--json'], options);
  expect(stopped.code).toBe(8);
  expect(stopped.json.filter(({ type }) => type === 'plan')).toHaveLength(1); // b.csv was not begun
  expect(stopped.json.find(({ type }) => type === 'error')).toMatchObject({ code: 'deadline_reached', exit_code: 8 });
  const again = await runCli(test, [...args, '--rate', '0', '--json'], options);
  expect(again.json.filter(({ type }) => type === 'summary')).toMatchObject([{ delivered: 500 }, { delivered: 500 }]);
});
