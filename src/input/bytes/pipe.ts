import { constants, openSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InputStream } from '../../domain/host.ts';
import { unreadable } from '../detect/refusals.ts';

const POLL_MS = 20;
const CHUNK_BYTES = 64 * 1024;
/** Pipes that somebody has opened for us: one without a writer has ended. */
const OPENED_FOR_US = /^\/(?:dev\/(?:fd\/|stdin$)|proc\/)/;

/**
 * The bytes of a named pipe or a device. It is never waited for inside of the system, where a signal would not be heard: a pipe
 * without a writer, or with one that says nothing, would keep the process after Ctrl-C.
 */
export function openPipe(path: string, signal: AbortSignal): InputStream {
  // Linux alone tells a pipe that nobody has opened yet from one whose writer left without a word.
  if (process.platform === 'linux' && !OPENED_FOR_US.test(path) && statSync(path).isFIFO())
    return new Socket({ fd: openWithoutWaiting(path), readable: true, writable: false });
  return Readable.from(pipeBytes(path, signal), { objectMode: false });
}

function openWithoutWaiting(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* pipeBytes(path: string, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  signal.throwIfAborted();
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    // A pipe that nobody has opened yet looks like one that has ended.
    let hasWriter = OPENED_FOR_US.test(path) || !(await handle.stat()).isFIFO();
    for (;;) {
      const { bytesRead, buffer } = await handle
        .read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null)
        .catch((error: unknown) => {
          if (!isEmpty(error)) throw unreadable(path, error);
          hasWriter = true;
          return { bytesRead: -1, buffer: NOTHING };
        });
      signal.throwIfAborted();
      if (bytesRead > 0) {
        hasWriter = true;
        yield buffer.subarray(0, bytesRead);
      } else if (bytesRead === 0 && hasWriter) return;
      else await sleep(POLL_MS, undefined, { signal });
    }
  } finally {
    await handle.close();
  }
}

const NOTHING = Buffer.alloc(0);

function isEmpty(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
