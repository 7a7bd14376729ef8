import { addRecord, createExtents, resetExtents, SHAPE, type Splitter } from './extents.ts';
import type { Limits } from './limits.ts';

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;

/** NDJSON records: lines, ended by LF or CRLF. Lines of white space only are passed over. */
export function createLineSplitter(limits: Limits): Splitter {
  const extents = createExtents(limits.rowsMax);
  return (buffer, isFinal) => {
    resetExtents(extents);
    const length = buffer.length;
    let at = 0;
    let line = 0;
    while (at < length && at < limits.blockBytes && extents.count < limits.rowsMax) {
      const lineEnd = endOf(buffer, at);
      const isEnded = lineEnd < length;
      if ((isEnded ? lineEnd : length) - at > limits.recordBytesMax) {
        extents.oversize = extents.consumed === 0;
        break;
      }
      if (!isEnded && !isFinal) break;
      const end = isEnded && buffer[lineEnd - 1] === CR && lineEnd > at ? lineEnd - 1 : lineEnd;
      if (!isBlank(buffer, at, end)) addRecord(extents, at, end, line, SHAPE.plain);
      at = isEnded ? lineEnd + 1 : lineEnd;
      line += 1;
      extents.consumed = at;
      extents.consumedLines = line;
    }
    return extents;
  };
}

function endOf(buffer: Uint8Array, start: number): number {
  const found = buffer.indexOf(LF, start);
  return found === -1 ? buffer.length : found;
}

function isBlank(buffer: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const byte = buffer[i];
    if (byte !== SPACE && byte !== TAB && byte !== CR) return false;
  }
  return true;
}
