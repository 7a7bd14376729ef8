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
  let line = 0;

  return (buffer, isFinal) => {
    resetExtents(extents);
    line = 0;
    let at = 0;
    for (;;) {
      at = skipSeparators(buffer, at);
      if (at >= buffer.length) {
        // Only separators are left: taken, so that megabytes of them do not pile up.
        extents.consumed = at;
        extents.consumedLines = line;
        break;
      }
      if (buffer[at] === CLOSE_BRACKET) {
        extents.closed = true;
        extents.consumed = at;
        extents.consumedLines = line;
        break;
      }
      if (at >= limits.blockBytes || extents.count >= limits.rowsMax) {
        // The separators count as progress even if they fill the block and no element fits behind them.
        extents.consumed = at;
        extents.consumedLines = line;
        break;
      }
      const startLine = line;
      const end = elementEnd(buffer, at, Math.min(buffer.length, at + limits.recordBytesMax), isFinal);
      if (end === -1) {
        extents.oversize = extents.count === 0 && (isFinal || buffer.length - at > limits.recordBytesMax);
        break;
      }
      addRecord(extents, at, end, startLine, SHAPE.plain);
      at = end;
      extents.consumed = at;
      extents.consumedLines = line;
    }
    return extents;
  };

  function skipSeparators(buffer: Uint8Array, start: number): number {
    let i = start;
    for (; i < buffer.length; i += 1) {
      const byte = buffer[i];
      if (byte === LF) line += 1;
      else if (byte !== SPACE && byte !== COMMA && byte !== TAB && byte !== CR) break;
    }
    return i;
  }

  /** The byte after the element, or -1 when it is not before `stop`. */
  function elementEnd(buffer: Uint8Array, start: number, stop: number, isFinal: boolean): number {
    let depth = 0;
    let isInString = false;
    for (let i = start; i < stop; i += 1) {
      const byte = buffer[i];
      if (byte === LF && (depth > 0 || isInString)) line += 1;
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
      } else if (depth === 0 && (byte === COMMA || byte === SPACE || byte === LF || byte === CR || byte === TAB)) return i;
    }
    return isFinal && depth === 0 && !isInString && stop === buffer.length ? stop : -1;
  }
}
