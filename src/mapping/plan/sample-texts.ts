import type { RawRow } from '../../domain/block.ts';
import { scalarText } from '../values/json-values.ts';

/** The values of one column in the sample, as texts. */
export function sampleTexts(sample: readonly RawRow[], name: string, index: number): string[] {
  const texts: string[] = [];
  for (const row of sample) {
    if (Array.isArray(row)) texts.push(row[index] ?? '');
    else if ('json' in row && Object.hasOwn(row.json, name)) texts.push(scalarText(row.json[name]) ?? '');
  }
  return texts;
}
