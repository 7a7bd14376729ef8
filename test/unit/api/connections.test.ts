import { createServer, type Server, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createConnections, type Connections } from '../../../src/api/connections.ts';
import { realClock } from '../../support/real-clock.ts';
import type { Finishing } from '../../support/temp.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';
/** More than the buffers of two sockets on one machine take. */
const HUGE = Buffer.alloc(16_000_000);

async function connectionsTo(test: Finishing, onSocket: (socket: Socket) => void): Promise<Connections> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connections = createConnections({
    baseUrl: `http://127.0.0.1:${port}`,
    proxy: undefined,
    timeoutMs: 5_000,
    clock: realClock,
    onDoubt: () => undefined,
  });
  test.onTestFinished(async () => {
    await connections.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return connections;
}

function post(connections: Connections, body: Uint8Array): Promise<number | undefined> {
  return connections.ask(
    { method: 'POST', path: '/', headers: {}, body, signal: AbortSignal.timeout(5_000), rows: 1 },
    async ({ statusCode, body: answer }) => {
      await answer.dump();
      return statusCode;
    },
  );
}

it.for([
  [200, undefined],
  [413, 413],
] as const)(
  'a %i that is there before the request has left is believed only when it refuses',
  async ([status, expected], test) => {
    const connections = await connectionsTo(test, (socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          socket.pause();
          socket.write(OK.replace('200', String(status)));
        });
    });
    expect(await post(connections, HUGE)).toBe(expected);
  },
);
