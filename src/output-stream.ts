import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { OutputStream } from './domain/host.ts';

/** How an output ended. */
export type OutputEnd = 'taken' | 'cut' | 'unread';

export interface Output {
  readonly stream: OutputStream;
  /**
   * Waits until everything is taken. `cut`: it could not be written (a full disk). `unread`: nobody took a byte for a while, or
   * `hurry` aborted. A reader that went away has what it wanted: `taken`.
   */
  end(hurry: AbortSignal): Promise<OutputEnd>;
  /** The system's name for what went wrong: `ENOSPC`. */
  fault(): string | undefined;
}

/** A reader that takes nothing for this long has stopped reading; after a signal, less. */
const PATIENCE_MS = 10_000;
const HURRY_MS = 1_000;
const LOOK_EVERY_MS = 50;

/** One of the two standard outputs, with what became of it. */
export function openOutput(given: NodeJS.WriteStream & { readonly fd: number }): Output {
  const stream: OutputStream = isFile(given) ? fileStream(given.fd) : given;
  let fault: string | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fault ??= error.code ?? error.message;
  });
  return {
    stream,
    fault: () => fault,
    async end(hurry) {
      await new Promise(setImmediate); // an error of the last write is told after it
      let left = stream.writableLength;
      let since = performance.now();
      while (left > 0 && !stream.destroyed) {
        if (performance.now() - since > (hurry.aborted ? HURRY_MS : PATIENCE_MS)) return 'unread';
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        if (stream.writableLength < left) since = performance.now();
        left = stream.writableLength;
      }
      return fault === undefined ? 'taken' : 'cut';
    },
  };
}

/** A file or a device such as /dev/full, and no terminal. */
function isFile(stream: NodeJS.WriteStream & { readonly fd: number }): boolean {
  if (stream.isTTY) return false;
  try {
    const found = fstatSync(stream.fd);
    return found.isFile() || found.isCharacterDevice();
  } catch {
    return false;
  }
}

/** Node writes to a file once and takes a short write for a whole one: on a full disk the end of the text would be lost without a word. */
function fileStream(fd: number): OutputStream {
  return new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}
