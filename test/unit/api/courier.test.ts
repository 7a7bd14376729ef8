import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createBreaker } from '../../../src/api/breaker.ts';
import { createCourier } from '../../../src/api/courier.ts';
import { createOwnBudget } from '../../../src/api/own-budget.ts';
import { createPacer } from '../../../src/api/pacer.ts';
import { createSlots } from '../../../src/api/slots.ts';
import type { Courier } from '../../../src/domain/courier.ts';
import type { NetworkFault, Reply } from '../../../src/domain/outcome.ts';
import type { WireRequest } from '../../../src/domain/wire.ts';
import { fakeClock, type FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

function status(code: number): Reply {
  return { kind: 'response', status: code, body: '{}', retryAfterMs: undefined, location: undefined };
}

function fault(kind: NetworkFault): Reply {
  return { kind: 'fault', fault: kind };
}

interface Bench {
  readonly clock: FakeClock;
  readonly courier: Courier;
  readonly sent: WireRequest[];
  readonly send: (name: string, stopping?: AbortSignal) => ReturnType<Courier['send']>;
}

/** A courier over a wire that answers as `reply` says; half of the longest pause is taken every time. */
function bench(
  reply: (name: string, number: number) => Reply,
  options: { maxAttempts?: number; maxOutageMs?: number; concurrency?: number } = {},
): Bench {
  const clock = fakeClock();
  const sent: WireRequest[] = [];
  const courier = createCourier({
    clock,
    wire: {
      send(request) {
        sent.push(request);
        return Promise.resolve(
          reply(request.method === 'GET' ? 'region' : Buffer.from(request.body).toString(), sent.length),
        );
      },
    },
    pacer: createPacer({ budget: createOwnBudget({ rate: 0, clock }), rowsPerSecond: 0, clock }),
    breaker: createBreaker(clock),
    slots: createSlots(options.concurrency ?? 4),
    random: () => 0.5,
    maxAttempts: options.maxAttempts ?? 5,
    maxOutageMs: options.maxOutageMs ?? 60_000,
    aborting: never,
  });
  return {
    clock,
    courier,
    sent,
    send: (name, stopping = never) =>
      courier.send({ method: 'POST', path: '/api/v2/batch', body: Buffer.from(name), rows: 1 }, stopping),
  };
}

describe('the courier of the Track API', () => {
  it('sends the same bytes again, with pauses that double, until there is an answer', async () => {
    const { clock, send, sent, courier } = bench((_, number) => (number <= 3 ? status(503) : status(200)));
    const result = send('rows');
    await clock.pass(10_000);
    expect((await result).reply).toEqual(status(200));
    expect(sent.map(({ body, attempt }) => [Buffer.from(body).toString(), attempt])).toEqual(
      [0, 1, 2, 3].map((attempt) => ['rows', attempt]),
    );
    expect(courier.traffic()).toEqual({ requests: 4, retries: 3, bytesSent: 16 });
  });

  it.each([400, 404, 413, 422])('takes %i as the last word at once', async (code) => {
    const { send, sent } = bench(() => status(code));
    expect((await send('rows')).reply).toEqual(status(code));
    expect(sent).toHaveLength(1);
  });

  it('gives up on a request after its attempts while others pass, and says so', async () => {
    const { clock, send } = bench((name) => (name === 'poison' ? status(500) : status(200)), { maxAttempts: 3 });
    const poison = send('poison');
    await send('good');
    await clock.pass(5_000);
    expect(await poison).toEqual({ reply: status(500), othersPassed: true });
  });

  it('asks for the region when nothing else is under way: the service answers, so it is these bytes', async () => {
    const { clock, send, sent } = bench((name) => (name === 'region' ? status(200) : fault('reset')), {
      maxAttempts: 2,
    });
    const lonely = send('poison');
    await clock.pass(5_000);
    expect(await lonely).toEqual({ reply: fault('reset'), othersPassed: true });
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
  });

  it('an outage uses up nobody’s attempts: all arrive when it is over', async () => {
    let isDown = true;
    const { clock, send } = bench(() => (isDown ? fault('timeout') : status(200)), {
      maxAttempts: 3,
      maxOutageMs: 3_600_000,
    });
    const results = Promise.all(Array.from({ length: 8 }, (_, i) => send(`batch ${i}`)));
    await clock.pass(120_000);
    isDown = false;
    await clock.pass(61_000);
    expect((await results).map(({ reply }) => reply)).toEqual(Array.from({ length: 8 }, () => status(200)));
  });

  it('one probe at a time goes out while the circuit is half open', async () => {
    const { clock, send, sent } = bench(() => fault('timeout'), { maxAttempts: 2, maxOutageMs: 3_600_000 });
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const results = Promise.all(Array.from({ length: 8 }, (_, i) => send(`batch ${i}`, stop.signal)));
    await clock.pass(4_000);
    const before = sent.length;
    await clock.pass(60_000); // probes after 5, 10, 20 and 40 seconds at most, each with the question whether the service is there at all
    const probes = sent.slice(before).filter(({ method }) => method === 'POST').length;
    expect(probes).toBeGreaterThanOrEqual(2);
    expect(probes).toBeLessThanOrEqual(5);
    expect(sent.length - before).toBeLessThanOrEqual(2 * probes);
    stop.abort();
    await clock.pass(10);
    expect((await results).every(({ reply }) => reply.kind === 'fault' && reply.fault === 'aborted')).toBe(true);
  });

  it('an outage that lasts longer than --max-outage ends the run', async () => {
    const { clock, send } = bench(() => fault('refused'), { maxAttempts: 2, maxOutageMs: 30_000 });
    const failure = send('rows').catch((error: unknown) => error);
    await clock.pass(90_000);
    expect(await failure).toMatchObject({ code: 'outage', exitCode: 5 });
  });

  it('429 uses up no attempts as long as the service takes something', async () => {
    const { clock, send } = bench((_, number) => (number % 4 === 0 ? status(200) : status(429)), {
      maxAttempts: 2,
      concurrency: 1,
    });
    const results = Promise.all([send('a'), send('b'), send('c')]);
    await clock.pass(600_000);
    expect((await results).map(({ reply }) => reply)).toEqual([status(200), status(200), status(200)]);
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [307, 'redirected'],
  ])('after a %i nothing more is sent', async (code, name) => {
    const { clock, send, sent } = bench(() => status(code), { concurrency: 1 });
    const failures = Promise.all(['a', 'b', 'c'].map((rows) => send(rows).catch((error: unknown) => error)));
    await clock.pass(1_000);
    const [first, ...others] = await failures;
    expect(first).toMatchObject({ code: name });
    for (const other of others) expect(other).toMatchObject({ reply: fault('aborted'), isUnsent: true });
    expect(sent).toHaveLength(1);
  });

  it('a stop ends the pause before the next try, and the request stays in doubt', async () => {
    const { clock, send, sent } = bench(() => status(503));
    const stop = new AbortController();
    const result = send('rows', stop.signal);
    await clock.pass(0);
    stop.abort();
    expect((await result).reply).toEqual(fault('aborted'));
    expect(sent).toHaveLength(1);
  });
});
