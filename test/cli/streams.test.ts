import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { peopleCsv, tempFolder } from '../support/temp.ts';
import { answer, hostileServer, take, type Behaviour } from '../support/hostile-server.ts';
import { describedAs } from '../support/json-lines.ts';
import { assertAddsUp } from '../support/send-people.ts';

const SUMMARY = [
  'type',
  'run',
  'source',
  'rows_read',
  'delivered',
  'rejected',
  'failed',
  'invalid',
  'skipped',
  'unclear',
  'pending',
  'in_doubt_resent',
  'requests',
  'retries',
  'bytes_sent',
  'duration_ms',
  'rows_per_second',
  'exit_code',
  'warnings',
];

/** The third row of each batch is refused. */
const third: Behaviour = ({ socket }) =>
  void socket.write(answer(207, '{"errors":[{"batch_index":2,"reason":"invalid","message":"no"}]}'));

describe('--json', () => {
  it.concurrent(
    'has a type and the documented fields on every line of stdout, and nothing else there',
    async (test) => {
      const server = await hostileServer(test, third);
      const cwd = tempFolder(test);
      const options = { cwd, trackUrl: server.url };
      const sent = await runCli(test, ['import', peopleCsv(cwd, 30), '--batch-rows', '10', '--json'], options);
      const retried = await runCli(test, ['retry-failed', '--rejected', '--json'], options);
      const status = await runCli(test, ['status', '--json'], options);
      const failed = await runCli(test, ['import', 'nowhere.csv', '--json'], options);
      for (const result of [sent, retried, status, failed]) {
        expect(result.json).toHaveLength(result.stdout.trimEnd().split('\n').length);
        for (const line of result.json) expect(describedAs(line).split('_')[0]).toBe(line.type);
        assertAddsUp(result);
      }
      expect([sent.code, retried.code, status.code, failed.code]).toEqual([6, 6, 0, 2]);
      expect(sent.json.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
        'plan',
        'undelivered',
        'undelivered',
        'undelivered',
        'summary',
      ]);
      expect(failed.json).toMatchObject([{ type: 'error', code: 'input_missing', exit_code: 2 }]);
    },
  );

  it.concurrent('has the summary of the contract, field by field, in its order', async (test) => {
    const server = await hostileServer(test, take);
    const cwd = tempFolder(test);
    const { summary, code } = await runCli(test, ['import', peopleCsv(cwd, 30), '--json'], {
      cwd,
      trackUrl: server.url,
    });
    expect(Object.keys(summary ?? {})).toEqual(SUMMARY);
    expect(summary).toMatchObject({
      run: 1,
      rows_read: 30,
      delivered: 30,
      in_doubt_resent: 0,
      requests: 1,
      retries: 0,
      exit_code: 0,
    });
    expect(code).toBe(0);
  });

  it.concurrent('ends a run that stops with a summary and an error', async (test) => {
    const server = await hostileServer(test, ({ socket }) => void socket.write(answer(401)));
    const cwd = tempFolder(test);
    const result = await runCli(test, ['import', peopleCsv(cwd, 30), '--json'], { cwd, trackUrl: server.url });
    expect(result.json.slice(-2)).toMatchObject([
      { type: 'summary', pending: 30, exit_code: 3 },
      { type: 'error', code: 'unauthorized', exit_code: 3 },
    ]);
  });
});

describe('people', () => {
  it.concurrent('find the result on stdout and the talk on stderr', async (test) => {
    const server = await hostileServer(test, take);
    const cwd = tempFolder(test);
    const { stdout, stderr } = await runCli(test, ['import', peopleCsv(cwd, 3)], { cwd, trackUrl: server.url });
    expect(stdout).toMatch(/rows read +3\n +delivered +3/);
    expect(stdout).not.toContain('Plan for');
    expect(stderr).toContain('Plan for');
  });

  it.concurrent('who say --quiet hear nothing but errors and the command that continues', async (test) => {
    const cwd = tempFolder(test);
    const good = await hostileServer(test, take);
    expect((await runCli(test, ['import', peopleCsv(cwd, 3), '--quiet'], { cwd, trackUrl: good.url })).stderr).toBe('');
    const limited = await runCli(test, ['import', peopleCsv(cwd, 9, 'nine.csv'), '--quiet', '--limit', '2'], {
      cwd,
      trackUrl: good.url,
    });
    expect(limited.code).toBe(8);
    expect(limited.stderr).toBe(`${limited.lastLine}\n`);
    const bad = await hostileServer(test, ({ socket }) => void socket.write(answer(403)));
    const stopped = await runCli(test, ['import', peopleCsv(cwd, 3, 'three.csv'), '--quiet'], {
      cwd,
      trackUrl: bad.url,
    });
    expect(stopped.stderr).toMatch(/^cio-bulk: .*403.*\n.*\ncio-bulk import /);
  });

  it.concurrent.for([
    [['--no-color'], { FORCE_COLOR: '1' }, false],
    [[], { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [[], { FORCE_COLOR: '1' }, true],
  ] as const)('get colours as they like: %j %j', async ([args, env, hasColor], test) => {
    const server = await hostileServer(test, take);
    const cwd = tempFolder(test);
    const { stdout, stderr } = await runCli(test, ['import', peopleCsv(cwd, 3), ...args], {
      cwd,
      trackUrl: server.url,
      env,
    });
    expect(`${stdout}${stderr}`.includes('\u001b[')).toBe(hasColor);
  });

  it.concurrent('who look into a file that has nothing to send are told so, with 0', async (test) => {
    const server = await hostileServer(test, take);
    const cwd = tempFolder(test);
    writeFileSync(join(cwd, 'none.csv'), 'id,email\n');
    const result = await runCli(test, ['import', 'none.csv'], { cwd, trackUrl: server.url });
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('The input has no rows');
  });
});
