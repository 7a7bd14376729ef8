import { addRecord, createExtents, resetExtents, SHAPE, type Splitter } from './extents.ts';
import type { Limits } from './limits.ts';

const LF = 10;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const TAB = 9;
const CR = 13;
const SPACE = 32;

/**
 * Elements of a file that is one JSON array, from behind its opening bracket (or behind any element) on. Only strings and
 * depth are followed; whether an element is good JSON is decided by the parser. The closing bracket is never consumed, so
 * that an array which grew can be continued.
 */
export function createArraySplitter(limits: Limits): Splitter {
  const extents = createExtents(limits.rowsMax);

  return (buffer, isFinal) => {
    resetExtents(extents);
    for (;;) {
      const at = separatorsEnd(buffer, extents.consumed);
      const line = extents.consumedLines + linesIn(buffer, extents.consumed, at);
      const isClosed = buffer[at] === CLOSE_BRACKET;
      if (isClosed || at >= buffer.length || at >= limits.blockBytes || extents.count >= limits.rowsMax) {
        // Separators that no element follows are progress too: megabytes of them must not pile up.
        extents.closed = isClosed;
        extents.consumed = at;
        extents.consumedLines = line;
        return extents;
      }
      const end = elementEnd(buffer, at, Math.min(buffer.length, at + limits.recordBytesMax), isFinal);
      if (end === -1) {
        extents.oversize = extents.count === 0 && (isFinal || buffer.length - at > limits.recordBytesMax);
        return extents;
      }
      addRecord(extents, at, end, line, SHAPE.plain);
      extents.consumed = end;
      extents.consumedLines = line + linesIn(buffer, at, end);
    }
  };
}

function separatorsEnd(buffer: Uint8Array, start: number): number {
  let i = start;
  while (i < buffer.length && isSeparator(buffer[i])) i += 1;
  return i;
}

function isSeparator(byte: number | undefined): boolean {
  return byte === COMMA || byte === LF || byte === SPACE || byte === CR || byte === TAB;
}

function linesIn(buffer: Uint8Array, start: number, end: number): number {
  let lines = 0;
  for (let i = start; i < end; i += 1) if (buffer[i] === LF) lines += 1;
  return lines;
}

/** The byte after the element, or -1 when it is not before `stop`. */
function elementEnd(buffer: Uint8Array, start: number, stop: number, isFinal: boolean): number {
  let depth = 0;
  let isInString = false;
  for (let i = start; i < stop; i += 1) {
    const byte = buffer[i];
    if (isInString) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) {
        isInString = false;
        if (depth === 0) return i + 1;
      }
    } else if (byte === QUOTE) isInString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      // At depth 0 this is the array's own bracket behind a number, or a stray brace, which becomes an element of its own.
      if (depth === 0) return i > start ? i : i + 1;
      depth -= 1;
      if (depth === 0) return i + 1;
    } else if (depth === 0 && isSeparator(byte)) return i;
  }
  return isFinal && depth === 0 && !isInString && stop === buffer.length ? stop : -1;
}
