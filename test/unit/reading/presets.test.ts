/** The presets as a whole; what each makes of its export is in test/integration/presets. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { presetNames, readPreset, suggestedPreset } from '../../../src/reading/presets.ts';
import { readAll } from '../../support/reading.ts';

const root = new URL('../../../', import.meta.url);
const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const schema = JSON.parse(readText('docs/mapping.schema.json'));
const isValid = new Ajv2020({ allowUnionTypes: true, strictTypes: false, strictRequired: false }).compile(schema);
const page = readText('docs/presets.md');

/** Exports that no preset is named for, though they are called like one: people beside events, and what has no columns to be known by. */
const UNKNOWN = ['mixpanel-people.ndjson', 'postgres-copy.csv', 'postgres-copy.tsv', 'postgres-copy.txt'];
const FIXTURES = readdirSync(new URL('fixtures/presets/', root)).toSorted();

async function suggestedFor(fixture: string): Promise<string | undefined> {
  const { layout, rows } = await readAll(fileURLToPath(new URL(`fixtures/${fixture}`, root)));
  return suggestedPreset(layout, rows)?.preset;
}

describe('a preset', () => {
  it.for(presetNames())('%s is a mapping file by the schema too, and has a section in the documentation', (name) => {
    const { text, file } = readPreset(name);
    expect([isValid(JSON.parse(text)), isValid.errors]).toEqual([true, null]);
    expect(file.title).toMatch(/^(an?|the) \S/);
    expect(page).toContain(`\n## ${name}\n`);
  });

  it('has a fixture', () => {
    const forNone = presetNames().filter((name) => !FIXTURES.some((fixture) => fixture.startsWith(name)));
    expect(forNone).toEqual([]);
  });
});

describe('the documentation of presets', () => {
  it('has a section for none that there is not', () => {
    const sections = [...page.matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    expect(sections.filter((name = '') => !presetNames().includes(name))).toEqual([]);
  });
});

describe('an export', () => {
  it.for(FIXTURES)('%s is known by its columns, and taken for no other', async (fixture) => {
    const [name = ''] = fixture.split('.');
    const own = presetNames().findLast((preset) => name === preset || name.startsWith(`${preset}-`));
    expect(await suggestedFor(`presets/${fixture}`)).toBe(UNKNOWN.includes(fixture) ? undefined : own);
  });

  it.for(['users.csv', 'events.ndjson', 'csv/semicolon-with-bom.csv', 'ndjson/big-integers.ndjson'])(
    'is not seen in %s',
    async (fixture) => {
      expect(await suggestedFor(fixture)).toBeUndefined();
    },
  );
});
