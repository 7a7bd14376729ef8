import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listRuns } from '../../../src/journal/runs.ts';
import { until } from '../../support/until.ts';
import { createPeople, openTestWorkspace, OTHERS, withJournal } from '../../support/test-people.ts';

const others = [...OTHERS].sort();
const AT_ONCE = ['--yes', '--settle-wait', '0'];

describe.concurrent('the sweeps of a cleanup', () => {
  it('find people that appeared behind the first one', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 1_500);
    const running = place.start(['--yes', '--settle-wait', '1s'], { env: { CUSTOMERIO_APP_API_KEY: '' } });
    await running.says('Waiting');
    await createPeople(place.sandbox, ['cio-bulk-lt-abcd-0', 'cio-bulk-lt-abcd-777', 'cio-bulk-lt-abcd-1499'], 'abcd');
    expect(await running.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Not verified: set CUSTOMERIO_APP_API_KEY'),
    });
    expect(await place.ids()).toEqual(others);
  });

  it('are followed by more of them as long as the App API finds somebody', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 20);
    const running = place.start(['--yes', '--settle-wait', '1200ms']);
    await until(() => running.stdout().includes('sweep 2'), 'the second sweep');
    await createPeople(place.sandbox, ['cio-bulk-lt-abcd-3'], 'abcd');
    expect(await running.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('1 test person is still there: another sweep'),
    });
    expect(await place.ids()).toEqual(others);
    expect(withJournal(place.folder, listRuns)).toHaveLength(3);
  });

  it('end with 8 while something keeps creating people, and finish once it has stopped', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 20);
    let isCreating = true;
    const creating = (async () => {
      while (isCreating) await createPeople(place.sandbox, ['cio-bulk-lt-abcd-5'], 'abcd');
    })();
    const ended = await place.cleanup(['--yes', '--settle-wait', '100ms', '--json']);
    isCreating = false;
    await creating;
    expect(ended).toMatchObject({ code: 8, lastLine: 'cio-bulk cleanup --yes --settle-wait 100ms --json' });
    expect(ended.json.at(-1)).toMatchObject({
      type: 'error',
      code: 'cleanup_unverified',
      hint: expect.stringContaining('stop it first'),
    });
    expect(place.loadtests()).toMatchObject([{ state: 'planned' }]);

    expect(await place.cleanup(AT_ONCE)).toMatchObject({ code: 0 });
    expect(await place.ids()).toEqual(others);
  });

  it('have to do when the App API gives no answer, which is said', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 3);
    const ended = await place.cleanup(AT_ONCE, { env: { CUSTOMERIO_APP_API_KEY: 'not-the-key' } });
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the App API gave no answer: whether anybody is left is not verified'),
    });
    expect(await place.ids()).toEqual(others);
  });

  it('are not the end when a stop comes while the App API is asked: the same command goes on', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 3);
    let asked = 0;
    const silent = createServer(() => void asked++);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const address = silent.address();
    const running = place.start(AT_ONCE, {
      env: {
        CUSTOMERIO_APP_URL: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
      },
    });
    await until(() => asked === 1, 'the question to the App API');
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 130, lastLine: 'cio-bulk cleanup --yes --settle-wait 0' });
    expect(ended.stderr).not.toContain('not verified');
    expect(place.loadtests()).toMatchObject([{ state: 'planned' }]);
    expect(await place.cleanup(AT_ONCE)).toMatchObject({ code: 0 });
  });
});
