import { addRecord, createExtents, resetExtents, SHAPE, type Splitter } from './extents.ts';
import type { Limits } from './limits.ts';

const LF = 10;
const CR = 13;
const QUOTE = 34;
const BACKSLASH = 92;
/** Bytes below are control characters. */
const SPACE = 32;

/** How the scan of one record ended. */
const FOUND = 0;
const OUT_OF_BYTES = 1;
const BROKEN = 2;

/**
 * CSV records. A quote opens only as the first byte of a cell, `""` inside stands for one, the closing one is followed by
 * a delimiter or a line end. LF, CRLF and a lone CR end a line, also mixed. Blank lines are passed over, and so
 * are records whose cells are all empty (`,,`): a spreadsheet writes them below a table.
 *
 * A record whose quote never closes, or closes in front of other text, is a fault that covers its first physical line
 * only: reading goes on at the next line, so that one stray quote cannot swallow the rest of the file. That is still
 * linear: a quote stays open up to the next odd run of quotes, and no line on the way there can open one that stays open.
 */
// oxlint-disable-next-line max-lines-per-function -- the hot loop: its place is kept in variables of the closure, since an object per record would cost more than the scan
export function createCsvSplitter(delimiter: string, limits: Limits): Splitter {
  const comma = delimiter.charCodeAt(0);
  const extents = createExtents(limits.rowsMax);
  // Where the scan of the current record stands.
  let at = 0;
  let line = 0;
  let shape: number = SHAPE.plain;
  /** Some cell has a quote or a control character. */
  let hasEscapes = false;

  return (buffer, isFinal) => {
    resetExtents(extents);
    line = 0;
    at = 0;
    hasEscapes = false;
    const length = buffer.length;
    while (at < length && at < limits.blockBytes && extents.count < limits.rowsMax) {
      const start = at;
      const startLine = line;
      const isWhole = length - start <= limits.recordBytesMax;
      const stop = isWhole ? length : start + limits.recordBytesMax;
      let ending = scan(buffer, start, stop, isWhole && isFinal);
      if (ending === OUT_OF_BYTES && isWhole) break;
      if (ending !== FOUND) {
        line = startLine;
        if (!toLineEnd(buffer, start, stop, isWhole && isFinal)) {
          extents.oversize = !isWhole && extents.consumed === 0;
          break;
        }
        ending = FOUND;
      }
      const end = at;
      if (end < length && buffer[end] === CR) {
        // The other half of a CRLF may still come.
        if (end + 1 === length && !isFinal) break;
        at += buffer[end + 1] === LF ? 2 : 1;
      } else if (end < length) at += 1;
      line += 1;
      if (end > start && !isEmpty(buffer, start, end, comma)) addRecord(extents, start, end, startLine, shape);
      extents.consumed = at;
      extents.consumedLines = line;
    }
    extents.isPlain = !hasEscapes && !buffer.subarray(0, extents.consumed).includes(BACKSLASH);
    return extents;
  };

  /** Moves `at` to the end of the record, counting the line ends inside its quotes. */
  function scan(buffer: Uint8Array, start: number, stop: number, isFinal: boolean): number {
    let i = start;
    let isCellStart = true;
    shape = SHAPE.plain;
    while (i < stop) {
      const byte = buffer[i] ?? LF;
      if (byte < SPACE && byte !== comma) {
        if (byte === LF || byte === CR) {
          at = i;
          return FOUND;
        }
        hasEscapes = true;
      }
      if (byte === QUOTE) {
        if (shape === SHAPE.plain) shape = SHAPE.quoted;
        if (isCellStart) {
          const ending = scanQuoted(buffer, i + 1, stop, isFinal);
          if (ending !== FOUND) return ending;
          i = at;
          isCellStart = false;
          continue;
        }
        hasEscapes = true;
      }
      isCellStart = byte === comma;
      i += 1;
    }
    at = i;
    return isFinal ? FOUND : OUT_OF_BYTES;
  }

  /** Moves `at` behind the closing quote of a cell. */
  function scanQuoted(buffer: Uint8Array, start: number, stop: number, isFinal: boolean): number {
    let i = start;
    while (i < stop) {
      const byte = buffer[i];
      if (byte === QUOTE) {
        if (i + 1 === stop && !isFinal) return broken(SHAPE.unclosedQuote, OUT_OF_BYTES);
        const next = i + 1 === stop ? LF : buffer[i + 1];
        if (next !== QUOTE) {
          at = i + 1;
          if (next === comma || next === LF || next === CR) return FOUND;
          return broken(SHAPE.strayQuote, BROKEN);
        }
        shape = SHAPE.escaped;
        hasEscapes = true;
        i += 1;
      } else if ((byte ?? LF) < SPACE) hasEscapes = true;
      if (byte === LF || (byte === CR && buffer[i + 1] !== LF)) line += 1;
      i += 1;
    }
    return broken(SHAPE.unclosedQuote, isFinal ? BROKEN : OUT_OF_BYTES);
  }

  function broken(kind: number, ending: number): number {
    shape = kind;
    return ending;
  }

  /** Moves `at` to the end of the first physical line; false when it has none. */
  function toLineEnd(buffer: Uint8Array, start: number, stop: number, isFinal: boolean): boolean {
    let i = start;
    while (i < stop && buffer[i] !== LF && buffer[i] !== CR) i += 1;
    at = i;
    return i < stop || isFinal;
  }
}

/** Nothing but delimiters, and pairs of quotes around nothing. A lone pair is how a file of one column says that it has such a row. */
function isEmpty(buffer: Uint8Array, start: number, end: number, comma: number): boolean {
  if (buffer[start] === QUOTE && end - start === 2) return false;
  let i = start;
  while (i < end) {
    if (buffer[i] === comma) i += 1;
    else if (
      buffer[i] === QUOTE &&
      buffer[i + 1] === QUOTE &&
      i + 2 <= end &&
      (i + 2 === end || buffer[i + 2] === comma)
    )
      i += 2;
    else return false;
  }
  return true;
}
