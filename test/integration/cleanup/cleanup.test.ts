import { describe, expect, it } from 'vitest';
import { listRuns } from '../../../src/journal/runs.ts';
import { openTestWorkspace, OTHERS, planLoadtest, withJournal } from '../../support/test-people.ts';

const others = [...OTHERS].sort();
const AT_ONCE = ['--yes', '--settle-wait', '0'];

describe.concurrent('cleanup', () => {
  it('deletes the people of every load test that is not cleaned up, and touches nobody else', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 2_345);
    await place.leaveBehind('efgh', 7);
    const ended = await place.cleanup(AT_ONCE);
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /abcd is cleaned up: 2,345 test people deleted\n[^]*efgh is cleaned up: 7 test people deleted\n$/,
      ),
    });
    expect(await place.ids()).toEqual(others);
    expect(await place.sandbox.state()).toMatchObject({ deleted_people: 2_352, suppressed: 0 });
    expect(place.loadtests().map(({ state }) => state)).toEqual(['cleaned', 'cleaned']);
    expect(ended.stdout.match(/^ {2}\d+ requests?/gm)).toEqual([
      '  3 requests',
      '  3 requests',
      '  1 request',
      '  1 request',
    ]);

    expect(await place.cleanup(AT_ONCE)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Nothing to clean up'),
    });
  });

  it('sends deletes and nothing else: a suppressed id would be burnt for good', async (test) => {
    const place = await openTestWorkspace(test, { logOperations: true });
    planLoadtest(place.folder, 'abcd', 3, place.sandbox.siteId);
    await place.cleanup(AT_ONCE);
    const log = await (await fetch(`${place.sandbox.url}/_sandbox/log?after=${OTHERS.length}`)).text();
    const operations = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly operation: { readonly action: string } });
    expect(new Set(operations.map(({ operation }) => operation.action))).toEqual(new Set(['delete']));
    expect(operations).toHaveLength(6);
  });

  it('--run cleans up after one load test and leaves the others', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 3);
    await place.leaveBehind('efgh', 2);
    expect(await place.cleanup([...AT_ONCE, '--run', 'abcd'])).toMatchObject({ code: 0 });
    expect(await place.ids()).toEqual([...others, 'cio-bulk-lt-efgh-0', 'cio-bulk-lt-efgh-1'].sort());
    const list = await place.cleanup(['--list'], { env: { CUSTOMERIO_SITE_ID: '' } });
    expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(/abcd .* cleaned\n.*efgh .* not cleaned/) });
  });

  it('--dry-run says whom it would delete, and deletes nobody', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 1_200);
    const ended = await place.cleanup(['--dry-run']);
    expect(ended).toMatchObject({
      code: 0,
      stdout: 'cio-bulk-lt-abcd-0 to cio-bulk-lt-abcd-1199\n',
      stderr: expect.stringContaining('1,200 test people would be deleted'),
    });
    expect(await place.ids()).toHaveLength(1_200 + OTHERS.length);
    expect(place.loadtests()).toMatchObject([{ state: 'planned' }]);
  });

  it('deletes from a real workspace only with consent', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 4);
    expect(await place.cleanup([])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/4 test people would be deleted: this needs --yes, or --confirm/),
    });
    expect(await place.cleanup(['--confirm', 'nope'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('give the last 4 characters of CUSTOMERIO_SITE_ID'),
    });
    expect(await place.cleanup(['--yes', '--confirm', 'nope'])).toMatchObject({ code: 4 });
    expect(await place.ids()).toHaveLength(4 + OTHERS.length);
    expect(await place.cleanup(['--confirm', place.sandbox.siteId.slice(-4), '--settle-wait', '0'])).toMatchObject({
      code: 0,
    });
    expect(await place.ids()).toEqual(others);
  });

  it('waits --settle-wait after each sweep', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 5);
    const ended = await place.cleanup(['--yes', '--settle-wait', '700ms']);
    expect(ended.code).toBe(0);
    const [second, first] = withJournal(place.folder, listRuns);
    expect((second?.startedAt ?? 0) - (first?.updatedAt ?? Infinity)).toBeGreaterThanOrEqual(690);
    expect(ended.elapsedMs).toBeGreaterThan(1_400);
  });

  it.for([
    ['--settle-wait', 'soon'],
    ['--rate', 'fast'],
    ['--suppress', 'x'],
  ])('%s %s is refused with 2', async ([flag = '', value = ''], test) => {
    const place = await openTestWorkspace(test);
    expect(await place.cleanup(['--yes', flag, value])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(flag),
    });
    expect((await place.sandbox.state()).requests.by_path).not.toHaveProperty('GET /api/v1/accounts/region');
  });

  it.for(['zzzz', '../../abcd', '', 'abcd-0', 'ABCD'])(
    'a load test %j that the journal does not hold is refused with 2',
    async (run, test) => {
      const place = await openTestWorkspace(test);
      await place.leaveBehind('abcd', 2);
      expect(await place.cleanup([...AT_ONCE, '--run', run])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('cio-bulk cleanup --list'),
      });
      expect(await place.ids()).toHaveLength(2 + OTHERS.length);
    },
  );

  it('leaves the load tests of other workspaces alone, and says so when one is named', async (test) => {
    const place = await openTestWorkspace(test);
    planLoadtest(place.folder, 'abcd', 3, 'another-site-id');
    expect(await place.cleanup([...AT_ONCE, '--run', 'abcd'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('another workspace'),
    });
    expect(await place.cleanup(AT_ONCE)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Nothing to clean up'),
    });
    expect(place.loadtests()).toMatchObject([{ state: 'planned' }]);
  });

  it.for(['../alice', 'a"},"action":"suppress', 'x y z w', ''])(
    'a journal that names a load test %j gets nobody deleted',
    async (run, test) => {
      const place = await openTestWorkspace(test);
      planLoadtest(place.folder, run, 3, place.sandbox.siteId);
      expect(await place.cleanup(AT_ONCE)).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('is not the id of a load test'),
      });
      expect(await place.ids()).toEqual(others);
      expect(await place.sandbox.state()).toMatchObject({ operations_received: OTHERS.length });
    },
  );
});
