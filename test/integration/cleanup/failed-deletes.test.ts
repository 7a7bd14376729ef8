import { describe, expect, it } from 'vitest';
import { runCli, type CliOptions } from '../../support/cli.ts';
import { tempFolder, type Finishing } from '../../support/temp.ts';
import { answer, hostileServer, take } from '../../support/hostile-server.ts';
import { planLoadtest } from '../../support/test-people.ts';

const AT_ONCE = ['--yes', '--settle-wait', '0'];

describe.concurrent('a delete that fails', () => {
  it('is a failed row: failures shows it, retry-failed sends it again, and the load test stays uncleaned until two sweeps reached everybody', async (test) => {
    let isBroken = true;
    const server = await hostileServer(test, (request, self) =>
      isBroken && request.body.includes('abcd-1"') ? void request.socket.write(answer(500, '{}')) : take(request, self),
    );
    const folder = folderWith(test, 2);
    const options = optionsFor(folder, server.url);
    const run = (...args: string[]) => runCli(test, args, options);

    expect(await run('cleanup', ...AT_ONCE)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('cio-bulk failures --run 1\n'),
      lastLine: 'cio-bulk cleanup --yes --settle-wait 0',
    });
    expect(await run('status')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /finished +cleanup +test people of abcd, sweep 1 +127\.0\.0\.1:\d+, workspace \d+ +2 +1 +1 .*cio-bulk retry-failed --run 1/,
      ),
    });
    expect(await run('failures')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/,id\n1,2,.*all attempts failed, the last with http_500",,cio-bulk-lt-abcd-1\n$/),
    });
    expect(await run('cleanup', '--list')).toMatchObject({ stdout: expect.stringContaining('not cleaned') });

    expect((await run('failures', '-o', 'failures.csv')).stderr).not.toContain('--from');
    expect(await run('retry-failed', '--run', '1', '--from', 'failures.csv')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('run 1 is a cleanup'),
    });

    isBroken = false;
    expect(await run('retry-failed', '--run', '1')).toMatchObject({ code: 0 });
    expect(server.taken.map(({ identifiers }) => identifiers['id'])).toEqual([
      'cio-bulk-lt-abcd-0',
      'cio-bulk-lt-abcd-1',
    ]);
    expect(await run('cleanup', ...AT_ONCE)).toMatchObject({ code: 0 });
    expect(server.taken).toHaveLength(4);
  });

  it('in every sweep never leads to a load test that counts as cleaned up', async (test) => {
    const server = await hostileServer(test, (request, self) =>
      request.body.includes('abcd-7"')
        ? void request.socket.write(answer(400, '{"meta":{"error":"no"}}'))
        : take(request, self),
    );
    const options = optionsFor(folderWith(test, 20), server.url);
    for (let call = 1; call <= 4; call++)
      expect(await runCli(test, ['cleanup', ...AT_ONCE], options)).toMatchObject({
        code: 6,
        lastLine: 'cio-bulk cleanup --yes --settle-wait 0',
      });
    expect(await runCli(test, ['cleanup', '--list'], options)).toMatchObject({
      stdout: expect.stringContaining('not cleaned'),
    });
  });
});

function folderWith(test: Finishing, people: number): string {
  const folder = tempFolder(test);
  planLoadtest(folder, 'abcd', people, 'site');
  return folder;
}

function optionsFor(cwd: string, url: string): CliOptions {
  return { cwd, env: { CUSTOMERIO_TRACK_URL: url, CUSTOMERIO_SITE_ID: 'site', CUSTOMERIO_TRACK_API_KEY: 'key' } };
}
