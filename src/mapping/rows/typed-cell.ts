/** One cell of a CSV row as JSON text, by its column's type. */
import { ATTRIBUTE_VALUE_BYTES_MAX, bytesOver } from '../../domain/limits.ts';
import type { ColumnPlan } from '../../domain/plan.ts';
import { consentShape, consentText, NO_CONSENT } from '../values/consent.ts';
import { parseTime, timeFault, timeNote } from '../values/times.ts';
import { booleanText, booleanWord, isJson, isPlainDecimal } from '../values/values.ts';
import { longText, longTextIn } from './json-limits.ts';
import type { Packer } from './packer.ts';

/** JSON text of a cell that is not empty; null when it makes the row invalid (and the row is settled as such). */
export type TypedCell = (cell: string, column: ColumnPlan, zone: string | null) => string | null;

/** Texts of attributes have a limit; data of events has one as a whole only. */
export function createTypedCell(packer: Packer, isEvents: boolean): TypedCell {
  const textBytesMax = isEvents ? Number.POSITIVE_INFINITY : ATTRIBUTE_VALUE_BYTES_MAX;
  const text = (cell: string, column: ColumnPlan): string | null => {
    const bytes = bytesOver(cell, textBytesMax);
    if (bytes === 0) return packer.quote(cell);
    return refuse(packer, 'too_long', `the value ${longText(bytes)}`, column);
  };
  /** Of JSON each text is held to the limit. None is over it where all of the cell cannot be: no UTF-16 unit has more than 3 bytes. */
  const json = (cell: string, column: ColumnPlan): string | null => {
    const bytes = cell.length * 3 > textBytesMax ? longTextIn(JSON.parse(cell)) : 0;
    return bytes === 0 ? cell : refuse(packer, 'too_long', `a text in the value ${longText(bytes)}`, column);
  };

  return (cell, column, zone) => {
    const { type } = column;
    if (type === 'string') return text(cell, column);
    if (type === 'timestamp') return timestamp(packer, cell, column, zone);
    const typed = TYPED[type](cell, column);
    if (typed !== null) return type === 'json' ? json(typed, column) : typed;
    if (column.strict) return refuse(packer, 'bad_value', `the value ${misfit(column)}`, column);
    packer.warn(`not_${type}`, column.name);
    return text(cell, column);
  };
}

/** JSON text of a cell that has the type; null when it has not. */
const TYPED = {
  number: (cell: string): string | null => (isPlainDecimal(cell) ? cell : null),
  boolean: (cell: string, { strict }: ColumnPlan): string | null => (strict ? booleanWord(cell) : booleanText(cell)),
  json(cell: string, { strict, path }: ColumnPlan): string | null {
    const consent = strict ? consentShape(path) : null;
    if (consent !== null) return consentText(cell, consent);
    return isJson(cell) ? cell : null;
  },
};

function timestamp(packer: Packer, cell: string, column: ColumnPlan, zone: string | null): string | null {
  const { format, name } = column;
  const timeMs = parseTime(cell, format, zone);
  if (Number.isNaN(timeMs))
    return refuse(packer, 'bad_timestamp', `the value ${timeFault(cell, format, zone)}`, column);
  const note = timeNote(cell, format, zone);
  if (note !== null) packer.warn(note, name);
  return String(Math.floor(timeMs / 1000));
}

function misfit({ type, path }: ColumnPlan): string {
  return consentShape(path) !== null ? NO_CONSENT : `is no ${type}, which the mapping demands`;
}

function refuse(
  packer: Packer,
  code: 'bad_value' | 'bad_timestamp' | 'too_long',
  message: string,
  { index, name }: ColumnPlan,
): null {
  packer.invalid(code, message, index + 1, name);
  return null;
}
