import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answer, firstTimes, hostileServer, take, type Behaviour } from '../../support/hostile-server.ts';
import { countsOf, send } from '../../support/send-people.ts';

const NOTHING_LEFT = { delivered: 30 };

/** Faults that hit the first two requests and then go away: every row arrives, and it shows only in the retries. */
const PASSING: readonly (readonly [string, Behaviour])[] = [
  ['a connection that is reset before any answer', ({ socket }) => void socket.resetAndDestroy()],
  ['a connection that is closed before any answer', ({ socket }) => void socket.end()],
  ['a connection that accepts and never answers', () => undefined],
  ['headers that come one byte at a time', ({ socket }) => dribble(socket, answer(200, '{}'))],
  [
    'a body that comes one byte at a time',
    ({ socket }) => dribble(socket, `{"a":"${'x'.repeat(500)}"}`, answer(200, '', { 'content-length': 508 })),
  ],
  ['a body that ends too early', ({ socket }) => void socket.end(answer(200, '{"er', { 'content-length': 400 }))],
  [
    'a content-length that is longer than the body',
    ({ socket }) => void socket.write(answer(200, '{}', { 'content-length': 40 })),
  ],
  ['two content-lengths', ({ socket }) => void socket.write(answer(200, '{}', { 'Content-Length ': 3 }))],
  ['something that is not HTTP', ({ socket }) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
  [
    'a 502 with a page of HTML',
    ({ socket }) => void socket.write(answer(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' })),
  ],
  [
    'a 503 with a page of HTML',
    ({ socket }) => void socket.write(answer(503, '<html>Back soon</html>', { 'content-type': 'text/html' })),
  ],
  ['a 500 with JSON', ({ socket }) => void socket.write(answer(500, '{"meta":{"error":"oops"}}'))],
  ['a 408', ({ socket }) => void socket.write(answer(408))],
  ['a 522', ({ socket }) => void socket.write(answer(522, 'x'))],
  ['a 599 without a body that closes', ({ socket }) => void socket.end(answer(599))],
];

describe('faults that pass', () => {
  it.concurrent.for(PASSING)('every row survives %s', async ([, fault], test) => {
    const server = await hostileServer(test, firstTimes(2, fault));
    const result = await send(test, server.url);
    expect(countsOf(result)).toEqual(NOTHING_LEFT);
    expect(result.code).toBe(0);
    expect(result.summary?.['retries']).toBe(2);
    expect(new Set(server.taken.map(({ identifiers }) => identifiers['id'])).size).toBe(30);
    expect(result.elapsedMs).toBeLessThan(20_000);
  });

  it.concurrent(
    'a batch that was applied before the connection broke repeats its events under the same ids',
    async (test) => {
      const server = await hostileServer(test, (request, self) => {
        if (request.number >= 2) return take(request, self);
        self.taken.push(...request.operations);
        request.socket.resetAndDestroy();
      });
      const result = await send(test, server.url, { kind: 'events' });
      expect(countsOf(result)).toEqual(NOTHING_LEFT);
      expect(server.taken.length).toBe(50);
      expect(new Set(server.taken.map(({ id }) => id)).size).toBe(30);
    },
  );

  it.concurrent(
    'a server that closes every connection after its answer, without a word, loses nothing',
    async (test) => {
      const server = await hostileServer(test, (request, self) => {
        take(request, self);
        request.socket.end();
      });
      const result = await send(test, server.url, { rows: 300 });
      expect(countsOf(result)).toEqual({ delivered: 300 });
      expect(result.code).toBe(0);
    },
  );

  it.concurrent('an answer with bytes behind its end counts as the answer it is', async (test) => {
    const server = await hostileServer(test, (request, self) => {
      self.taken.push(...request.operations);
      request.socket.write(answer(200, '{}and more', { 'content-length': 2 }));
    });
    const result = await send(test, server.url);
    expect(countsOf(result)).toEqual(NOTHING_LEFT);
    expect(result.code).toBe(0);
  });
});

/** Faults that stay: the run ends as resumable, with exit 5, and nobody's row has failed. */
const LASTING: readonly (readonly [string, Behaviour])[] = [
  ['resets every connection', ({ socket }) => void socket.resetAndDestroy()],
  ['never answers', () => undefined],
  ['answers every batch with 503', ({ socket }) => void socket.write(answer(503, '<html></html>'))],
];

describe('faults that last', () => {
  it.concurrent.for(LASTING)(
    'a service that %s ends the run with 5, all rows pending, and the command that continues',
    async ([, fault], test) => {
      let isBroken = true;
      const server = await hostileServer(
        test,
        (request, self) => (isBroken ? fault(request, self) : take(request, self)),
        {
          onRegion: (request, self) => (isBroken ? fault(request, self) : take(request, self)),
        },
      );
      const first = await send(test, server.url, { args: ['--no-preflight'] });
      expect(first.code).toBe(5);
      expect(countsOf(first)).toEqual({ pending: 30 });
      expect(first.lastLine).toMatch(/^cio-bulk import \S+people\.csv --batch-rows 10/);
      expect(first.elapsedMs).toBeLessThan(25_000);
    },
  );

  it.concurrent('nobody listens: the answer is there at once, with 5 and the command that continues', async (test) => {
    const result = await send(test, `http://127.0.0.1:${await closedPort()}`, { args: ['--max-attempts', '2'] });
    expect(result.code).toBe(5);
    expect(result.stderr).toContain('refuses connections (2 attempts)');
    expect(result.lastLine).toMatch(/^cio-bulk import /);
    expect(result.elapsedMs).toBeLessThan(8_000);
  });

  it.concurrent('a host without an address is told as such, with 5', async (test) => {
    const result = await send(test, 'http://track.example.invalid', { args: ['--max-attempts', '1'] });
    expect(result.code).toBe(5);
    expect(result.stderr).toMatch(/track\.example\.invalid (has no address \(DNS\)|does not answer in time)/);
    expect(result.lastLine).toMatch(/^cio-bulk import /);
  });
});

/** Bytes one at a time, never faster than the patience of the sender. */
function dribble(socket: Socket, slow: string, atOnce = ''): void {
  socket.write(atOnce);
  let at = 0;
  const timer = setInterval(
    () => (at < slow.length && !socket.destroyed ? socket.write(slow.slice(at, ++at)) : clearInterval(timer)),
    50,
  );
  socket.on('close', () => clearInterval(timer));
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
