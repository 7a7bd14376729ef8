/** Times and attributes in rows of JSON, held to what Customer.io takes. */
import { ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_MAX, bytesOver } from '../../domain/limits.ts';
import type { TimeFormats } from '../../domain/plan.ts';
import { RawNumber } from '../../domain/raw-number.ts';
import { scalarText, type JsonRecord } from '../values/json-values.ts';
import { isNumberFormat, numberTime, parseTime, timeFault, timeNote } from '../values/times.ts';
import type { Packer } from './packer.ts';

/** Where a time stands, and how it is to be read. */
export interface TimePlace {
  readonly field: string;
  readonly format: TimeFormats;
  readonly zone: string | null;
}

/** Milliseconds; NaN when there is no time; null when it is unusable (and the row settled as invalid). */
export function timeOf(value: unknown, { field, format, zone }: TimePlace, packer: Packer): number | null {
  if (value === undefined || value === null || value === '') return Number.NaN;
  const text = scalarText(value) ?? '';
  const timeMs =
    typeof value === 'number' && isNumberFormat(format) ? numberTime(value, format) : parseTime(text, format, zone);
  if (Number.isNaN(timeMs)) {
    packer.invalid('bad_timestamp', `"${field}" ${timeFault(text, format, zone)}`, undefined, field);
    return null;
  }
  const note = timeNote(text, format, zone);
  if (note !== null) packer.warn(note, field);
  return timeMs;
}

/** Whether attributes of a person or object are over a limit (and the row settled as invalid). */
export function areOverLimits(attributes: JsonRecord, packer: Packer): boolean {
  const names = Object.keys(attributes);
  if (names.length > ATTRIBUTES_MAX) {
    packer.invalid('too_many', `${names.length} attributes; the limit is ${ATTRIBUTES_MAX}`);
    return true;
  }
  return names.some((name) => isAttributeOverLimits(name, attributes[name], packer));
}

export function isAttributeOverLimits(name: string, value: unknown, packer: Packer): boolean {
  const nameBytes = bytesOver(name, ATTRIBUTE_NAME_BYTES_MAX);
  if (nameBytes > 0) {
    packer.invalid('too_long', `an attribute's name has ${nameBytes} bytes; the limit is ${ATTRIBUTE_NAME_BYTES_MAX}`);
    return true;
  }
  const bytes = longTextIn(value);
  if (bytes > 0) packer.invalid('too_long', `"${name}" ${longText(bytes)}`, undefined, name);
  return bytes > 0;
}

/** Bytes of the first text in a value that is over the limit of an attribute; 0 when none is. */
export function longTextIn(value: unknown, depth = 0): number {
  if (typeof value === 'string') return bytesOver(value, ATTRIBUTE_VALUE_BYTES_MAX);
  // Too deep a value is refused when it is written.
  if (typeof value !== 'object' || value === null || value instanceof RawNumber || depth > 100) return 0;
  for (const item of Object.values(value)) {
    const bytes = longTextIn(item, depth + 1);
    if (bytes > 0) return bytes;
  }
  return 0;
}

export function longText(bytes: number): string {
  return `has ${bytes} bytes; the limit is ${ATTRIBUTE_VALUE_BYTES_MAX}`;
}
