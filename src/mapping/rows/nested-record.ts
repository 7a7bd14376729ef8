/** Attributes of one row that are put together name by name, on any level. */
import { isRecord } from '../values/json-values.ts';

export type MutableRecord = Record<string, unknown>;

/** One that takes `__proto__` for a plain name, and that is known for ours by that. */
export function emptyRecord(): MutableRecord {
  return Object.create(null) as MutableRecord;
}

/** false when something else is in the way. */
export function putAt(target: MutableRecord, path: readonly string[], value: unknown): boolean {
  let record = target;
  for (const [depth, name] of path.entries()) {
    const found = record[name];
    if (depth === path.length - 1) {
      if (found !== undefined) return false;
      record[name] = value;
    } else if (found === undefined) {
      record = record[name] = emptyRecord();
    } else if (isRecord(found) && Object.getPrototypeOf(found) === null) {
      record = found;
    } else return false;
  }
  return true;
}

/** Constants beside the row's own values; a value of the row wins over a constant of the same name. */
export function mergeConstants(target: MutableRecord, constants: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(constants)) {
    const found = target[name];
    if (found === undefined) target[name] = value;
    else if (isRecord(value) && isRecord(found) && Object.getPrototypeOf(found) === null) mergeConstants(found, value);
  }
}
