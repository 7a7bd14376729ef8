import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CREDENTIALS, runCli, startCli, type CliResult } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** A person who must not turn up in anything but the data itself. */
const PERSON = { id: 'canary-person-77', email: 'canary.person@example.com', city: 'Canarytown' } as const;
const BASIC = Buffer.from(`${CREDENTIALS.siteId}:${CREDENTIALS.apiKey}`).toString('base64');
const SECRETS = [
  CREDENTIALS.siteId,
  CREDENTIALS.apiKey,
  BASIC,
  Buffer.from(CREDENTIALS.apiKey).toString('base64').slice(0, 20),
];

/** Every file below a folder with its bytes as Latin-1, so that any byte string can be looked for. */
function filesBelow(folder: string): [string, string][] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path, 'latin1')]);
}

function expectNone(text: string, needles: readonly string[], where: string): void {
  for (const needle of needles) expect(text.includes(needle), `${needle.slice(0, 8)}... in ${where}`).toBe(false);
}

/** Command lines of a process and of all its children. */
function commandLines(pid: number): string {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
  );
  return [String(pid), ...children].map((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8')).join('\n');
}

it(
  'credentials are in nothing that a run leaves behind, and people only where their rows must be kept',
  { timeout: 180_000 },
  async (test) => {
    const sandbox = await sandboxFor(test, { faults: 'partial=100%', latency: 300 });
    const cwd = tempFolder(test);
    writeFileSync(
      join(cwd, 'people.csv'),
      `id,email,city\n${PERSON.id},${PERSON.email},${PERSON.city}\n,,${PERSON.city}\nu2,u2@example.com,Graz\n`,
    );
    const options = { cwd, trackUrl: sandbox.trackUrl };
    const run = startCli(test, ['import', 'people.csv', '--json', '--verbose'], options);
    await run.says('Sending to');
    if (process.platform === 'linux') expectNone(commandLines(run.pid), SECRETS, 'argv');
    const results: [string, CliResult][] = [['import', await run.ended]];
    expect(results[0]?.[1].code).toBe(6);
    results.push(
      ['retry', await runCli(test, ['retry-failed', '--rejected', '--unclear', '--verbose'], options)],
      ['status', await runCli(test, ['status', '--run', '1', '--verbose'], options)],
      [
        'wrong key',
        await runCli(test, ['import', 'people.csv', '--restart', '--verbose'], {
          ...options,
          env: { CUSTOMERIO_TRACK_API_KEY: `${CREDENTIALS.apiKey}x` },
        }),
      ],
      [
        'wrong url',
        await runCli(test, ['import', 'people.csv'], {
          ...options,
          env: { CUSTOMERIO_TRACK_URL: `http://${CREDENTIALS.siteId}:${CREDENTIALS.apiKey}@127.0.0.1:1` },
        }),
      ],
      [
        'nobody there',
        await runCli(test, ['import', 'people.csv', '--max-attempts', '1', '--verbose'], {
          ...options,
          trackUrl: 'http://127.0.0.1:1',
        }),
      ],
      [
        'sandbox',
        await runCli(test, ['import', 'people.csv', '--sandbox', '--journal', 'other/journal.db'], {
          cwd,
          env: { CUSTOMERIO_SITE_ID: CREDENTIALS.siteId, CUSTOMERIO_TRACK_API_KEY: CREDENTIALS.apiKey },
        }),
      ],
    );
    const failures = await runCli(test, ['failures', '-o', 'failures.csv'], { cwd });
    for (const [name, { stdout, stderr }] of [...results, ['failures', failures] as const]) {
      expectNone(`${stdout}\n${stderr}`, SECRETS, name);
      // The plan shows one sample cell of each column to people, on stderr: that is what a plan is for. Nothing else may.
      const talk = stderr
        .split('\n')
        .filter((line) => !/ (person id|person e-mail.*|attribute city) +string /.test(line));
      expectNone(`${stdout}\n${talk.join('\n')}`, Object.values(PERSON), name);
    }
    for (const [path, text] of filesBelow(cwd)) expectNone(text, SECRETS, path);
  },
);

it('files are for their owner alone', async (test) => {
  const sandbox = await sandboxFor(test);
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, 'bad.csv'), 'id,email\nu0,u0@example.com,one cell too many\nu1,u1@example.com\n');
  const run = startCli(test, ['import', '-', '--format', 'csv', '--batch-rows', '1', '--rate', '2'], {
    cwd,
    trackUrl: sandbox.trackUrl,
    input: `id,email\nu,u@example.com,one cell too many\n${Array.from({ length: 200 }, (_, i) => `u${i},u${i}@example.com\n`).join('')}`,
  });
  await until(async () => (await sandbox.state()).requests.total > 2, 'requests');
  const folder = join(cwd, '.cio-bulk');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'spool')).mode & 0o777).toBe(0o700);
  const seen = filesBelow(folder).map(([path]) => path);
  expect(
    seen.some((path) => path.endsWith('-wal')) &&
      seen.some((path) => path.includes('spool')) &&
      seen.some((path) => path.endsWith('.lock')),
  ).toBe(true);
  for (const path of seen) expect([path, (statSync(path).mode & 0o777).toString(8)]).toEqual([path, '600']);
  run.child.kill('SIGINT');
  await run.ended;
  await runCli(test, ['import', 'bad.csv'], { cwd, trackUrl: sandbox.trackUrl });
  await runCli(test, ['failures', '-o', 'failures.csv'], { cwd });
  expect((statSync(join(cwd, 'failures.csv')).mode & 0o777).toString(8)).toBe('600');
});
