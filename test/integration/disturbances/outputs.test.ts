/** Outputs that end, are full, or are not read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, OPEN, runCli, startCli, targetEnv } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { peopleCsv, tempFolder, type Finishing } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** The program behind a shell, which says where its stdout goes; `$0` is the program. Its own exit code is the last line of stderr. */
function shell(test: Finishing, line: string, { cwd, trackUrl }: { cwd: string; trackUrl?: string | undefined }) {
  const child = spawn('sh', ['-c', line, `${process.execPath} ${BIN}`], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...targetEnv(trackUrl) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.resume();
  const ended = once(child, 'close');
  test.onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // it has ended
    }
  });
  return { stderr: () => stderr, ended };
}

/** People without identifiers but for the first, so that the file is not refused as a whole: every row is told. */
function nobodyCsv(folder: string, rows: number): string {
  writeFileSync(
    join(folder, 'nobody.csv'),
    `id,email,note\n9,a@example.com,ok\n${Array.from({ length: rows }, (_, i) => `,,note ${i}`).join('\n')}\n`,
  );
  return 'nobody.csv';
}

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  it.concurrent('under stdout ends failures with 2 and a sentence that names it', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    await runCli(test, ['import', nobodyCsv(cwd, 2_000), '--quiet'], { cwd, trackUrl: sandbox.trackUrl });
    const run = shell(test, '$0 failures > /dev/full; echo "exit $?" >&2', { cwd });
    await run.ended;
    expect(run.stderr()).toBe(
      'cio-bulk: standard output could not be written to its end (ENOSPC): what it holds is incomplete\nexit 2\n',
    );
    const file = await runCli(test, ['failures', '-o', '/dev/full'], { cwd });
    expect(file.code).toBe(2);
    expect(file.stderr).toContain('/dev/full could not be written to its end (ENOSPC)');
    expect(file.stderr).not.toContain('journal');
  });

  it.concurrent.for([
    ['status'],
    ['status --json'],
    ['--help'],
    ['import --help'],
    ['validate people.csv'],
    ['import people.csv'],
    ['import people.csv --json'],
    ['failures -o -'],
  ])('under stdout is told by %s', async ([words], test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    peopleCsv(cwd, 3);
    await runCli(test, ['import', nobodyCsv(cwd, 3), '--quiet'], { cwd, trackUrl: sandbox.trackUrl });
    const run = shell(test, `$0 ${words} > /dev/full; echo "exit $?" >&2`, { cwd, trackUrl: sandbox.trackUrl });
    await run.ended;
    expect(run.stderr()).toMatch(/standard output could not be written to its end \(ENOSPC\).*\nexit 2\n$/);
  });

  it.concurrent('under --write-map is told', async (test) => {
    const cwd = tempFolder(test);
    const result = await runCli(test, ['validate', peopleCsv(cwd, 3), '--write-map', '/dev/full'], { cwd });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('--write-map /dev/full');
  });
});

describe('a reader', () => {
  it.concurrent('that has seen enough is no reason for a word', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    await runCli(test, ['import', nobodyCsv(cwd, 20_000), '--quiet'], { cwd, trackUrl: sandbox.trackUrl });
    const run = shell(test, '$0 failures | head -n 2', { cwd });
    await run.ended;
    expect(run.stderr()).toBe('');
  });

  it.concurrent('that has stopped reading keeps nobody from SIGTERM, and the run is finished before', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    // Some megabytes of lines about rows, for a pipe that takes 64 kB.
    const run = shell(
      test,
      '{ $0 import nobody.csv --json & echo $! > pid; wait $!; echo "exit $?" >&2; } | sleep 100',
      { cwd: (nobodyCsv(cwd, 20_000), cwd), trackUrl: sandbox.trackUrl },
    );
    await until(
      async () => (await runCli(test, ['status', '--json'], { cwd })).json[0]?.['state'] === 'finished',
      'the run to finish',
      run.stderr,
    );
    const from = performance.now();
    process.kill(Number(readFileSync(join(cwd, 'pid'), 'utf8')), 'SIGTERM');
    await until(() => /exit \d+\n$/.test(run.stderr()), 'the end', run.stderr);
    expect(performance.now() - from).toBeLessThan(5_000);
  });

  it.concurrent('that has stopped reading in mid-run keeps nobody from SIGTERM', async (test) => {
    const sandbox = await sandboxFor(test, { latency: 20 });
    const cwd = tempFolder(test);
    nobodyCsv(cwd, 20_000);
    peopleCsv(cwd, 5_000);
    const run = shell(
      test,
      '{ $0 import nobody.csv people.csv --json --batch-rows 10 --rate 20 & echo $! > pid; wait $!; echo "exit $?" >&2; } | sleep 100',
      { cwd, trackUrl: sandbox.trackUrl },
    );
    await until(async () => (await sandbox.state()).people > 100, 'people', run.stderr);
    process.kill(Number(readFileSync(join(cwd, 'pid'), 'utf8')), 'SIGTERM');
    await until(() => /exit \d+\n$/.test(run.stderr()), 'the end', run.stderr, 10_000);
    expect(run.stderr()).toMatch(/cio-bulk import nobody\.csv people\.csv[^]*exit 143\n$/);
  });

  it.concurrent('of failures that has stopped reading keeps nobody from SIGTERM', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    await runCli(test, ['import', nobodyCsv(cwd, 20_000), '--quiet'], { cwd, trackUrl: sandbox.trackUrl });
    const run = shell(
      test,
      '{ $0 failures & echo $! > pid; sleep 2; kill $!; wait $!; echo "exit $?" >&2; } | sleep 100',
      { cwd },
    );
    await until(() => /exit \d+\n$/.test(run.stderr()), 'the end', run.stderr, 10_000);
  });

  it.concurrent('that never reads gets all the same an end', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    nobodyCsv(cwd, 20_000);
    const run = shell(test, '{ $0 import nobody.csv --json; echo "exit $?" >&2; } | sleep 100', {
      cwd,
      trackUrl: sandbox.trackUrl,
    });
    await until(() => /exit \d+\n$/.test(run.stderr()), 'the end', run.stderr);
    expect(run.stderr()).toMatch(/nobody reads standard output: its last [\d,]+ bytes are lost\nexit 6\n$/);
  });
});

describe('a pipe that says nothing', () => {
  it.concurrent.for([
    ['before its first row', ''],
    ['after some rows', 'id\n1\n2\n'],
    ['in the middle of a row', 'id\n1\n2'],
  ] as const)('%s ends at --max-duration with 8, and the next command finishes the job', async ([, said], test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    const args = ['import', '-', '--format', 'csv', '--max-duration', '2s'];
    const options = { cwd, trackUrl: sandbox.trackUrl };
    const program = startCli(test, args, { ...options, input: OPEN });
    program.child.stdin?.write(said);
    const result = await program.ended;
    expect([result.code, result.lastLine]).toEqual([8, `cio-bulk ${args.join(' ')}`]);
    expect(result.elapsedMs).toBeLessThan(10_000);
    const again = await runCli(test, [...args.slice(0, -2), '--json'], { ...options, input: 'id\n1\n2\n3\n' });
    expect(again.summary).toMatchObject({ rows_read: 3, delivered: 3, exit_code: 0 });
  });
});
