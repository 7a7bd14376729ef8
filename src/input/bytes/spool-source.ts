import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unreadable } from '../detect/refusals.ts';
import { IDLE, type ByteReading, type ByteSource, type Pieces } from './byte-source.ts';
import { openToRead, sizeOf } from './file-source.ts';

const POLL_MS = 50;

/** Stands beside a spool once its stream has ended and all of it is on disk. */
export function markOf(spoolPath: string): string {
  return `${spoolPath}.done`;
}

/** The copy of a stream (spool.ts), which may still be written while it is read. Nobody but us writes to it, so nobody watches. */
export function createSpoolSource(path: string, name = basename(path)): ByteSource {
  return {
    async look() {
      // Asked before the size: what was written before the mark appeared is then certainly counted.
      const isComplete = existsSync(markOf(path));
      return { bytes: (await sizeOf(path, name)).bytes, isComplete };
    },
    open: (reading) => ({ pieces: readSpool(path, name, reading), watch: undefined }),
  };
}

async function* readSpool(path: string, name: string, { start, pieceBytes, waits, signal }: ByteReading): Pieces {
  const handle = await openToRead(path, name);
  try {
    let position = start;
    let isIdle = false;
    for (;;) {
      signal?.throwIfAborted();
      // Asked before reading: what was written before the mark appeared is then certainly seen.
      const isDone = !waits || existsSync(markOf(path));
      const { bytesRead, buffer } = await handle
        .read(Buffer.allocUnsafeSlow(pieceBytes), 0, pieceBytes, position)
        .catch((error: unknown) => {
          throw unreadable(path, error, name);
        });
      if (bytesRead > 0) {
        isIdle = false;
        position += bytesRead;
        yield bytesRead === pieceBytes ? buffer : buffer.subarray(0, bytesRead);
      } else if (isDone) return;
      else if (isIdle) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      else {
        isIdle = true;
        yield IDLE;
      }
    }
  } finally {
    await handle.close();
  }
}
