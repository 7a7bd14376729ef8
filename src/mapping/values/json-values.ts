/** Values of NDJSON rows: times, limits. */
import { ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_MAX, bytesOver } from '../../domain/limits.ts';
import type { TimeFormats } from '../../domain/plan.ts';
import { RawNumber } from '../../domain/raw-number.ts';
import type { Packer } from '../rows/packer.ts';
import { isNumberFormat, numberTime, parseTime, timeFault, timeNote } from './times.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

/** Text of a string, number or boolean; null for anything else. */
export function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value instanceof RawNumber ? value.text : null;
}

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
  return isLeafOverLimits(name, value, packer, 0);
}

function isLeafOverLimits(name: string, value: unknown, packer: Packer, depth: number): boolean {
  if (typeof value === 'string') {
    const bytes = bytesOver(value, ATTRIBUTE_VALUE_BYTES_MAX);
    if (bytes > 0)
      packer.invalid(
        'too_long',
        `"${name}" has ${bytes} bytes; the limit is ${ATTRIBUTE_VALUE_BYTES_MAX}`,
        undefined,
        name,
      );
    return bytes > 0;
  }
  // Too deep a value is refused when it is written.
  if (typeof value !== 'object' || value === null || value instanceof RawNumber || depth > 100) return false;
  return Object.values(value).some((item) => isLeafOverLimits(name, item, packer, depth + 1));
}
