/** JSON text of values, written once: big numbers keep their digits, and `canonicalText` does not depend on key order. */
import { RawJson } from '../../domain/raw-number.ts';

/** Characters that JSON must escape, and halves of pairs, of which a lone one must be escaped too. */
// oxlint-disable-next-line no-control-regex -- JSON escapes them
const UNSAFE = /["\\\u0000-\u001f\ud800-\udfff]/;
/** Deeper values are refused instead of risking the stack. */
const DEPTH_MAX = 100;

/** A value that has no JSON text; the row it belongs to is invalid. */
export class UnwritableValue extends Error {}

export function quote(text: string): string {
  return UNSAFE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** Keys in the order they stand in. */
export function jsonText(value: unknown): string {
  return write(value, false, 0);
}

/** Keys sorted on every level: equal values have equal texts. */
export function canonicalText(value: unknown): string {
  return write(value, true, 0);
}

function write(value: unknown, isSorted: boolean, depth: number): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new UnwritableValue('a number is too large to keep');
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (typeof value !== 'object' || value === null) return value === true ? 'true' : value === false ? 'false' : 'null';
  if (value instanceof RawJson) return value.text;
  if (depth === DEPTH_MAX) throw new UnwritableValue(`a value is nested deeper than ${DEPTH_MAX} levels`);
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) text += (text === '' ? '' : ',') + write(item, isSorted, depth + 1);
    return `[${text}]`;
  }
  const keys = Object.keys(value);
  if (isSorted) keys.sort();
  for (const key of keys) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    text += `${text === '' ? '' : ','}${quote(key)}:${write(item, isSorted, depth + 1)}`;
  }
  return `{${text}}`;
}
