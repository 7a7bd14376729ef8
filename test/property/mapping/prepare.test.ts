import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RawNumber } from '../../../src/domain/raw-number.ts';
import { hashPerson, personsOf } from '../../../src/domain/person.ts';
import { isUlid, ulidText } from '../../../src/domain/ulid.ts';
import { canonicalText, jsonText, quote } from '../../../src/mapping/values/json-text.ts';
import { isNullMarker } from '../../../src/mapping/values/nulls.ts';
import { parseTime, timeNote } from '../../../src/mapping/values/times.ts';
import { createEventIds, part } from '../../../src/mapping/rows/event-id.ts';
import type { RawRow } from '../../../src/domain/block.ts';
import { blockOf, csvLayout, IDENTITY, ndjson, planOf, preparerOf, run, sentOf } from '../../support/mapping.ts';

const RUNS = { numRuns: 200 };
const text = fc.oneof(
  fc.string({ maxLength: 30, unit: 'binary' }),
  fc.string({ maxLength: 30, unit: 'grapheme' }),
  fc.string({ maxLength: 10 }),
);
const cell = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom('', '0', '-1.5', 'true', '"', '\\', '\u2028', '\u0000', '{"a":1}') },
);
const identifier = text.filter((value) => value.trim() !== '' && !isNullMarker(value));
const value = fc.jsonValue({ maxDepth: 3 });

describe('any cells', () => {
  it('read back from the operation as they stand in the file', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(identifier, cell, cell), { minLength: 1, maxLength: 20 }), (rows) => {
        const { chunk, sent } = run({ layout: csvLayout(['id', 'a', 'b']), rows }, { types: 'string', empty: 'keep' });
        expect(sent.length + (chunk.skipped.unchanged ?? 0)).toBe(rows.length);
        for (const one of sent) {
          const [id, a, b] = rows[one.row]!;
          expect(one.json).toEqual({ type: 'person', identifiers: { id }, action: 'identify', attributes: { a, b } });
          expect(one.keys).toEqual([hashPerson(personsOf(one.text)[0]!)]);
        }
      }),
      RUNS,
    );
  });

  it('become numbers and booleans only without a loss', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double().map(String), fc.integer().map(String), fc.bigInt().map(String), cell), {
          minLength: 1,
          maxLength: 10,
        }),
        (cells) => {
          const { sent } = run(
            { layout: csvLayout(['id', 'a']), rows: cells.map((one, index) => [String(index), one]) },
            { empty: 'keep' },
          );
          for (const one of sent) {
            const sentValue: unknown = one.json.attributes.a;
            if (typeof sentValue === 'number') expect(one.text).toContain(`"a":${cells[one.row]}}`);
            else expect(String(sentValue).toLowerCase()).toBe(cells[one.row]!.toLowerCase());
          }
        },
      ),
      RUNS,
    );
  });
});

describe('chunks', () => {
  const row: fc.Arbitrary<string[]> = fc
    .tuple(fc.constantFrom('1', '2', '3', ''), fc.constantFrom('a@b.c', 'é@x.y', ''), cell, cell)
    .map((cells) => [...cells]);

  it('hold the same bytes wherever the blocks are cut, and account for every row', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(39), { maxLength: 5 }),
        fc.boolean(),
        (rows, cuts, isEvents) => {
          const layout = csvLayout(['user_id', 'email', 'x', 'y']);
          const { plan } = planOf({ layout, rows }, isEvents ? { eventName: 'n' } : {});
          const whole = preparerOf(layout, plan).prepare(blockOf(rows));
          const preparer = preparerOf(layout, plan);
          const edges = [...new Set([0, ...cuts.filter((cut) => cut < rows.length), rows.length])].toSorted(
            (a, b) => a - b,
          );
          const parts = edges
            .slice(1)
            .map((end, index) => preparer.prepare(blockOf(rows.slice(edges[index], end), edges[index])));
          expect(parts.flatMap(sentOf).map((one) => [one.text, one.keys])).toEqual(
            sentOf(whole).map((one) => [one.text, one.keys]),
          );
          for (const chunk of [whole, ...parts]) {
            const skipped = Object.values(chunk.skipped).reduce((sum, count) => sum + count, 0);
            expect(chunk.operations.count + chunk.invalid.length + skipped).toBe(chunk.rows);
            expect(chunk.operations.body.byteOffset + chunk.operations.body.byteLength).toBe(
              chunk.operations.body.buffer.byteLength,
            );
            expect(chunk.operations.ends.at(-1) ?? 0).toBe(chunk.operations.body.length);
            expect([...chunk.operations.rows]).toEqual([...chunk.operations.rows].toSorted((a, b) => a - b));
            expect(chunk.operations.keyEnds.at(-1) ?? 0).toBe(chunk.operations.keys.length);
          }
        },
      ),
      RUNS,
    );
  });

  it("leave out an identify only when the person's last operation was the same", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const layout = csvLayout(['user_id', 'email', 'x', 'y']);
        const small: RawRow[] = rows.map(([id, email, x]) => [id ?? '', email ?? '', (x ?? '').slice(0, 1), '']);
        const { sent, chunk } = run({ layout, rows: small });
        // What a store holds after all rows is what it holds after those that were sent.
        const invalid = new Set(chunk.invalid.map((one) => one.index));
        const all = small.flatMap((one, index) =>
          Array.isArray(one) && !invalid.has(index) ? [{ id: one[0]!, email: one[1]!, x: one[2]! }] : [],
        );
        const some = sent.map((one) => ({
          id: (small[one.row] as string[])[0]!,
          email: (small[one.row] as string[])[1]!,
          x: (small[one.row] as string[])[2]!,
        }));
        expect(after(some)).toEqual(after(all));
      }),
      RUNS,
    );
  });
});

describe('JSON text', () => {
  it('reads back as the value, and its canonical form does not depend on key order', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(JSON.parse(jsonText(one))).toEqual(one);
        expect(canonicalText(shuffled(one))).toBe(canonicalText(one));
      }),
      RUNS,
    );
  });

  it('keeps the digits of big numbers', () => {
    fc.assert(
      fc.property(fc.bigInt(), (one) => jsonText([new RawNumber(String(one))]) === `[${one}]`),
      RUNS,
    );
  });
});

describe('event ids', () => {
  const fields = fc.record({
    person: text,
    name: text,
    timeMs: fc.integer({ min: 0, max: 2 ** 44 }),
    data: fc.dictionary(text, value, { maxKeys: 3 }),
    row: fc.nat(),
  });

  it('are valid, the same for the same event, and others for another', () => {
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        expect(isUlid(idOf(one))).toBe(true);
        expect(idOf({ ...one, row: other.row })).toBe(idOf({ ...one, data: shuffled(one.data) }));
        for (const field of ['person', 'name', 'timeMs', 'data'] as const) {
          const isSame = canonicalText(one[field]) === canonicalText(other[field]);
          expect(idOf({ ...one, [field]: other[field] }) === idOf(one)).toBe(isSame);
        }
        const timeless = { ...one, timeMs: Number.NaN };
        expect(idOf({ ...timeless, row: other.row }) === idOf(timeless)).toBe(one.row === other.row);
        expect(idOf(one, part('k'))).not.toBe(idOf(one));
        const anotherRun = { ...IDENTITY, dataset: 'renamed.csv', clockMs: IDENTITY.clockMs + 86_400_000 };
        for (const keyed of [one, timeless])
          expect(idOf({ ...keyed, row: other.row }, part('k'), anotherRun)).toBe(idOf(keyed, part('k')));
        expect(idOf({ ...one, row: other.row }, null, anotherRun)).toBe(idOf(one));
        expect(idOf({ ...one, data: other.data }, part('k'))).toBe(idOf(one, part('k')));
        expect(idOf(one, null, { ...IDENTITY, target: 'site-2' })).not.toBe(idOf(one));
      }),
      RUNS,
    );
  });

  it('are ordered by time', () => {
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        if (one.timeMs < other.timeMs) expect(idOf(one) < idOf(other)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('any JSON object', () => {
  it('is sent or settled, and never stops the run', () => {
    const key = fc.oneof(
      text,
      fc.constantFrom(
        'id',
        'email',
        'type',
        'action',
        'identifiers',
        'attributes',
        'name',
        'userId',
        'event',
        'timestamp',
        '__proto__',
        'constructor',
      ),
    );
    const hint = fc.oneof(
      value,
      fc.constantFrom('person', 'object', 'identify', 'track', 'event', 'merge', 'delete', '7', 1_700_000_000),
    );
    const json = fc
      .array(fc.tuple(key, hint), { maxLength: 6 })
      .map(
        (entries) =>
          JSON.parse(
            `{${entries.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join(',')}}`,
          ) as Record<string, unknown>,
      );
    fc.assert(
      fc.property(fc.array(json, { maxLength: 10 }), fc.constantFrom('v1' as const, 'v2' as const), (rows, api) => {
        const { plan } = planOf(ndjson({ id: '1' }), { api });
        const chunk = preparerOf(ndjson().layout, plan).prepare(blockOf(rows.map((one) => ({ json: one }))));
        const sent = sentOf(chunk);
        expect(
          sent.length + chunk.invalid.length + Object.values(chunk.skipped).reduce((sum, count) => sum + count, 0),
        ).toBe(rows.length);
        for (const one of sent) {
          const keys = personsOf(one.text, one.single).map(hashPerson);
          expect(new Set(keys)).toEqual(new Set(one.keys));
        }
      }),
      RUNS,
    );
  });
});

function shuffled(one: unknown): unknown {
  if (Array.isArray(one)) return one.map(shuffled);
  if (typeof one !== 'object' || one === null) return one;
  const reversed = Object.create(null) as Record<string, unknown>;
  for (const [name, item] of Object.entries(one).reverse()) reversed[name] = shuffled(item);
  return reversed;
}

function idOf(
  one: { person: string; name: string; timeMs: number; data: unknown; row: number },
  key: string | null = null,
  identity = IDENTITY,
): string {
  return ulidText(
    createEventIds(identity).idOf(
      quote(one.person),
      quote(one.name),
      { action: 'event', timeMs: one.timeMs, data: canonicalText(one.data), key },
      one.row,
    ),
  );
}

function after(list: readonly { id: string; email: string; x: string }[]): Map<string, string> {
  const held = new Map<string, string>();
  for (const { id, email, x } of list) {
    if (id !== '') held.set(`id:${id}`, JSON.stringify([id, email, x]));
    if (email !== '') held.set(`email:${email}`, JSON.stringify([id, email, x]));
  }
  return held;
}

describe('times of a zone', () => {
  it('come back as the instant they were taken at, unless a clock change repeats them; then as the first of two', () => {
    const zone = fc.constantFrom(
      'Europe/Vienna',
      'America/New_York',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Kathmandu',
      'Africa/Casablanca',
      'America/Sao_Paulo',
    );
    const instant = fc
      .integer({ min: Date.UTC(1975, 0, 1) / 1000, max: Date.UTC(2035, 0, 1) / 1000 })
      .map((seconds) => seconds * 1000);
    fc.assert(
      fc.property(zone, instant, (timeZone, utcMs) => {
        const local = new Date(utcMs).toLocaleString('sv-SE', { timeZone });
        const found = parseTime(local, 'auto', timeZone);
        const isRepeated = timeNote(local, 'auto', timeZone) === 'repeated_hour';
        expect(new Date(found).toLocaleString('sv-SE', { timeZone })).toBe(local);
        if (isRepeated) expect(found).toBeLessThanOrEqual(utcMs);
        else expect(found).toBe(utcMs);
      }),
      { numRuns: 1000 },
    );
  });
});
