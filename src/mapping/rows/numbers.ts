import type { PackedOperations } from '../../domain/chunk.ts';

export type Numbers = Pick<PackedOperations, 'rows' | 'keyEnds' | 'keys'>;

/** The numbers of a chunk's operations: from which row each is, and which keys it has. */
export interface OperationNumbers {
  /** Operation `at`, the next one of the chunk. */
  add(at: number, row: number, keys: readonly number[]): void;
  /** Those of the first `count` operations, which are all; the next chunk begins, and will write over them. */
  take(count: number): Numbers;
}

/** Room for a usual chunk; it grows when one has more. */
const OPERATIONS_MIN = 256;

/** Written over for every chunk: arrays of a chunk's own would outlive it by a collection. */
export function createNumbers(): OperationNumbers {
  let rows = new Uint32Array(OPERATIONS_MIN);
  let keyEnds = new Uint32Array(OPERATIONS_MIN);
  let keys = new Int32Array(2 * OPERATIONS_MIN);
  let keyCount = 0;
  return {
    add(at, row, own) {
      if (at === rows.length) {
        rows = moved(rows, new Uint32Array(2 * at));
        keyEnds = moved(keyEnds, new Uint32Array(2 * at));
      }
      while (keyCount + own.length > keys.length) keys = moved(keys, new Int32Array(2 * keys.length));
      rows[at] = row;
      for (let i = 0; i < own.length; i++) keys[keyCount++] = own[i] ?? 0;
      keyEnds[at] = keyCount;
    },
    take(count) {
      const taken = {
        rows: rows.subarray(0, count),
        keyEnds: keyEnds.subarray(0, count),
        keys: keys.subarray(0, keyCount),
      };
      keyCount = 0;
      return taken;
    },
  };
}

function moved<T extends Uint32Array | Int32Array>(numbers: T, to: T): T {
  to.set(numbers);
  return to;
}
