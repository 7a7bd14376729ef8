/** The schema of the mapping file says what its checks say. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseMappingFile } from '../../../../src/mapping/plan/mapping-file.ts';
import { STEPS, STEP_KEYS } from '../../../../src/mapping/values/steps.ts';
import { errorOf } from '../../../support/mapping.ts';

const docs = new URL('../../../../docs/', import.meta.url);
const page = readFileSync(new URL('mapping.md', docs), 'utf8');
const schema = JSON.parse(readFileSync(new URL('mapping.schema.json', docs), 'utf8'));
const ofColumn = schema.properties.columns.additionalProperties.oneOf[2];
const isValid = new Ajv2020({ allowUnionTypes: true, strictTypes: false, strictRequired: false }).compile(schema);

/** A part of the schema with what it refers to. */
const resolved = (part: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(part), (_, value) =>
    typeof value?.$ref === 'string' ? schema.$defs[value.$ref.slice('#/$defs/'.length)] : value,
  );

/** Entries of one column, and what the checks say of them behind its pointer. */
const FAULTS: readonly (readonly [entry: unknown, fault: string])[] = [
  [5, ' must be an object'],
  ['a..b', ' has an empty name in it'],
  [{ trims: true }, '/trims is no key of a mapping file'],
  [{ unescape: true }, '/unescape must be one of postgres'],
  [{ null_values: '-' }, '/null_values must be a list of texts'],
  [{ null_values: [] }, '/null_values must be a list of texts, and not an empty one'],
  [{ null_values: ['-', 0] }, '/null_values/1 must be a text'],
  [{ trim: 'both' }, '/trim must be true or false'],
  [{ strip_prefix: '' }, '/strip_prefix must be a text that is not empty'],
  [{ strip_prefix: ['a'] }, '/strip_prefix must be a text that is not empty'],
  [{ values: ['a'] }, '/values must be an object'],
  [{ values: {} }, '/values must be an object, and not an empty one'],
  [{ values: { a: [1] } }, '/values/a must be a text, a number, true, false or null'],
  [{ values: { 'a/b': {} } }, '/values/a~1b must be a text, a number, true, false or null'],
  [{ values: { '': 'x' } }, '/values/ is about empty cells'],
  [{ not: 1 }, '/not must be true or false'],
  [{ not: true, type: 'string' }, '/type must be boolean, which'],
  [{ not: true, split: ',' }, '/split cannot stand beside "not"'],
  [{ not: true, hash: 'sha256' }, '/hash cannot stand beside "not"'],
  [{ split: '' }, '/split must be a text that is not empty'],
  [{ split: [','] }, '/split must be a text that is not empty'],
  [{ split: { at: ',' } }, '/split/as must be one of csv, backslash, postgres'],
  [{ split: { at: ',', as: 'json' } }, '/split/as must be one of csv, backslash, postgres'],
  [{ split: { as: 'csv' } }, '/split/at must be a text without quotes'],
  [{ split: { at: '', as: 'csv' } }, '/split/at must be a text without quotes'],
  [{ split: { at: '\\', as: 'backslash' } }, '/split/at must be a text without quotes'],
  [{ split: { at: ',', as: 'csv', 'a/b': 1 } }, '/split/a~1b is no key of a split'],
  [{ split: ',', type: 'string' }, '/type must be json, which'],
  [{ join: 'a' }, '/join must be a list of column names'],
  [{ join: [] }, '/join must be a list of column names, and not an empty one'],
  [{ join: ['a', ''] }, '/join/1 must be a text that is not empty'],
  [{ first_of: 'a' }, '/first_of must be a list of column names'],
  [{ first_of: ['a'], join: ['b'] }, '/join cannot stand beside "first_of"'],
  [{ unless: ['a'] }, '/unless must be an object'],
  [{ unless: {} }, '/unless must be an object, and not an empty one'],
  [{ unless: { 'b/c': 'x' } }, '/unless/b~1c must be a list of texts'],
  [{ name_case: 'camel' }, '/name_case must be one of snake'],
  [{ separator: '-' }, '/separator is for "join", which is not there'],
  [{ join: ['a'], separator: 1 }, '/separator must be a text'],
  [{ default: null }, '/default must be a text that is not empty, a number, true or false'],
  [{ default: '' }, '/default must be a text that is not empty, a number, true or false'],
  [{ default: [] }, '/default must be a text that is not empty, a number, true or false'],
  [{ format: 'dd/mm/yy' }, '/format must be one of auto, iso, unix'],
  [{ format: '%d/%m' }, '/format is no pattern of a time'],
  [{ format: '%Y-%m-%d %I:%M' }, '/format is no pattern of a time'],
  [{ format: '%Y-%m-%d %Q' }, '/format is no pattern of a time'],
  [{ format: [] }, '/format must be a list of formats, and not an empty one'],
  [{ format: ['auto', '%d/%m'] }, '/format/1 is no pattern of a time'],
  [{ format: [['auto']] }, '/format/0 must be one of auto, iso, unix'],
  [{ too_long: 'trim' }, '/too_long must be one of invalid, cut, omit'],
  [{ hash: 'md5' }, '/hash must be one of sha256'],
  [{ hash: 'sha256', type: 'number' }, '/type must be string, which'],
  [{ hash: 'sha256', format: 'iso' }, '/format cannot stand beside "hash"'],
];

describe('a mapping file with a fault in a column', () => {
  it.for(FAULTS)('%j is refused with its place, by the schema too', ([entry, fault]) => {
    const file = { columns: { 'a/b': entry } };
    expect(errorOf(() => parseMappingFile(JSON.stringify(file), 'm')).message).toContain(`: /columns/a~1b${fault}`);
    expect(isValid(file)).toBe(false);
  });
});

/** Files, and what the checks say of them. */
const FILE_FAULTS: readonly (readonly [file: unknown, fault: string])[] = [
  [{ lift: { a: 'all' } }, '/lift/a must be one of fields, pairs'],
  [{ lift: ['a'] }, '/lift must be an object'],
  [{ skip_rows: { a: 'x' } }, '/skip_rows/a must be a list of texts'],
  [{ skip_rows: { a: [] } }, '/skip_rows/a must be a list of texts, and not an empty one'],
  [{ id_column: [] }, '/id_column must be a column name, null, or a list of them'],
  [{ id_column: ['a', 5] }, '/id_column/1 must be a column name or null'],
  [{ missing_columns: true }, '/missing_columns must be one of error, ignore'],
  [{ requires: { zone: 'x' } }, '/requires/zone is no key of a mapping file'],
  [{ wants: { timezone: '' } }, '/wants/timezone must be a text that is not empty'],
  [{ file: { quotes: 'none' } }, '/file/quotes is no key of a mapping file'],
  [{ file: { skip_lines: 2 } }, '/file/skip_lines must be a text that is not empty'],
];

describe('a mapping file with a fault', () => {
  it.for(FILE_FAULTS)('%j is refused with its place, by the schema too', ([file, fault]) => {
    expect(errorOf(() => parseMappingFile(JSON.stringify(file), 'm')).message).toContain(`: ${fault}`);
    expect(isValid(file)).toBe(false);
  });
});

describe('the schema of the mapping file', () => {
  it('takes every example of the documentation, as the checks do', () => {
    const examples = [...page.matchAll(/```json\n(\{\n[\s\S]*?)```/g)].map(([, text = '']) => text);
    const files = examples.filter((text) => text.includes('"columns"'));
    expect(files.length).toBe(4);
    for (const text of files) {
      parseMappingFile(text, 'docs');
      expect([isValid(JSON.parse(text)), isValid.errors]).toEqual([true, null]);
    }
  });

  it('takes what asks for nothing, and types that go with a step', () => {
    for (const entry of [
      null,
      'a.b',
      { not: false, type: 'string', trim: false, too_long: 'invalid' },
      { not: true, type: 'boolean' },
      { split: ',', type: 'json', hash: 'sha256' },
      { split: { at: ', ', as: 'postgres' }, type: 'json' },
      { join: ['a'], separator: '', split: ',' },
      { first_of: ['a'], not: true },
      { format: '%e %b %y', timezone: 'UTC' },
      { format: ['%e %b %y', 'auto'], timezone: 'UTC' },
    ]) {
      parseMappingFile(JSON.stringify({ columns: { a: entry } }), 'm');
      expect([entry, isValid({ columns: { a: entry } })]).toEqual([entry, true]);
    }
  });

  it('has the steps of the table, in their order, with what each may be', () => {
    expect(Object.keys(ofColumn.properties).slice(-STEP_KEYS.length)).toEqual(STEP_KEYS);
    for (const key of STEP_KEYS) {
      const { description, default: _, ...own } = resolved(ofColumn.properties[key]);
      expect([key, typeof description, own]).toEqual([key, 'string', STEPS[key].shape.schema]);
    }
  });

  it('is described on the page, in the same order', () => {
    const section = page.slice(page.indexOf('### Value steps'));
    expect([...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key).slice(0, STEP_KEYS.length)).toEqual(
      STEP_KEYS,
    );
  });
});
