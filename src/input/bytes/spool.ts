import { existsSync } from 'node:fs';
import { type FileHandle, open, rm, stat, writeFile } from 'node:fs/promises';
import { crashPoint } from '../../domain/crash-point.ts';
import { CioBulkError } from '../../domain/errors.ts';
import { errorCode } from '../../domain/text/error-code.ts';
import type { InputStream } from '../../domain/host.ts';
import { unreadable } from '../detect/refusals.ts';
import { markOf } from './spool-source.ts';

export interface Spooling {
  /**
   * Resolves when the stream has ended and `<spool>.done` exists. Rejects with CioBulkError: input_changed when the stream is
   * not the one that the spool began with (the spool stays as it was), output_unwritable when the disk is full. A reader
   * that follows the spool waits for the mark, so a rejection must abort it.
   */
  readonly done: Promise<void>;
  /** Bytes that the stream gave so far. */
  received(): number;
}

const NAME = 'standard input';
const COMPARE_BYTES = 256 * 1024;

/**
 * Copies a stream into a file of mode 0600, as fast as it comes, so that an interrupted run can read it again.
 *
 * Resolves as soon as the spool may be read, following it. A spool that exists is continued: the stream must begin with the
 * bytes that are there; more are appended, unless the spool was complete. A stream that is a terminal, or empty, stands for "use the spool", which
 * must then be complete: else input_missing. When the signal aborts, the stream is let go and `done` rejects with its reason.
 */
export async function spoolStdin(
  stream: InputStream,
  spoolPath: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Spooling> {
  const before = await stat(spoolPath).catch(() => undefined);
  const kept = before?.size ?? 0;
  const isComplete = existsSync(markOf(spoolPath)) && before !== undefined;
  if (stream.isTTY === true) return useSpool(isComplete, kept, 'is a terminal');
  // A mark without its spool was left by a removal that was cut short: a reader would take the new spool for complete.
  if (before === undefined) await rm(markOf(spoolPath), { force: true });
  const handle = await open(spoolPath, before === undefined ? 'wx+' : 'r+', 0o600).catch((error: unknown) => {
    throw unwritable(error);
  });
  crashPoint('spool opened');
  const { signal } = options;
  const copying: Copying = {
    stream,
    pieces: stream[Symbol.asyncIterator](),
    spoolPath,
    handle,
    kept,
    isComplete,
    signal,
    received: 0,
  };
  const letGo = (): void => void stream.destroy(); // a pipe that says nothing would keep the process waiting for its next word
  signal?.addEventListener('abort', letGo, { once: true });
  if (signal?.aborted === true) letGo();
  try {
    // With nothing kept the spool can be read at once; else the first piece tells whether the stream repeats it.
    const first = kept > 0 || isComplete ? await copying.pieces.next() : undefined;
    if (first?.done === true) {
      await handle.close();
      return useSpool(isComplete, kept, 'is empty');
    }
    const done = copyAndClose(copying, first).finally(() => signal?.removeEventListener('abort', letGo));
    return { done, received: () => copying.received };
  } catch (error) {
    stream.destroy();
    await handle.close();
    signal?.throwIfAborted();
    throw error;
  }
}

interface Copying {
  readonly stream: InputStream;
  readonly pieces: AsyncIterator<unknown, unknown>;
  readonly spoolPath: string;
  readonly handle: FileHandle;
  /** Bytes that an earlier process has kept of the stream. */
  readonly kept: number;
  /** They were all of it. */
  readonly isComplete: boolean;
  readonly signal: AbortSignal | undefined;
  received: number;
}

async function copyAndClose(copying: Copying, first: IteratorResult<unknown, unknown> | undefined): Promise<void> {
  try {
    await copy(copying, first);
  } catch (error) {
    copying.stream.destroy();
    copying.signal?.throwIfAborted();
    throw error;
  } finally {
    await copying.handle.close();
  }
}

async function copy(copying: Copying, first: IteratorResult<unknown, unknown> | undefined): Promise<void> {
  const { pieces, spoolPath, handle, kept, isComplete, signal } = copying;
  for (let piece = first ?? (await pieces.next()); piece.done !== true; piece = await pieces.next()) {
    signal?.throwIfAborted();
    const bytes = toBytes(piece.value);
    const known = Math.max(0, Math.min(bytes.length, kept - copying.received));
    if (!(await isSame(handle, bytes.subarray(0, known), copying.received))) {
      throw refusal('is not the data that the interrupted run began with');
    }
    if (isComplete && known < bytes.length)
      throw refusal('is longer than what the interrupted run read of it, which was all of it');
    await writeAll(handle, bytes.subarray(known), copying.received + known);
    copying.received += bytes.length;
    crashPoint('spool written');
  }
  signal?.throwIfAborted(); // ended by us, not by its writer
  if (copying.received < kept) throw refusal('ended before the point that the interrupted run had reached');
  await handle.sync();
  crashPoint('spool complete');
  if (!isComplete) await writeFile(markOf(spoolPath), '', { mode: 0o600 });
  crashPoint('spool marked');
}

/** Forgets a spool and its mark. */
export async function removeSpool(spoolPath: string): Promise<void> {
  await rm(spoolPath, { force: true });
  crashPoint('spool half removed');
  await rm(markOf(spoolPath), { force: true });
}

/** Whether a path is to be spooled: `-`, a named pipe, a device. A missing path is input_missing. */
export async function isStream(path: string): Promise<boolean> {
  if (path === '-') return true;
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return !found.isFile() && !found.isDirectory();
}

function refusal(what: string): CioBulkError {
  return new CioBulkError('input_changed', `${NAME} ${what}`, {
    hint: 'pipe the same data again, or start again with --restart',
  });
}

function useSpool(isComplete: boolean, kept: number, what: string): Spooling {
  if (isComplete) return { done: Promise.resolve(), received: () => 0 };
  const message =
    kept > 0
      ? `${NAME} ${what}, and of the interrupted run only the first ${kept.toLocaleString('en-US')} bytes are kept`
      : `${NAME} ${what}`;
  throw new CioBulkError('input_missing', message, {
    hint:
      kept > 0
        ? 'pipe the same data again, or start again with --restart'
        : 'pipe data into the command, or name a file',
  });
}

async function isSame(handle: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(COMPARE_BYTES, bytes.length - at);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position + at);
    if (bytesRead === 0 || !buffer.subarray(0, bytesRead).equals(bytes.subarray(at, at + bytesRead))) return false;
    at += bytesRead;
  }
  return true;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at).catch((error: unknown) => {
      throw unwritable(error);
    });
    at += bytesWritten;
  }
}

function toBytes(piece: unknown): Uint8Array {
  return piece instanceof Uint8Array ? piece : Buffer.from(String(piece));
}

function unwritable(cause: unknown): CioBulkError {
  return new CioBulkError(
    'output_unwritable',
    `the copy of ${NAME} cannot be written (${errorCode(cause) ?? 'unknown error'})`,
    {
      hint: 'standard input is copied next to the journal, so that the run can be resumed; make room there, or choose another place with --journal',
      cause,
    },
  );
}
