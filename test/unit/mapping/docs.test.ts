import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as limits from '../../../src/domain/limits.ts';
import { parseMappingFile } from '../../../src/mapping/plan/mapping-file.ts';
import { errorOf } from '../../support/mapping.ts';

const docs = new URL('../../../docs/', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('mapping.schema.json', docs), 'utf8'));
const page = readFileSync(new URL('mapping.md', docs), 'utf8');

describe('the documentation of mapping', () => {
  it('shows a mapping file that is one', () => {
    const example = /```json\n(\{\n {2}"\$schema"[\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(parseMappingFile(example, 'docs').idColumn).toBe('Kundennummer');
  });

  it('has a schema with exactly the keys that are allowed', () => {
    const hint = errorOf(() => parseMappingFile('{"nope":1}', 'm')).hint ?? '';
    expect(hint).toBe(`allowed here: ${Object.keys(schema.properties).join(', ')}`);
    const inColumn = errorOf(() => parseMappingFile('{"columns":{"a":{"nope":1}}}', 'm')).hint ?? '';
    expect(inColumn).toBe(
      `allowed here: ${Object.keys(schema.properties.columns.additionalProperties.oneOf[2].properties).join(', ')}`,
    );
    for (const key of Object.keys(schema.properties)) expect(page).toContain(key);
  });

  it('states the limits that are checked', () => {
    for (const limit of Object.values(limits)) {
      if (typeof limit !== 'number') continue;
      const written = String(limit).replace(/(\d)(?=(\d{3})+$)/g, '$1 ');
      expect(page).toMatch(new RegExp(`(?<!\\d)(?<!\\d )${written}(?! ?\\d)`)); // 100 is not in 100 000
    }
  });
});
