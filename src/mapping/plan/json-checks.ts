/** The values of a JSON file, checked as they are read: every fault is told with its JSON pointer and line:column. */
import { CioBulkError } from '../../domain/errors.ts';
import { isRecord } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { escapePointer } from './json-source.ts';
import type { JsonSource } from './json-source.ts';

export type JsonChecks = ReturnType<typeof createJsonChecks>;

/** What is not there is undefined. @throws CioBulkError `mapping` */
export function createJsonChecks(source: JsonSource, path: string) {
  const fail = (pointer: string, message: string, hint?: string): never => {
    throw new CioBulkError(
      'mapping',
      `${path}:${source.placeOf(pointer)}: ${pointer === '' ? 'the file' : pointer} ${message}`,
      hint === undefined ? {} : { hint },
    );
  };
  const record = (value: unknown, pointer: string): JsonRecord =>
    isRecord(value) ? value : fail(pointer, 'must be an object');
  const text = (from: JsonRecord, pointer: string, key: string): string | undefined => {
    const value = from[key];
    if (value === undefined) return undefined;
    return typeof value === 'string' && value !== ''
      ? value
      : fail(`${pointer}/${key}`, 'must be a text that is not empty');
  };
  return {
    fail,
    record,
    text,
    optionalRecord: (from: JsonRecord, pointer: string, key: string): JsonRecord | undefined =>
      from[key] === undefined ? undefined : record(from[key], `${pointer}/${key}`),
    keys(from: JsonRecord, pointer: string, allowed: readonly string[]): void {
      for (const key of Object.keys(from)) {
        if (!allowed.includes(key))
          fail(
            `${pointer}/${escapePointer(key)}`,
            'is no key of a mapping file',
            `allowed here: ${allowed.join(', ')}`,
          );
      }
    },
    choice<T extends string>(from: JsonRecord, pointer: string, key: string, choices: readonly T[]): T | undefined {
      const value = from[key];
      if (value === undefined) return undefined;
      return (
        choices.find((choice) => choice === value) ?? fail(`${pointer}/${key}`, `must be one of ${choices.join(', ')}`)
      );
    },
    texts(from: JsonRecord, pointer: string, key: string, what = 'column name'): readonly string[] | undefined {
      const value = from[key];
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) return fail(`${pointer}/${key}`, `must be a list of ${what}s`);
      return (value as unknown[]).map((item, index) =>
        typeof item === 'string' ? item : fail(`${pointer}/${key}/${index}`, `must be a ${what}`),
      );
    },
  };
}
