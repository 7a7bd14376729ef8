import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EmptyPolicy, Kind } from '../../../src/domain/plan.ts';
import { csvLayout, ndjson, run } from '../../support/mapping.ts';

const PARTS = ['id', 'email', 'device_token', 'device_platform', 'object_type_id', 'object_id'];
const ATTRIBUTES = ['name', 'last_used', '__proto__', 'constructor'];
const cell = fc.oneof(
  fc.constantFrom('', ' ', 'NULL', 'ios', 'Android', '0', '1', '7', 'a@b.c', '0.10', 'true', '1700000000'),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
);
const name = fc.constantFrom(...PARTS, ...ATTRIBUTES);

it('a row becomes the same, or is invalid for the same reason, whether it is written as CSV or as JSON', () => {
  const seen = { sent: 0, invalid: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom<Kind>('devices', 'objects', 'relationships'),
      fc.constantFrom('identify' as const, 'delete' as const),
      fc.constantFrom<EmptyPolicy>('omit', 'null', 'keep'),
      fc.uniqueArray(name, { minLength: 1 }),
      fc.array(fc.dictionary(name, cell, { noNullPrototype: false }), { minLength: 1, maxLength: 8 }),
      (kind, action, empty, extra, given) => {
        const names = [...new Set([...PARTS, ...extra])];
        const rows = given.map((row) => names.map((one) => (Object.hasOwn(row, one) ? (row[one] ?? '') : '')));
        const set = kind === 'devices' ? ['source=crm'] : ['source=crm', 'object_type_id=3'];
        const options = { kind, action, empty, types: 'string', set };
        const cells = run({ layout: csvLayout(names), rows }, options);
        const records = rows.map((row) =>
          names.reduce<Record<string, unknown>>((record, one, at) => {
            Object.defineProperty(record, one, { value: row[at], enumerable: true });
            return record;
          }, {}),
        );
        const flat = run(ndjson(...records), options);
        const result = ({ sent, chunk }: typeof cells): unknown => [
          sent.map(({ row, json, keys }) => [row, json, keys]),
          chunk.invalid.map(({ index, code }) => [index, code]),
        ];
        expect(result(cells)).toEqual(result(flat));
        expect(cells.sent.length + cells.chunk.invalid.length).toBe(rows.length);
        seen.sent += cells.sent.length;
        seen.invalid += cells.chunk.invalid.length;
      },
    ),
    { numRuns: 300 },
  );
  expect(Math.min(seen.sent, seen.invalid)).toBeGreaterThan(50);
});
