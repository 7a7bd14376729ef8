import { describe, expect, it } from 'vitest';
import { OPEN, startCli } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import {
  answer,
  answerRegion,
  hostileServer,
  take,
  type Behaviour,
  type HostileRequest,
} from '../../support/hostile-server.ts';
import { countsOf, send } from '../../support/send-people.ts';

const PATIENT = ['--max-attempts', '2', '--max-outage', '60s'];

type Sickness = (request: HostileRequest) => void;
const throttles: Sickness = ({ socket }) => void socket.write(answer(429));
const breaks: Sickness = ({ socket }) => void socket.write(answer(500, '{}'));
const resets: Sickness = ({ socket }) => void socket.resetAndDestroy();
const portal: Sickness = ({ socket }) => void socket.write(answer(200, '<html>Sign in</html>'));

/** A service that is well, but for any request with one of these people in it. */
function sickFor(sickness: Sickness, isCulprit: (id: number) => boolean): Behaviour {
  return (request, self) =>
    request.operations.some(({ identifiers }) => isCulprit(Number(identifiers['id']?.slice(1))))
      ? sickness(request)
      : take(request, self);
}

describe('one sick row takes nobody with it', () => {
  it.concurrent.for([
    ['a 429', throttles, 14],
    ['a 429', throttles, 1],
    ['a page of HTML under 200', portal, 14],
    ['a reset', resets, 30],
  ] as const)(
    '%s for the batch that holds it, for ever, while other batches pass',
    async ([, sickness, culprit], test) => {
      const server = await hostileServer(
        test,
        sickFor(sickness, (id) => id === culprit),
      );
      const result = await send(test, server.url, { args: PATIENT });
      expect(countsOf(result)).toEqual({ delivered: 29, failed: 1 });
      expect(result.code).toBe(6);
      expect(result.lastLine).toBe('cio-bulk retry-failed --run 1');
    },
  );

  it.concurrent.for([
    ['a 429', throttles, 1],
    ['a 429', throttles, 17],
    ['a 500', breaks, 30],
    ['a page of HTML under 200', portal, 1],
  ] as const)('%s for the only batch there is', async ([, sickness, culprit], test) => {
    const server = await hostileServer(
      test,
      sickFor(sickness, (id) => id === culprit),
    );
    const result = await send(test, server.url, { args: [...PATIENT, '--batch-rows', '100'] });
    expect(countsOf(result)).toEqual({ delivered: 29, failed: 1 });
    expect(result.code).toBe(6);
  });
});

describe('a culprit in every batch is no outage', () => {
  it.concurrent.for([
    ['500', breaks],
    ['resets', resets],
  ] as const)(
    '%s: every other row arrives while the question for the region is answered',
    async ([, sickness], test) => {
      const server = await hostileServer(
        test,
        sickFor(sickness, (id) => id % 100 === Math.floor(id / 100) + 1 || id % 100 === 99),
      );
      const result = await send(test, server.url, {
        rows: 1_000,
        args: ['--batch-rows', '100', '--max-attempts', '4', '--max-outage', '60s'],
      });
      const failed = Number(result.summary?.['failed']);
      expect(failed).toBe(20);
      expect(countsOf(result)).toEqual({ delivered: 980, failed: 20 });
      expect(result.code).toBe(6);
    },
  );
});

it.concurrent('429 for everything, while the region is answered, is an outage: no row is settled', async (test) => {
  const server = await hostileServer(test, ({ socket }) => void socket.write(answer(429)));
  const result = await send(test, server.url, {
    rows: 3,
    args: ['--batch-rows', '1', '--max-attempts', '1', '--max-outage', '8s'],
  });
  expect(result.code).toBe(5);
  expect(countsOf(result)).toEqual({ pending: 3 });
});

describe('on a slow pipe', () => {
  it.concurrent('rows of other people leave while a batch waits for its retry', async (test) => {
    const server = await hostileServer(test, (request, self) =>
      request.operations.some(({ identifiers }) => identifiers['id'] === 'u0')
        ? void request.socket.write(answer(503, '', { 'retry-after': '60' }))
        : take(request, self),
    );
    const run = startCli(test, ['import', '-', '--format', 'csv', '--json', '--rate', '0'], {
      cwd: tempFolder(test),
      trackUrl: server.url,
      input: OPEN,
    });
    run.child.stdin?.write('id,plan\nu0,a\n');
    await until(() => server.batches.length === 1, 'the batch that has to wait');
    for (let i = 1; i <= 20; i++) run.child.stdin?.write(`u${i},a\n`);
    await until(() => server.taken.length === 20, 'twenty rows of other people');
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(143);
  });

  it.concurrent('time in which nothing was asked is no outage: a short one does not end the run', async (test) => {
    let brokenUntil = 0;
    const orBroken =
      (well: Behaviour): Behaviour =>
      (request, self) =>
        performance.now() < brokenUntil ? void request.socket.resetAndDestroy() : well(request, self);
    const server = await hostileServer(
      test,
      (request, self) => {
        if (request.number === 1) brokenUntil = performance.now() + 1_000;
        return orBroken(take)(request, self);
      },
      { onRegion: orBroken(answerRegion) },
    );
    const run = startCli(
      test,
      ['import', '-', '--format', 'csv', '--json', '--rate', '0', '--max-attempts', '2', '--max-outage', '3s'],
      { cwd: tempFolder(test), trackUrl: server.url, input: OPEN },
    );
    run.child.stdin?.write('id,plan\nu0,a\n');
    await until(() => server.taken.length === 1, 'the first row');
    await new Promise((resolve) => setTimeout(resolve, 4_000)); // longer than --max-outage, with nothing to ask: this time is what is tested
    run.child.stdin?.end('u1,a\n');
    expect((await run.ended).code).toBe(0);
    expect(server.taken).toHaveLength(2);
  });
});
