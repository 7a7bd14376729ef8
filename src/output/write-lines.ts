import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { safeText } from '../domain/text/safe-text.ts';

const WRITE_LINES = 500;

/** Writes lines to stdout, as fast as they are read. Undefined when it ended before the last: the reader went away, or a stop. */
export async function writeToStdout(
  lines: Iterable<string>,
  { stdout, stopping }: Pick<Host, 'stdout' | 'stopping'>,
): Promise<number | undefined> {
  let isOver = false;
  stdout.once('error', () => (isOver = true));
  const shown = forReader(stdout.isTTY === true);
  let count = 0;
  for (const line of lines) {
    if (stopping.aborted || isOver) return undefined;
    count++;
    if (!stdout.write(`${shown(line)}\n`)) await untilDrained(stdout, stopping);
  }
  return isOver ? undefined : count;
}

function untilDrained(stream: Host['stdout'], stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'error', 'close'] as const) stream.off(event, done);
      stopping.removeEventListener('abort', done);
      resolve();
    };
    for (const event of ['drain', 'error', 'close'] as const) stream.on(event, done);
    stopping.addEventListener('abort', done);
  });
}

/** Writes lines to a file for its owner alone. A file that could not be written to its end is an error that names it. */
export function writeToFile(lines: Iterable<string>, path: string, shownPath: string): number {
  const file = attempt(shownPath, () => openSync(path, 'w', 0o600));
  let count = 0;
  try {
    const shown = forReader(isatty(file)); // /dev/tty
    let waiting: string[] = [];
    const flush = (): void => {
      if (waiting.length > 0) attempt(shownPath, () => writeFileSync(file, `${waiting.join('\n')}\n`), count);
      waiting = [];
    };
    for (const line of lines) {
      count++;
      waiting.push(shown(line));
      if (waiting.length >= WRITE_LINES) flush();
    }
    flush();
    attempt(shownPath, () => syncIfPossible(file), count);
    return count;
  } finally {
    closeSync(file);
  }
}

/** A whole text into a file, under the name that the user gave it. */
export function writeWhole(path: string, shownPath: string, text: string): void {
  attempt(shownPath, () => writeFileSync(path, text), 1);
}

/** Some file systems tell of a full disk only now. Pipes and devices have nothing to sync. */
function syncIfPossible(file: number): void {
  try {
    fsyncSync(file);
  } catch (error) {
    if (!isSystemError(error) || !['EINVAL', 'ENOTSUP', 'EROFS'].includes(error.code ?? '')) throw error;
  }
}

function attempt<T>(shownPath: string, work: () => T, written = 0): T {
  try {
    return work();
  } catch (error) {
    const code = isSystemError(error) ? ` (${error.code})` : '';
    const message =
      written === 0
        ? `${shownPath} cannot be written${code}`
        : `${shownPath} could not be written to its end${code}: what it holds is incomplete`;
    throw new CioBulkError('output_unwritable', message, {
      hint: 'make room there, or name another place',
      cause: error,
    });
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

/** Byte for byte, but not onto a terminal: there a cell could move the cursor. */
function forReader(isTerminal: boolean): (line: string) => string {
  return isTerminal ? safeText : (line) => line;
}
