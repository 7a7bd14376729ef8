import { createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createBreaker } from '../../src/api/breaker.ts';
import { createCourier } from '../../src/api/courier.ts';
import { createEnding, fatal } from '../../src/api/fatal.ts';
import { guarded } from '../../src/api/guarded.ts';
import { createHealth } from '../../src/api/health.ts';
import { createHttpSender } from '../../src/api/http.ts';
import { insisting } from '../../src/api/insisting.ts';
import { observed } from '../../src/api/observed.ts';
import { paced } from '../../src/api/paced.ts';
import { createOwnBudget } from '../../src/api/own-budget.ts';
import { createPacer } from '../../src/api/pacer.ts';
import { createProbe } from '../../src/api/region.ts';
import { createSlots } from '../../src/api/slots.ts';
import type { Reply } from '../../src/domain/outcome.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Sender, WireRequest } from '../../src/domain/wire.ts';
import { realClock } from '../support/real-clock.ts';
import type { Finishing } from '../support/temp.ts';
import { until } from '../support/until.ts';

const ABORTED = { kind: 'fault', fault: 'aborted' };
const REQUEST: WireRequest = {
  method: 'POST',
  path: '/api/v2/batch',
  body: Buffer.from('{"batch":[]}'),
  rows: 3,
  attempt: 0,
};
/** None of them leads to another try, or to the end of everything. */
const ANSWERS = [
  [200, '{}'],
  [207, '{"errors":[{"batch_index":1,"reason":"invalid"}]}'],
  [400, '{"meta":{"error":"no"}}'],
  [404, ''],
  [413, 'too large'],
  [422, '{}'],
] as const;

type Layer = (wire: Sender, aborting: AbortSignal) => Sender;

const pacer = (): ReturnType<typeof createPacer> =>
  createPacer({ budget: createOwnBudget({ rate: 0, clock: realClock }), rowsPerSecond: 0, clock: realClock });
const pacedLayer: Layer = (wire) => paced(wire, { pacer: pacer(), slots: createSlots(1) });

/** Every layer around a real connection, and the courier, which is all of them. */
const LAYERS: readonly (readonly [name: string, layer: Layer])[] = [
  ['http', (wire) => wire],
  ['observed', (wire) => observed(wire, createHealth(realClock))],
  ['guarded', (wire) => guarded(wire, { breaker: createBreaker(realClock), probe: createProbe(wire, pacer()) })],
  ['fatal', (wire) => fatal(wire, createEnding())],
  ['paced', pacedLayer],
  ['insisting', (wire, aborting) => insisting(pacedLayer(wire, aborting), { clock: realClock, maxAttempts: 3 })],
  [
    'the courier',
    (wire, aborting) => {
      const courier = createCourier({
        wire,
        pacer: pacer(),
        breaker: createBreaker(realClock),
        slots: createSlots(1),
        clock: realClock,
        random: Math.random,
        maxAttempts: 3,
        maxOutageMs: 60_000,
        aborting,
      });
      return { send: async (request, { stopping }) => (await courier.send(request, stopping)).reply };
    },
  ],
];
/** Those that may wait before anything leaves, and those that may wait for another try. */
const WAITING = LAYERS.filter(([name]) => ['paced', 'insisting', 'the courier'].includes(name));
const TRYING_AGAIN = LAYERS.filter(([name]) => ['insisting', 'the courier'].includes(name));

interface Service {
  readonly url: string;
  /** Requests whose head has come. */
  asked(): number;
}

/** Answers every request with the same text; undefined = never. */
async function service(test: Finishing, text: string | undefined): Promise<Service> {
  let asked = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (bytes) => {
      if (!/^(?:GET|POST) /.test(bytes.toString('latin1'))) return;
      asked++;
      if (text !== undefined) socket.write(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    asked: () => asked,
  };
}

function httpTo(test: Finishing, url: string): Sender {
  const http = createHttpSender({
    baseUrl: url,
    proxy: undefined,
    authorization: new Secret('Basic eDp5'),
    timeoutMs: 30_000,
    clock: realClock,
    onDoubt: () => undefined,
  });
  test.onTestFinished(() => http.close());
  return http;
}

/** A signal that tells how many listen to it. */
function countingSignal(): {
  readonly signal: AbortSignal;
  readonly abort: () => void;
  readonly listeners: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const listening = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener(type: 'abort', listener: () => void, options?: { readonly once: boolean }) {
      listening.add(listener);
      add(type, listener, options);
    },
    removeEventListener(type: 'abort', listener: () => void) {
      listening.delete(listener);
      remove(type, listener);
    },
  });
  return { signal, abort: () => controller.abort(), listeners: () => (signal.aborted ? 0 : listening.size) };
}

/** Timers that keep this process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

function answerOf(status: number, body: string, more = ''): string {
  return `HTTP/1.1 ${status} Something\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

describe.for(LAYERS)('%s', ([, layer]) => {
  it.for(ANSWERS)('passes %i on unchanged, and leaves no listener behind', async ([status, body], test) => {
    const { url } = await service(test, answerOf(status, body));
    const stopping = countingSignal();
    const aborting = countingSignal();
    const reply = await layer(httpTo(test, url), aborting.signal).send(REQUEST, {
      stopping: stopping.signal,
      aborting: aborting.signal,
    });
    expect(reply).toMatchObject({ kind: 'response', status, body } satisfies Partial<Reply>);
    expect(reply).not.toHaveProperty('serviceAnswers');
    expect([stopping.listeners(), aborting.listeners()]).toEqual([0, 0]);
  });

  it('ends at once when it is aborted under way, with the fault `aborted`, and no timer stays behind', async (test) => {
    const { url, asked } = await service(test, undefined);
    const stopping = countingSignal();
    const aborting = countingSignal();
    const timersBefore = timers();
    const sending = layer(httpTo(test, url), aborting.signal).send(REQUEST, {
      stopping: stopping.signal,
      aborting: aborting.signal,
    });
    await until(() => asked() === 1, 'the request to arrive');
    const from = performance.now();
    stopping.abort();
    aborting.abort();
    expect(await sending).toMatchObject(ABORTED);
    expect(performance.now() - from).toBeLessThan(2_000);
    await until(
      () => timers() <= timersBefore,
      'no timer to be left',
      () => `${timers()} timers, ${timersBefore} before`,
    );
  });

  it('takes the answer to what is under way when it is only stopped', async () => {
    const stopping = countingSignal();
    const never = countingSignal();
    const wire: Sender = {
      async send() {
        stopping.abort();
        await realClock.sleep(20);
        return { kind: 'response', status: 200, body: '{}', retryAfterMs: undefined, location: undefined };
      },
    };
    expect(
      await layer(wire, never.signal).send(REQUEST, { stopping: stopping.signal, aborting: never.signal }),
    ).toMatchObject({ kind: 'response', status: 200 });
  });
});

describe.for(WAITING)('%s', ([, layer]) => {
  it('that waits its turn ends at once when it is stopped, and nothing of it has left', async (test) => {
    const { url, asked } = await service(test, undefined);
    const aborting = countingSignal();
    const [first, second] = [countingSignal(), countingSignal()];
    const sender = layer(httpTo(test, url), aborting.signal);
    const underWay = sender.send(REQUEST, { stopping: first.signal, aborting: aborting.signal });
    await until(() => asked() === 1, 'the first request to arrive');
    const waiting = sender.send(REQUEST, { stopping: second.signal, aborting: aborting.signal });
    await until(() => second.listeners() > 0, 'the second to wait for its turn');
    second.abort();
    expect(await waiting).toMatchObject(ABORTED);
    expect(asked()).toBe(1);
    first.abort();
    aborting.abort();
    expect(await underWay).toMatchObject(ABORTED);
  });
});

describe.for(TRYING_AGAIN)('%s', ([, layer]) => {
  it('that pauses before another try ends at once when it is stopped, however long the service asked it to wait', async (test) => {
    const { url, asked } = await service(test, answerOf(503, '', 'retry-after: 200\r\n'));
    const stopping = countingSignal();
    const aborting = countingSignal();
    const timersBefore = timers();
    const sending = layer(httpTo(test, url), aborting.signal).send(REQUEST, {
      stopping: stopping.signal,
      aborting: aborting.signal,
    });
    await until(() => asked() === 1 && aborting.listeners() === 0, 'the first answer');
    const from = performance.now();
    stopping.abort();
    expect(await sending).toMatchObject(ABORTED);
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(asked()).toBe(1);
    await until(
      () => timers() <= timersBefore,
      'no timer to be left',
      () => `${timers()} timers, ${timersBefore} before`,
    );
  });
});
