/** Passing over text without splitting it into rows: each of these takes it out of the window, and hashes it where it gets a hash. */
import type { Hash } from 'node:crypto';
import type { Window } from './window.ts';

const LF = 10;
const CR = 13;

/** Passes over this many bytes. Resolves to the last of them, or undefined when there are fewer. */
export async function skip(window: Window, bytes: number, hash: Hash): Promise<number | undefined> {
  let last = LF;
  for (let left = bytes; left > 0;) {
    if (!(await window.need(1))) return undefined;
    const taken = Math.min(left, window.bytes().length);
    last = window.bytes()[taken - 1] ?? LF;
    take(window, taken, hash);
    left -= taken;
  }
  return last;
}

/** The SHA-256 that `hash` would have after this many bytes more, which stay in memory; undefined when there are fewer. */
export async function digestAhead(window: Window, bytes: number, hash: Hash): Promise<string | undefined> {
  return (await window.need(bytes)) ? hash.copy().update(window.bytes().subarray(0, bytes)).digest('hex') : undefined;
}

/** Passes over the text up to the next line end, and over this too; resolves to the number of bytes. */
export async function skipLine(window: Window, hash: Hash, isCrLineEnd: boolean): Promise<number> {
  let skipped = 0;
  while (await window.need(1)) {
    const found = lineEnd(window.bytes(), isCrLineEnd);
    if (found === -1) {
      const all = window.bytes().length;
      skipped += all;
      take(window, all, hash);
      continue;
    }
    const isCrLf = window.bytes()[found] === CR && (await window.need(found + 2)) && window.bytes()[found + 1] === LF;
    const length = found + (isCrLf ? 2 : 1);
    take(window, length, hash);
    return skipped + length;
  }
  return skipped;
}

/** Passes over a line end that was still missing, after a source whose last line had none was appended to. */
export async function skipHalfLineEnd(
  window: Window,
  hash: Hash,
  lastByte: number,
  refuse: () => Error,
): Promise<number> {
  if (lastByte === LF || !(await window.need(1))) return 0;
  const first = window.bytes()[0];
  if (lastByte === CR) {
    if (first !== LF) return 0;
    take(window, 1, hash);
    return 1;
  }
  if (first !== LF && first !== CR) throw refuse();
  const length = first === CR && (await window.need(2)) && window.bytes()[1] === LF ? 2 : 1;
  take(window, length, hash);
  return length;
}

/** Whether all text behind the next `bytes` bytes is white space. Consumes it. */
export async function isBlankBehind(window: Window, bytes: number): Promise<boolean> {
  if (await window.need(bytes)) window.drop(bytes);
  while (await window.need(1)) {
    if (window.bytes().toString('latin1').trim() !== '') return false;
    window.drop(window.bytes().length);
  }
  return true;
}

function take(window: Window, bytes: number, hash: Hash): void {
  hash.update(window.bytes().subarray(0, bytes));
  window.drop(bytes);
}

function lineEnd(bytes: Buffer, isCrLineEnd: boolean): number {
  const lf = bytes.indexOf(LF);
  if (!isCrLineEnd) return lf;
  const cr = (lf === -1 ? bytes : bytes.subarray(0, lf)).indexOf(CR);
  return cr === -1 ? lf : cr;
}
