import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnSteps } from '../../../src/domain/plan.ts';
import { parseMappingFile } from '../../../src/mapping/plan/mapping-file.ts';
import { STEP_KEYS, STEPS } from '../../../src/mapping/values/steps.ts';
import { csvLayout, ndjson, run } from '../../support/mapping.ts';

const RUNS = { numRuns: 300 };
const parse = (value: unknown) => parseMappingFile(JSON.stringify(value), 'map.json');
const cell = fc
  .oneof(
    fc.constantFrom('\\N', '\\\\N', 'a\\nb', '\\-', '\\t-'),
    fc.constantFrom('', ' ', '-', " '- ", "'yes", 'yes', ' no', 'a,b', ' a, ,"b" ', "''"),
    fc.string({ maxLength: 8 }),
    fc.string({ maxLength: 8, unit: 'grapheme' }),
  )
  .filter((text) => !/\\[0-7x]/.test(text)); // escapes of bytes have examples
const steps = fc.record(
  {
    unescape: fc.constant('postgres' as const),
    null_values: fc.constantFrom(['-'], ['A', '']),
    trim: fc.constant(true as const),
    strip_prefix: fc.constantFrom("'", '-', ' '),
    values: fc.constantFrom(
      { yes: 'a,b', '-': null },
      { yes: true, no: 0, a: "'" },
      { 'a,b': '-', 'a*': "'b", ' *': null, '*': ' x ' },
    ),
    split: fc.constantFrom(',', ', ', { at: ',', as: 'backslash' as const }),
    default: fc.constantFrom('-', 'yes', 5, false),
    hash: fc.constant('sha256' as const),
  },
  { requiredKeys: [] },
);

type Value = string | number | boolean | string[];
const sha256 = (value: unknown): string =>
  createHash('sha256').update(String(value).trim().toLowerCase()).digest('hex');

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
/** The same once more, as the page describes it. */
const MODEL: readonly ((value: Value, steps: ColumnSteps) => Value)[] = [
  (value, { unescape }) => {
    if (unescape === undefined || typeof value !== 'string') return value;
    if (value === '\\N') return '';
    return value.replaceAll(/\\(.)/gsu, (_, letter: string) => LETTERS[letter] ?? letter);
  },
  (value, { null_values = [] }) =>
    typeof value === 'string' && null_values.some((one) => one.toLowerCase() === value.toLowerCase()) ? '' : value,
  (value, { trim }) => (typeof value === 'string' && trim === true ? value.trim() : value),
  (value, { strip_prefix: prefix }) =>
    typeof value === 'string' && prefix !== undefined && value.startsWith(prefix) ? value.slice(prefix.length) : value,
  (value, { values }) => {
    if (typeof value !== 'string' || value === '' || values === undefined) return value;
    for (let length = value.length; length >= 0; length--) {
      const key = length === value.length && Object.hasOwn(values, value) ? value : `${value.slice(0, length)}*`;
      if (Object.hasOwn(values, key)) return values[key] ?? '';
    }
    return value;
  },
  (value, { split }) => {
    if (typeof value !== 'string' || split === undefined) return value;
    const texts =
      typeof split === 'string'
        ? value.split(split)
        : (value.match(/(?:\\[\\,]|[^,])+/gsu) ?? []).map((item) => item.replaceAll(/\\([\\,])/g, '$1'));
    const items = texts.flatMap((item) => item.trim() || []);
    return items.length === 0 ? '' : items;
  },
  (value, { default: other }) => (value === '' ? (other ?? '') : value),
  (value, { hash }) => {
    if (hash === undefined || (typeof value === 'string' && value.trim() === '')) return value;
    return Array.isArray(value) ? value.map(sha256) : sha256(value);
  },
];

/** Where all columns are text, what is no list is one. */
const textOrList = (value: Value): string | string[] => (Array.isArray(value) ? value : String(value));

/** In any order of its keys. */
const shuffled = steps.chain((own) =>
  fc
    .shuffledSubarray(Object.entries(own), { minLength: Object.keys(own).length })
    .map((entries) => Object.fromEntries(entries)),
);

describe('value steps', () => {
  it('are taken in the documented order, whatever the order in the file, in cells and in flat rows alike', () => {
    fc.assert(
      fc.property(shuffled, fc.array(cell, { minLength: 1, maxLength: 5 }), (own, cells) => {
        const map = parse({ types: 'string', empty: 'keep', columns: { v: own } });
        const expected = cells
          .map((text) => MODEL.reduce((value, step) => step(value, own), text as Value))
          .map(textOrList);
        const rows = cells.map((text, index) => [`p${index}`, text]);
        const ofCells = run({ layout: csvLayout(['id', 'v']), rows }, { map });
        expect(ofCells.sent.map((one) => one.json.attributes.v)).toEqual(expected);
        const ofJson = run(ndjson(...rows.map(([id, v]) => ({ id, v }))), { map });
        // What a step has emptied is null in JSON.
        expect(ofJson.sent.map((one) => textOrList(one.json.attributes.v ?? ''))).toEqual(expected);
      }),
      RUNS,
    );
  });

  it('split any list that programs write into its items again', () => {
    const written = {
      csv: (items: readonly string[]) => items.map((item) => `"${item.replaceAll('"', '""')}"`).join(','),
      backslash: (items: readonly string[]) => items.map((item) => item.replaceAll(/[\\,]/g, '\\$&')).join(', '),
      postgres: (items: readonly string[]) =>
        `{${items.map((item) => `"${item.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`,
    };
    const item = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ',', '"', '\\', '{', '}', ' ', '\n'), maxLength: 6 }),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.constantFrom('csv', 'backslash', 'postgres'), fc.array(item, { minLength: 1 }), (as, items) => {
        // Only quotes keep blanks, and what is empty.
        const kept = as === 'backslash' ? items.flatMap((one) => one.trim() || []) : items;
        const map = parse({ types: 'string', columns: { v: { split: { at: ',', as } } } });
        const { sent } = run({ layout: csvLayout(['id', 'v']), rows: [['1', written[as](items)]] }, { map });
        expect(sent[0]?.json.attributes.v ?? []).toEqual(kept);
      }),
      RUNS,
    );
  });

  it('that are not asked for change nothing, and those of one column nothing in another', () => {
    const off = Object.fromEntries(
      STEP_KEYS.flatMap((key) => (STEPS[key].off === undefined ? [] : [[key, STEPS[key].off]])),
    );
    fc.assert(
      fc.property(shuffled, fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (own, pairs) => {
        const source = { layout: csvLayout(['id', 'a', 'b']), rows: pairs.map(([a, b], index) => [`p${index}`, a, b]) };
        const plain = run(source);
        const asked = run(source, { map: parse({ columns: { a: off } }) });
        expect([asked.plan, asked.sent]).toEqual([plain.plan, plain.sent]);
        const other = run(source, { map: parse({ columns: { a: own } }) });
        expect(other.sent.map((one) => one.json.attributes.b)).toEqual(plain.sent.map((one) => one.json.attributes.b));
      }),
      RUNS,
    );
  });

  it('that have nothing to do in a text leave it as it is', () => {
    const idle = {
      unescape: 'postgres',
      null_values: ['¤'],
      strip_prefix: '¤',
      values: { '¤*': null, '¤': 'x' },
      default: 'x',
      too_long: 'cut',
    };
    const text = cell.filter((one) => one !== '' && !/[\\¤]/.test(one));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (cells) => {
        const source = { layout: csvLayout(['id', 'v']), rows: cells.map((one, index) => [`p${index}`, one]) };
        const asked = run(source, { map: parse({ columns: { v: idle } }) });
        expect(asked.sent).toEqual(run(source).sent);
      }),
      RUNS,
    );
  });

  it('read a time by a list of one format as by that format', () => {
    const time = fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom('1700000000', '03/04/2025', '2025-03-04 10:00', '26.10.2025 02:30', 'soon'),
    );
    const formats = fc.constantFrom('auto', 'iso', 'unix', 'dd/mm/yyyy', '%d.%m.%Y %H:%M');
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 5 }), formats, (times, format) => {
        const source = { layout: csvLayout(['id', 'v']), rows: times.map((one, index) => [`p${index}`, one]) };
        const readBy = (given: unknown) => {
          const column = { type: 'timestamp', timezone: 'Europe/Vienna', format: given };
          const { sent, chunk } = run(source, { map: parse({ columns: { v: column } }) });
          return [sent, chunk.warnings, chunk.invalid.map(({ code }) => code)];
        };
        expect(readBy([format])).toEqual(readBy(format));
      }),
      RUNS,
    );
  });
});
