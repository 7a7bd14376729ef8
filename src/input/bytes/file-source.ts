import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { directoryRefused, unreadable } from '../detect/refusals.ts';
import type { ByteReading, ByteSource, Pieces } from './byte-source.ts';
import { createFileWatch, type FileWatch } from './file-watch.ts';

const LF = 10;
/** A text that ends with one of these does not stop halfway through a line: a line end, or the end of an object or a list. */
const WHOLE: ReadonlySet<number> = new Set([LF, 13, 93, 125]);

/** A file of the user's. `name` is what messages call it. */
export function createFileSource(path: string, name = basename(path)): ByteSource {
  return {
    async look() {
      return { bytes: (await sizeOf(path, name)).bytes, isComplete: true };
    },
    open(reading) {
      const watch = reading.watchAs === undefined ? undefined : createFileWatch(reading.watchAs, reading.patienceMs);
      return { pieces: readFile(path, name, reading, watch), watch };
    },
  };
}

/** Size of a file that is there and is no directory. */
export async function sizeOf(path: string, name: string): Promise<{ readonly bytes: number }> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error, name);
  });
  if (found.isDirectory()) throw directoryRefused(name);
  return { bytes: found.size };
}

export async function openToRead(path: string, name: string): Promise<FileHandle> {
  return open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error, name);
  });
}

/** The next piece is being read while the one before it is worked on. */
async function* readFile(
  path: string,
  name: string,
  { start, pieceBytes, signal, isText = false }: ByteReading,
  watch: FileWatch | undefined,
): Pieces {
  const handle = await openToRead(path, name);
  let position = start;
  let lastByte = LF;
  const read = (): Promise<{ bytesRead: number; buffer: Buffer }> => {
    const pending = handle.read(Buffer.allocUnsafeSlow(pieceBytes), 0, pieceBytes, position);
    // Whoever awaits it sees the failure; this keeps one that nobody awaits any more from ending the process.
    pending.catch(() => undefined);
    return pending;
  };
  let ahead: ReturnType<typeof read> | undefined;
  try {
    watch?.look(handle.fd, 0);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await (ahead ?? read()).catch((error: unknown) => {
        throw unreadable(path, error, name);
      });
      ahead = undefined;
      if (bytesRead > 0) {
        position += bytesRead;
        lastByte = buffer[bytesRead - 1] ?? LF;
        watch?.look(handle.fd, position);
        ahead = read();
        yield bytesRead === pieceBytes ? buffer : buffer.subarray(0, bytesRead);
        continue;
      }
      watch?.look(handle.fd, position);
      const isAtEnd =
        watch === undefined || !isText || WHOLE.has(lastByte) || !(await watch.settles(handle.fd, position, signal));
      if (isAtEnd) return;
    }
  } finally {
    await ahead?.catch(() => undefined);
    await handle.close();
  }
}
