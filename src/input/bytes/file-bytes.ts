import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileWatch } from './file-watch.ts';
import { unreadable } from '../detect/refusals.ts';

/** Said once when a file that still grows has no more bytes at the moment. */
export const IDLE = Symbol('idle');

export interface FileReading {
  /** First byte to read. */
  readonly start: number;
  readonly chunkBytes: number;
  /** Wait for more bytes until `<path>.done` exists. */
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
  /** Told of every read, for a file that nobody should write to meanwhile. */
  readonly watch?: FileWatch;
  /** The bytes are text as they are: one whose last line has no end is given a moment to get it. */
  readonly isText?: boolean;
}

const POLL_MS = 50;
const LF = 10;
/** A text that ends with one of these is not in the middle of a line: a line end, or the end of an object or a list. */
const WHOLE: ReadonlySet<number> = new Set([LF, 13, 93, 125]);

/** The bytes of a file. The next piece is being read while the one before is worked on. */
export async function* fileBytes(path: string, reading: FileReading): AsyncGenerator<Buffer | typeof IDLE, void, void> {
  const { chunkBytes, follow, signal, watch } = reading;
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  let position = reading.start;
  let ahead: Promise<{ bytesRead: number; buffer: Buffer }> | undefined;
  const read = (): Promise<{ bytesRead: number; buffer: Buffer }> => {
    const pending = handle.read(Buffer.allocUnsafeSlow(chunkBytes), 0, chunkBytes, position);
    // Whoever awaits it sees the failure; this keeps one that nobody awaits any more from ending the process.
    pending.catch(() => undefined);
    return pending;
  };
  try {
    let isIdle = false;
    let lastByte = LF;
    watch?.look(handle.fd, 0);
    for (;;) {
      signal?.throwIfAborted();
      // Asked before reading: what was written before the mark appeared is then certainly seen.
      const isDone = !follow || existsSync(`${path}.done`);
      const { bytesRead, buffer } = await (ahead ?? read()).catch((error: unknown) => {
        throw unreadable(path, error);
      });
      ahead = undefined;
      if (bytesRead > 0) {
        isIdle = false;
        position += bytesRead;
        lastByte = buffer[bytesRead - 1] ?? LF;
        watch?.look(handle.fd, position);
        if (!follow) ahead = read();
        yield bytesRead === chunkBytes ? buffer : buffer.subarray(0, bytesRead);
      } else if (isDone) {
        watch?.look(handle.fd, position);
        if (watch === undefined || reading.isText !== true || WHOLE.has(lastByte) || !(await watch.settles(handle.fd, position, signal))) return;
      }
      else if (isIdle) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      else {
        isIdle = true;
        yield IDLE;
      }
    }
  } finally {
    await ahead?.catch(() => undefined);
    await handle.close();
  }
}
