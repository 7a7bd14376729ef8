/** Rows that a mapping leaves out by their values. */
import type { RawRow } from '../../domain/block.ts';
import type { SkipRule } from '../../domain/plan.ts';
import { scalarText, type JsonRecord } from '../values/json-values.ts';

/** Whether a row is left out; null when none is. Values are compared as the source has them, before any value step. */
export function createRowSkips(given: readonly SkipRule[] = []): ((row: RawRow) => boolean) | null {
  if (given.length === 0) return null;
  const rules = given.map((rule) => ({ ...rule, isSkipped: textTest(rule) }));
  return (row) => {
    if (Array.isArray(row)) return rules.some(({ index, isSkipped }) => isSkipped(row[index] ?? ''));
    if (!('json' in row)) return false;
    const { json } = row;
    return rules.some(({ name, isSkipped }) => {
      const text = textAt(json, name);
      return text !== null && isSkipped(text);
    });
  };
}

/** Empty where there is nothing; null for objects and lists, which no text stands for. */
function textAt(json: JsonRecord, name: string): string | null {
  const value = Object.hasOwn(json, name) ? json[name] : null;
  return value === null || value === undefined ? '' : scalarText(value);
}

/** Whether a text is one of some; those that end in `*` stand for all that begin so. */
export function textTest({ texts }: Pick<SkipRule, 'texts'>): (text: string) => boolean {
  const whole = new Set(texts);
  const prefixes = texts.filter((text) => text.endsWith('*')).map((text) => text.slice(0, -1));
  return (text) => whole.has(text) || prefixes.some((prefix) => text.startsWith(prefix));
}
