import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { keysEnd, keysStart, operationBytes, packOperations, type LooseOperation } from '../../../src/domain/chunk.ts';
import { ENVELOPE_BYTES, ENVELOPE_CLOSE, ENVELOPE_OPEN } from '../../../src/domain/envelope.ts';

const text = fc.string({ unit: 'grapheme' });
const loose: fc.Arbitrary<LooseOperation> = fc.record({
  row: fc.nat(),
  bytes: text.map((one) => new Uint8Array(Buffer.from(one))), // '' is the body of a v1 delete
  keys: fc.array(fc.integer({ min: -0x80000000, max: 0x7fffffff }), { maxLength: 3 }),
  kinds: fc.nat(0xffff),
  single: fc.option(fc.constant({ method: 'DELETE', path: '/api/v1/customers/7' } as const), { nil: undefined }),
  isGuarded: fc.boolean(),
});

test('what is packed into a chunk is found again, operation by operation', () => {
  fc.assert(
    fc.property(fc.array(loose, { maxLength: 20 }), (operations) => {
      const packed = packOperations(operations);
      const found = operations.map((_, index) => ({
        row: packed.rows[index],
        bytes: operationBytes(packed, index),
        keys: [...packed.keys.subarray(keysStart(packed, index), keysEnd(packed, index))],
        single: packed.singles.get(index),
        isGuarded: packed.guarded.has(index),
      }));
      expect(found).toEqual(
        operations.map(({ row, bytes, keys, single, isGuarded }) => ({ row, bytes, keys, single, isGuarded })),
      );
      expect(packed.count).toBe(operations.length);
      expect(packed.kinds).toBe(operations.reduce((kinds, one) => kinds | one.kinds, 0));
    }),
  );
});

test('neighbours of a chunk are a batch as they stand, commas and all', () => {
  const bodies = ['{"n":1}', '{"n":"ü"}', '{"n":3}', '{"n":4}'];
  const packed = packOperations(bodies.map((body, row) => ({ row, bytes: Buffer.from(body), keys: [], kinds: 0 })));
  expect(Buffer.from(operationBytes(packed, 1, 3)).toString()).toBe('{"n":"ü"},{"n":3}');
  const request = Buffer.concat([ENVELOPE_OPEN, operationBytes(packed, 0, 4), ENVELOPE_CLOSE]);
  expect(JSON.parse(request.toString())).toEqual({ batch: bodies.map((body) => JSON.parse(body) as unknown) });
  expect(ENVELOPE_BYTES).toBe('{"batch":[]}'.length);
});
