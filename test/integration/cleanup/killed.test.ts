import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../support/random.ts';
import { openTestWorkspace, OTHERS } from '../../support/test-people.ts';

const HOOK = fileURLToPath(new URL('../../support/crash/crash-hook.mjs', import.meta.url));
const AT_ONCE = ['--yes', '--settle-wait', '0'];
const others = [...OTHERS].sort();

const CRASHES = [
  'after intents:2',
  'after answer:2',
  'in checkpoint:1',
  'before finish:1',
  'after finish:1',
  'after finish:2',
  'cleanup swept:1',
  'cleanup swept:2',
];

describe.concurrent('a cleanup that is killed', () => {
  it.for(CRASHES)('at "%s" is finished by the same command', async (crash, test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 3_500);
    await place.leaveBehind('efgh', 10);
    const killed = await place.cleanup(AT_ONCE, { nodeArgs: ['--import', HOOK], env: { CIO_BULK_TEST_CRASH: crash } });
    expect(killed.signal).toBe('SIGKILL');
    expect(await place.cleanup(AT_ONCE)).toMatchObject({ code: 0 });
    expect(await place.ids()).toEqual(others);
    expect(place.loadtests().map(({ state }) => state)).toEqual(['cleaned', 'cleaned']);
  });

  it.for([1, 2])('at any moment, again and again, is finished by the same command (seed %i)', async (seed, test) => {
    const random = createRandom(seed);
    const place = await openTestWorkspace(test, { latency: '5-40' });
    await place.leaveBehind('abcd', 20_000);
    for (let kills = 0; kills < 3; kills++) {
      const running = place.start([...AT_ONCE, '--rate', '40']);
      await running.says('Sending to');
      await sleep(random() * 500); // the moment is the point
      running.child.kill('SIGKILL');
      await running.ended;
      expect(await place.ids()).toEqual(expect.arrayContaining(others));
    }
    expect(await place.cleanup(AT_ONCE)).toMatchObject({ code: 0 });
    expect(await place.ids()).toEqual(others);
    expect(place.loadtests()).toMatchObject([{ state: 'cleaned' }]);
  });

  it('by Ctrl-C between two sweeps says how to go on, and goes on there', async (test) => {
    const place = await openTestWorkspace(test);
    await place.leaveBehind('abcd', 500);
    const running = place.start(['--yes', '--settle-wait', '60s']);
    await running.says('Waiting');
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, lastLine: 'cio-bulk cleanup --yes --settle-wait 60s' });
    expect(await place.cleanup(AT_ONCE)).toMatchObject({ code: 0, stdout: expect.not.stringContaining('sweep 1') });
    expect(await place.ids()).toEqual(others);
  });
});
