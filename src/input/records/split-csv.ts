import { addRecord, createExtents, resetExtents, SHAPE, type Splitter } from './extents.ts';
import type { Limits } from './limits.ts';
import type { Dialect } from '../../domain/plan.ts';

const LF = 10;
const CR = 13;
const DOUBLE_QUOTE = 34;
const BACKSLASH = 92;
/** Bytes below are control characters. */
const SPACE = 32;
/** What no byte is. */
const NONE = -1;

/** How the scan of one record ended. */
const FOUND = 0;
const OUT_OF_BYTES = 1;
const BROKEN = 2;

/**
 * CSV records. A quote opens only as the first byte of a cell, `""` inside stands for one, the closing one is followed by
 * a delimiter or a line end. LF, CRLF and a lone CR end a line, also mixed. Blank lines are passed over, and so
 * are records whose cells are all empty (`,,`): a spreadsheet writes them below a table. So are comments, in a dialect that has them.
 *
 * A record whose quote never closes, or closes in front of other text, is a fault that covers its first physical line
 * only: reading goes on at the next line, so that one stray quote cannot swallow the rest of the file. That is still
 * linear: a quote stays open up to the next odd run of quotes, and no line on the way there can open one that stays open.
 */
// oxlint-disable-next-line max-lines-per-function -- the hot loop: its place is kept in variables of the closure, since an object per record would cost more than the scan
export function createCsvSplitter(dialect: Dialect, limits: Limits): Splitter {
  const delimiter = Buffer.from(dialect.delimiter);
  const width = delimiter.length;
  /** The last byte of a delimiter: of one byte it is all, of several the others are looked at where it matters. */
  const comma = delimiter[width - 1] ?? LF;
  const quote = dialect.quote === undefined ? DOUBLE_QUOTE : codeOf(dialect.quote);
  const escape = codeOf(dialect.escape);
  const comment = codeOf(dialect.comment);
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
      const isComment = buffer[start] === comment;
      // Of a comment only the line is passed over, as of a broken record.
      let ending = isComment ? BROKEN : scan(buffer, start, stop, isWhole && isFinal);
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
      if (end > start && !isComment && !isEmpty(buffer, start, end)) addRecord(extents, start, end, startLine, shape);
      extents.consumed = at;
      extents.consumedLines = line;
    }
    extents.isPlain = !hasEscapes && !has(buffer, BACKSLASH) && (quote === DOUBLE_QUOTE || !has(buffer, DOUBLE_QUOTE));
    return extents;
  };

  function has(buffer: Uint8Array, byte: number): boolean {
    return buffer.subarray(0, extents.consumed).includes(byte);
  }

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
      if (byte === quote) {
        if (shape === SHAPE.plain) shape = SHAPE.quoted;
        if (isCellStart && (width === 1 || i === start || isDelimiter(buffer, i - width))) {
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
      if (byte === quote) {
        if (escape !== NONE && isEscaped(buffer, start, i)) {
          i += 1;
          continue;
        }
        if (i + 1 === stop && !isFinal) return broken(SHAPE.unclosedQuote, OUT_OF_BYTES);
        const next = i + 1 === stop ? LF : buffer[i + 1];
        if (next !== quote) {
          at = i + 1;
          if (escape !== NONE && buffer.subarray(start, i).includes(escape)) shape = SHAPE.escaped;
          if (next === LF || next === CR || startsDelimiter(buffer, at)) return FOUND;
          if (i + width >= stop && !isFinal) return broken(SHAPE.unclosedQuote, OUT_OF_BYTES);
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

  function isDelimiter(buffer: Uint8Array, start: number): boolean {
    return delimiter.equals(buffer.subarray(start, start + width));
  }

  /** Whether a quote in a quoted cell stands behind an escape character that is not escaped itself. */
  function isEscaped(buffer: Uint8Array, start: number, place: number): boolean {
    let i = place;
    while (i > start && buffer[i - 1] === escape) i -= 1;
    if ((place - i) % 2 === 0) return false;
    hasEscapes = true;
    return true;
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

  /** Nothing but delimiters, and pairs of quotes around nothing. A lone pair is how a file of one column says that it has such a row. */
  function isEmpty(buffer: Uint8Array, start: number, end: number): boolean {
    if (buffer[start] === quote && end - start === 2) return false;
    let i = start;
    while (i < end) {
      if (startsDelimiter(buffer, i)) i += width;
      else if (
        buffer[i] === quote &&
        buffer[i + 1] === quote &&
        i + 2 <= end &&
        (i + 2 === end || startsDelimiter(buffer, i + 2))
      )
        i += 2;
      else return false;
    }
    return true;
  }

  function startsDelimiter(buffer: Uint8Array, start: number): boolean {
    return width === 1 ? buffer[start] === comma : isDelimiter(buffer, start);
  }
}

function codeOf(character: string | undefined): number {
  return character === undefined || character === '' ? NONE : character.charCodeAt(0);
}
