import { isAscii, isUtf8 } from 'node:buffer';
import { parse as parseLossless } from 'lossless-json';
import type { RawRow } from '../../domain/block.ts';
import type { SourceLayout } from '../../domain/plan.ts';
import { RawNumber } from '../../domain/raw-number.ts';
import { SHAPE } from './extents.ts';
import { badBytes } from './row-reader.ts';
import type { JsonRow, RowFault, RowReader } from './row-reader.ts';

/** Deeper than this no parser of ours may recurse; nobody's attributes are. */
const DEPTH_MAX = 200;

/** A number outside of strings that a double might not give back: 16 characters or more, or an exponent. */
const RISKY_NUMBER = /(?:^|[:[,\s])-?(?:\d[\d.]{15}|\d[\d.]*[eE])/;

const TOO_LONG: RowFault = { fault: 'unparsable', message: 'the line is longer than 16 MiB' };
const TOO_DEEP: RowFault = { fault: 'unparsable', message: `the JSON is nested deeper than ${DEPTH_MAX} levels` };
const CUT_OFF: RowFault = {
  fault: 'unparsable',
  message: 'the last line is cut off: it ends in the middle of its JSON',
};

/** JSON objects, one for each record: a line of NDJSON or an element of an array. */
export function createJsonRows(layout: SourceLayout): RowReader {
  const undecoded = badBytes(layout.encoding);
  const unit = layout.jsonArray ? 'element' : 'line';

  return (raw, extents, isLast) => {
    const isOneByteText = isAscii(raw);
    const isGoodText = isOneByteText || isUtf8(raw);
    const text = isOneByteText ? raw.toString('latin1') : '';
    const rows: RawRow[] = [];
    for (let i = 0; i < extents.count; i += 1) {
      const start = extents.starts[i] ?? 0;
      const end = extents.ends[i] ?? 0;
      if (extents.shapes[i] === SHAPE.tooLong) rows.push(TOO_LONG);
      else if (!isGoodText && !isUtf8(raw.subarray(start, end))) rows.push(undecoded);
      else {
        const record = isOneByteText ? text.slice(start, end) : raw.toString('utf8', start, end);
        const isCutOff = isLast && i === extents.count - 1 && end === raw.length && !layout.jsonArray;
        rows.push(rowOf(record, unit, isCutOff));
      }
    }
    return rows;
  };
}

/** One record as a row. */
export function rowOf(record: string, unit: string, isUnended: boolean): RawRow {
  if (record.length > DEPTH_MAX * 2 && depthOf(record) > DEPTH_MAX) return TOO_DEEP;
  let value: unknown;
  try {
    value = RISKY_NUMBER.test(record) ? parsePrecisely(record) : JSON.parse(record);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return isUnended ? CUT_OFF : { fault: 'unparsable', message: `the ${unit} is not valid JSON` };
  }
  if (isObject(value)) return { json: value } satisfies JsonRow;
  return { fault: 'unparsable', message: `the ${unit} must be a JSON object, it is ${nameOf(value)}` };
}

/** As JSON.parse, but a number that would not be written the way it was read becomes a RawNumber. */
function parsePrecisely(text: string): unknown {
  return parseLossless(text, undefined, {
    parseNumber: (digits) => (String(Number(digits)) === digits ? Number(digits) : new RawNumber(digits)),
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

/** Levels of brackets outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (isInString) {
      if (code === 92) i += 1;
      else if (code === 34) isInString = false;
    } else if (code === 34) isInString = true;
    else if (code === 123 || code === 91) deepest = Math.max(deepest, (depth += 1));
    else if (code === 125 || code === 93) depth -= 1;
  }
  return deepest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return value instanceof RawNumber ? 'a number' : `a ${typeof value}`;
}
