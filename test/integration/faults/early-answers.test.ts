import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { tempFolder, type Finishing } from '../../support/temp.ts';
import { answer, hostileServer, take } from '../../support/hostile-server.ts';
import { assertAddsUp, countsOf } from '../../support/send-people.ts';

/** A batch of this size does not fit into the buffers of a socket: its sender is still writing when the answer comes. */
const BATCH_BYTES = 450_000;

describe('a server that answers before the request was read', () => {
  it.concurrent('413 and a closed connection: the batch is halved, and every row arrives', async (test) => {
    // Only bodies above half the size are answered early.
    const server = await hostileServer(test, (request, self) =>
      request.body.length > BATCH_BYTES / 2 ? closeWith(request.socket, 413) : take(request, self),
    );
    const result = await sendBig(test, server.url, []);
    expect(countsOf(result)).toEqual({ delivered: 500 });
    expect(result.code).toBe(0);
  });

  it.concurrent('503 at the first byte, then health: retried, and every row arrives', async (test) => {
    let answered = 0;
    const server = await hostileServer(test, take, {
      onHead(socket) {
        if (answered++ >= 2) return false;
        closeWith(socket, 503);
        return true;
      },
    });
    const result = await sendBig(test, server.url, []);
    expect(countsOf(result)).toEqual({ delivered: 500 });
    expect(result.code).toBe(0);
  });

  it.concurrent(
    '200 when the body has left us, but was not read, is taken at its word, and the next batch is not harmed',
    async (test) => {
      let answered = 0;
      const server = await hostileServer(test, take, {
        onHead(socket) {
          if (answered++ > 0) return false;
          closeWith(socket, 200);
          return true;
        },
      });
      const result = await sendBig(test, server.url, ['--batch-rows', '250', '--concurrency', '1']);
      expect(countsOf(result)).toEqual({ delivered: 500 });
      expect(new Set(server.taken.map(({ identifiers }) => identifiers['id'])).size).toBe(250);
    },
  );

  it.concurrent('401 at the first byte stops at once', async (test) => {
    const server = await hostileServer(test, take, {
      onHead(socket) {
        closeWith(socket, 401);
        return true;
      },
    });
    const result = await sendBig(test, server.url, []);
    expect(result.code).toBe(3);
    expect(countsOf(result)).toEqual({ pending: 500 });
  });
});

function closeWith(socket: Socket, status: number): void {
  socket.pause();
  socket.end(answer(status, '{}', { connection: 'close' }));
  setTimeout(() => socket.destroy(), 200); // what was not read makes this a reset
}

async function sendBig(test: Finishing, trackUrl: string, args: readonly string[]): ReturnType<typeof runCli> {
  const cwd = tempFolder(test);
  const lines = Array.from({ length: 500 }, (_, i) => `u${i + 1},${String(i).padStart(800, 'x')}`);
  writeFileSync(join(cwd, 'big.csv'), `id,notes\n${lines.join('\n')}\n`);
  const result = await runCli(
    test,
    ['import', 'big.csv', '--json', '--batch-bytes', String(BATCH_BYTES), '--timeout', '3s', ...args],
    { cwd, trackUrl },
  );
  assertAddsUp(result);
  return result;
}
