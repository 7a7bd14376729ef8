/** A machine whose clock is wrong must not harm: the service compares the times of updates, and others write to it too. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { answer, hostileServer, take, type Operation } from '../../support/hostile-server.ts';
import { runCli } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';

const SHIFT = fileURLToPath(new URL('../../support/shifted-clock.mjs', import.meta.url));

it.concurrent.for([
  ['a day ahead', 86_400_000, 'ahead of'],
  ['a day behind', -86_400_000, 'behind'],
] as const)(
  '%s of the service’s: updates carry the service’s time, recent events are known by it, and it is said',
  async ([, shiftMs, word], test) => {
    const times: number[] = [];
    const server = await hostileServer(
      test,
      (request, to) => {
        times.push(
          ...request.operations.map((operation) => Number((operation as Operation & { timestamp?: number }).timestamp)),
        );
        take(request, to);
      },
      {
        onRegion: ({ socket }) =>
          void socket.write(answer(200, '{"region":"us","environment_id":4242}', { date: new Date().toUTCString() })),
      },
    );
    const cwd = tempFolder(test);
    writeFileSync(join(cwd, 'people.csv'), 'id,plan\n1,pro\n2,free\n');
    const options = {
      cwd,
      trackUrl: server.url,
      nodeArgs: ['--import', SHIFT],
      env: { CIO_BULK_TEST_SHIFT_MS: String(shiftMs) },
    };
    const sent = await runCli(test, ['import', 'people.csv', '--json'], options);
    expect(sent.code, sent.stderr).toBe(0);
    expect(sent.stderr).toMatch(new RegExp(`clock is 2[34] h [0-9]+ min ${word} the service`));
    expect(times).toHaveLength(2);
    for (const time of times) expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60);

    const since71Hours = Math.floor(Date.now() / 1000) - 71 * 3600;
    writeFileSync(join(cwd, 'events.csv'), `id,event,timestamp\n1,order,${since71Hours}\n`);
    const recent = await runCli(test, ['import', 'events.csv', '--json'], options);
    expect([recent.code, recent.json.at(-1)]).toEqual([4, expect.objectContaining({ code: 'recent_events' })]);
  },
);
