import { fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CioBulkError } from '../../domain/errors.ts';
import type { SourceWatch } from './byte-source.ts';

const POLL_MS = 100;
/** A file that was written to more recently than this may be in the middle of being written. */
const WRITING_MS = 2_000;

/**
 * The watch over a file that is open. The operating system is asked after every piece, by the descriptor that is
 * read from: a file of the same name that takes its place is another file, and this one is read to its end.
 */
export interface FileWatch extends SourceWatch {
  /** After a read that ended at `position`. Throws input_changed when the file has become shorter than it was. */
  look(fd: number, position: number): void;
  /** Waits until nobody has written to the file for some seconds; true when it has become longer meanwhile. */
  settles(fd: number, position: number, signal: AbortSignal | undefined): Promise<boolean>;
}

/** `patienceMs`: so long after it was written to last, a file whose last line has no end is taken for whole. */
export function createFileWatch(name: string, patienceMs = WRITING_MS): FileWatch {
  let size = -1;
  let mtimeMs = 0;
  let touched = false;
  let grown = false;

  function look(fd: number, position: number): void {
    const now = fstatSync(fd);
    if (!now.isFile()) return;
    if (now.size < size || (size >= 0 && now.size < position)) throw changedWhileRead(name, 'it has become shorter');
    if (size >= 0 && now.size > size) grown = true;
    else if (size >= 0 && now.mtimeMs !== mtimeMs) touched = true;
    size = now.size;
    mtimeMs = now.mtimeMs;
  }

  return {
    look,
    wasTouched() {
      const was = touched;
      touched = false;
      return was;
    },
    hasGrown: () => grown,
    ageMs: () => Date.now() - mtimeMs,
    async settles(fd, position, signal) {
      for (;;) {
        look(fd, position);
        if (size > position) return true;
        const restMs = patienceMs - (Date.now() - mtimeMs);
        if (restMs <= 0 || restMs > patienceMs) return false; // a time in the future says nothing
        await sleep(Math.min(POLL_MS, restMs), undefined, { signal }).catch(() => undefined);
        signal?.throwIfAborted();
      }
    },
  };
}

/** The file was another one at some time while it was read: rows of both may have been sent. */
export function changedWhileRead(name: string, what: string): CioBulkError {
  return new CioBulkError('input_changed', `${name} was written to while it was read: ${what}`, {
    hint: 'restore the file and run the same command again, or start again with --restart once nobody writes to it',
  });
}
