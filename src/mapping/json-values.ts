/** Values of NDJSON rows: identifiers, times, limits. */
import { ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_MAX, bytesOver, EMAIL_BYTES_MAX, ID_BYTES_MAX } from '../domain/limits.ts';
import type { PersonKind } from '../domain/person.ts';
import type { TimeFormat } from '../domain/plan.ts';
import { RawNumber } from '../domain/raw-number.ts';
import type { Packer } from './packer.ts';
import { numberTime, parseTime, timeFault, timeNote } from './times.ts';
import { isBlank } from './values.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** An identifier as text, '' when there is none, null when it is unusable (and the row settled as invalid). */
export function identifierOf(value: unknown, kind: PersonKind | 'object_id', field: string, packer: Packer): string | null {
  if (value === undefined || value === null || value === '') return '';
  const text = scalarText(value);
  if (text === null || typeof value === 'boolean') {
    packer.invalid('bad_identifier', `"${field}" must be a text or a number`, undefined, field);
    return null;
  }
  const bytesMax = kind === 'email' ? EMAIL_BYTES_MAX : ID_BYTES_MAX;
  const bytes = bytesOver(text, bytesMax);
  if (bytes > 0) packer.invalid('too_long', `"${field}" has ${bytes} bytes; the limit is ${bytesMax}`, undefined, field);
  else if (isBlank(text)) packer.invalid('bad_identifier', `"${field}" is only blanks`, undefined, field);
  else if (LONE_SURROGATE.test(text)) packer.invalid('bad_identifier', `"${field}" holds half a character`, undefined, field);
  else return kind === 'cio_id' && text.startsWith('cio_') ? text.slice(4) : text;
  return null;
}

/** Text of a string, number or boolean; null for anything else. */
export function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value instanceof RawNumber ? value.text : null;
}

/** Milliseconds; NaN when there is no time; null when it is unusable (and the row settled as invalid). */
export function timeOf(value: unknown, field: string, format: TimeFormat, zone: string | null, packer: Packer): number | null {
  if (value === undefined || value === null || value === '') return Number.NaN;
  const text = scalarText(value) ?? '';
  const timeMs = typeof value === 'number' ? numberTime(value, format) : parseTime(text, format, zone);
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
  return isLeafOverLimits(name, value, packer, 0);
}

function isLeafOverLimits(name: string, value: unknown, packer: Packer, depth: number): boolean {
  if (typeof value === 'string') {
    const bytes = bytesOver(value, ATTRIBUTE_VALUE_BYTES_MAX);
    if (bytes > 0) packer.invalid('too_long', `"${name}" has ${bytes} bytes; the limit is ${ATTRIBUTE_VALUE_BYTES_MAX}`, undefined, name);
    return bytes > 0;
  }
  // Too deep a value is refused when it is written.
  if (typeof value !== 'object' || value === null || value instanceof RawNumber || depth > 100) return false;
  return Object.values(value).some((item) => isLeafOverLimits(name, item, packer, depth + 1));
}
