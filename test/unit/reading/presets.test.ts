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

/** Exports that look made for another preset than the one of their name; null for those whose columns somebody has chosen. */
const VARIANTS: Readonly<Record<string, string | null>> = {
  'google-forms-sheet.csv': 'google-forms',
  'mailchimp-audience-unsubscribed.csv': 'mailchimp-audience',
  'posthog-persons.csv': null,
};
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
    const name = Object.hasOwn(VARIANTS, fixture) ? VARIANTS[fixture] : fixture.split('.')[0];
    const own = presetNames().find((preset) => preset === name);
    const isKnown = own !== undefined && readPreset(own).file.recognisedBy !== undefined;
    expect(await suggestedFor(`presets/${fixture}`)).toBe(isKnown ? own : undefined);
  });

  it.for(['users.csv', 'events.ndjson', 'csv/semicolon-with-bom.csv', 'ndjson/big-integers.ndjson'])(
    'is not seen in %s',
    async (fixture) => {
      expect(await suggestedFor(fixture)).toBeUndefined();
    },
  );
});
