import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { answer, firstTimes, hostileServer, take } from '../../support/hostile-server.ts';
import { countsOf, send, startSending } from '../../support/send-people.ts';
import { TIMED } from '../../support/timed.ts';

/** Retry-After as services send it, and the pause it must cause. Without a sane one our own applies: half a second to one. */
const CELLS: readonly {
  readonly header: string;
  readonly value: () => string | undefined;
  readonly pauseMs: readonly [number, number];
}[] = [
  { header: 'seconds', value: () => '2', pauseMs: [1_990, 6_000] },
  { header: 'a date', value: () => new Date(Date.now() + 3_000).toUTCString(), pauseMs: [1_500, 7_000] },
  { header: 'zero', value: () => '0', pauseMs: [490, 4_000] },
  { header: 'a date in the past', value: () => new Date(Date.now() - 60_000).toUTCString(), pauseMs: [490, 4_000] },
  { header: 'an absurd number', value: () => '31536000', pauseMs: [490, 4_000] },
  { header: 'a word', value: () => 'later', pauseMs: [490, 4_000] },
  { header: 'nothing', value: () => undefined, pauseMs: [490, 4_000] },
];

describe('429', () => {
  it.concurrent.for(CELLS)(
    'with Retry-After as $header everybody pauses, and every row arrives',
    TIMED,
    async ({ value, pauseMs: [least, most] }, test) => {
      const times: number[] = [];
      const server = await hostileServer(test, (request, self) => {
        times.push(performance.now());
        return firstTimes(1, ({ socket }) => void socket.write(answer(429, '{}', retryAfter(value()))))(request, self);
      });
      const result = await send(test, server.url, { args: ['--rate', '80', '--concurrency', '1'] });
      expect(countsOf(result)).toEqual({ delivered: 30 });
      expect(result.code).toBe(0);
      const pause = (times[1] ?? 0) - (times[0] ?? 0);
      expect(pause).toBeGreaterThanOrEqual(least);
      expect(pause).toBeLessThan(most);
    },
  );

  it.concurrent('uses up nobody’s attempts: more of them than --max-attempts, and every row arrives', async (test) => {
    const server = await hostileServer(test, (request, self) =>
      request.number % 3 === 2 ? take(request, self) : void request.socket.write(answer(429)),
    );
    const result = await send(test, server.url, { args: ['--max-attempts', '2', '--max-outage', '60s'] });
    expect(countsOf(result)).toEqual({ delivered: 30 });
    expect(result.code).toBe(0);
  });

  it.concurrent('for ever ends the run with 5, all rows pending', async (test) => {
    const server = await hostileServer(test, ({ socket }) => void socket.write(answer(429)));
    const result = await send(test, server.url, { args: ['--max-attempts', '2'] });
    expect(result.code).toBe(5);
    expect(countsOf(result)).toEqual({ pending: 30 });
    expect(result.lastLine).toMatch(/^cio-bulk import /);
    expect(result.elapsedMs).toBeLessThan(30_000);
  });

  it.concurrent('a pause of minutes does not hold up Ctrl-C', async (test) => {
    const server = await hostileServer(
      test,
      ({ socket }) => void socket.write(answer(429, '{}', { 'retry-after': '240' })),
    );
    const run = startSending(test, server.url, { folder: tempFolder(test) });
    await until(() => server.batches.length > 0, 'a batch');
    const from = performance.now();
    run.child.kill('SIGINT');
    const result = await run.ended;
    expect(result.code).toBe(130);
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(result.lastLine).toMatch(/^cio-bulk import /);
  });

  it.concurrent('a Retry-After of a 503 is honoured as well', async (test) => {
    const times: number[] = [];
    const server = await hostileServer(test, (request, self) => {
      times.push(performance.now());
      return firstTimes(1, ({ socket }) => void socket.write(answer(503, '', { 'retry-after': '2' })))(request, self);
    });
    const result = await send(test, server.url, { rows: 10 });
    expect(result.code).toBe(0);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_990);
  });
});

function retryAfter(value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { 'retry-after': value };
}
