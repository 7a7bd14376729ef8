import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyTable } from '../../../src/pipeline/key-table.ts';

test('a key table answers like a Map, however its keys collide, come and go', () => {
  // Few low bits: nearly all keys want the same slots.
  const key = fc.nat(40).map((n) => (n * 4096 + (n % 3)) | 0 || 1);
  const step = fc.oneof(fc.record({ key, value: fc.nat() }), fc.record({ key, value: fc.constant(undefined) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = createKeyTable<number>();
      const map = new Map<number, number>();
      for (const { key, value } of steps) {
        if (value === undefined) {
          table.delete(key);
          map.delete(key);
        } else {
          table.set(key, value);
          map.set(key, value);
        }
        expect(table.get(key)).toBe(map.get(key));
      }
      for (let n = 0; n <= 40; n++) {
        const k = (n * 4096 + (n % 3)) | 0 || 1;
        expect(table.get(k)).toBe(map.get(k));
      }
      expect(table.size()).toBe(map.size);
    }),
    { numRuns: 300 },
  );
});

test('a key table grows with what it holds', () => {
  const table = createKeyTable<string>();
  for (let key = 1; key <= 20_000; key++) table.set((key * 2_654_435) | 0, String(key));
  for (let key = 1; key <= 20_000; key += 2) table.delete((key * 2_654_435) | 0);
  expect(table.size()).toBe(10_000);
  for (let key = 1; key <= 20_000; key++)
    expect(table.get((key * 2_654_435) | 0)).toBe(key % 2 === 0 ? String(key) : undefined);
});
