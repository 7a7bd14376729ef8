import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answer, hostileServer, take, type HostileRequest } from '../../support/hostile-server.ts';
import { countsOf, send } from '../../support/send-people.ts';

/** One request at a time, so that each finds the connection of the one before. */
const ONE_BY_ONE = ['--concurrency', '1', '--max-outage', '20s'];
const REFUSED = answer(
  207,
  JSON.stringify({
    errors: Array.from({ length: 10 }, (_, i) => ({ batch_index: i, reason: 'invalid', message: 'no' })),
  }),
);

const refuse = ({ socket }: HostileRequest): void => void socket.write(REFUSED);

/** Once more what was said, so many milliseconds later; 0 is the same segment. */
function twice(socket: Socket, text: string, afterMs: number): void {
  if (afterMs === 0) return void socket.write(text + text);
  socket.write(text);
  setTimeout(() => socket.destroyed || socket.write(text), afterMs);
}

describe('an answer that nobody asked for', () => {
  it.concurrent.for([0, 1, 5, 20])(
    '%i ms behind the reply about the region never settles a batch that the service refuses',
    async (afterMs, test) => {
      const server = await hostileServer(test, refuse, {
        onRegion: ({ socket }) => twice(socket, answer(200, '{"region":"us","environment_id":4711}'), afterMs),
      });
      const result = await send(test, server.url, { args: ONE_BY_ONE });
      expect(countsOf(result)).toEqual({ rejected: 30 });
    },
  );

  it.concurrent.for([0, 1])(
    '%i ms behind the answer to a batch settles no other one: what the service refused is rejected',
    async (afterMs, test) => {
      // Every connection on which a batch was taken says so twice.
      const server = await hostileServer(test, (request, self) => {
        if (request.operations.some(({ identifiers }) => identifiers['id'] === 'u1')) {
          self.taken.push(...request.operations);
          return twice(request.socket, answer(200, '{}'), afterMs);
        }
        return refuse(request);
      });
      const result = await send(test, server.url, { args: ONE_BY_ONE });
      expect(countsOf(result)).toEqual({ delivered: 10, rejected: 20 });
    },
  );

  it.concurrent(
    'ends the use of connections for more than one request: a service that always answers twice settles every row once',
    async (test) => {
      const server = await hostileServer(test, (request, self) => {
        self.taken.push(...request.operations);
        twice(request.socket, answer(200, '{}'), 1);
      });
      const result = await send(test, server.url, { rows: 100, args: ONE_BY_ONE });
      expect(countsOf(result)).toEqual({ delivered: 100 });
      expect(result.code).toBe(0);
      expect(server.connections()).toBeGreaterThanOrEqual(10);
      expect(new Set(server.taken.map(({ identifiers }) => identifiers['id'])).size).toBe(100);
    },
  );

  it.concurrent(
    'that comes late, on a connection that had been believed, is told with the number of rows it casts doubt on',
    async (test) => {
      let spare: Socket | undefined;
      const server = await hostileServer(test, (request, self) => {
        take(request, self);
        if (request.number !== 1) return;
        spare = request.socket;
        setTimeout(() => spare?.write(answer(200, '{}')), 100);
      });
      // A rate of one in 400 ms: nothing is asked when the spare answer comes.
      const result = await send(test, server.url, { args: [...ONE_BY_ONE, '--rate', '2.5'] });
      expect(countsOf(result)).toEqual({ delivered: 30 });
      expect(result.stderr).toMatch(
        /answered more often than it was asked: up to 20 rows may have been settled by another request's answer/,
      );
    },
  );

  it.concurrent(
    'while the next request is under way, and much too soon for it, is not taken for its answer',
    async (test) => {
      const spare = new WeakSet<Socket>();
      const server = await hostileServer(test, (request, self) => {
        const { socket, operations, number } = request;
        if (spare.delete(socket)) socket.write(answer(200, '{}')); // one too many, when somebody else is waiting
        if (number === 2) spare.add(socket);
        setTimeout(
          () =>
            operations.some(({ identifiers }) => identifiers['id'] === 'u31') ? refuse(request) : take(request, self),
          150,
        );
      });
      const result = await send(test, server.url, { rows: 60, args: ONE_BY_ONE });
      expect(countsOf(result)).toEqual({ delivered: 50, rejected: 10 });
      expect(result.json.filter(({ type }) => type === 'undelivered').map(({ row }) => row)).toEqual([
        31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
      ]);
    },
  );

  it.concurrent('before any request, as a greeting, is not taken for the answer to the first one', async (test) => {
    const server = await hostileServer(test, refuse, {
      onConnection: (socket, number) => number < 3 && socket.write(answer(200, '{}')),
    });
    const result = await send(test, server.url, { args: ONE_BY_ONE });
    expect(countsOf(result)).toEqual({ rejected: 30 });
  });
});

/** Odd, but no reason to doubt. */
const LEGAL: readonly (readonly [string, (text: string, socket: Socket) => void])[] = [
  [
    '103 Early Hints before it',
    (text, socket) => void socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${text}`),
  ],
  [
    '102 Processing twice before it',
    (text, socket) => void socket.write(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(2)}${text}`),
  ],
  ['Connection: close', (_, socket) => void socket.end(answer(200, '{}', { connection: 'close' }))],
  ['no length and a closed connection', (_, socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n{}')],
  ['HTTP/1.0', (_, socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\n{}')],
  ['a line end behind it, as old proxies send', (text, socket) => void socket.write(`${text}\r\n`)],
];

describe('an answer with', () => {
  it.concurrent.for(LEGAL)('%s is believed, and nothing is sent twice', async ([, say], test) => {
    const server = await hostileServer(test, ({ operations, socket }, self) => {
      self.taken.push(...operations);
      say(answer(200, '{}'), socket);
    });
    const result = await send(test, server.url, { args: ONE_BY_ONE });
    expect(countsOf(result)).toEqual({ delivered: 30 });
    expect(server.taken).toHaveLength(30);
  });
});

it.concurrent('the answer to a request that was given up comes too late for the next one', async (test) => {
  const server = await hostileServer(test, (request) => {
    if (request.number > 0) return refuse(request);
    setTimeout(() => request.socket.destroyed || request.socket.write(answer(200, '{}')), 1_000); // patience is 700 ms
  });
  const result = await send(test, server.url, { args: ONE_BY_ONE });
  expect(countsOf(result)).toEqual({ rejected: 30 });
});
