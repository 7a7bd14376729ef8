import { keysEnd, keysStart, operationEnd, operationStart } from '../domain/chunk.ts';
import type { PackedOperations } from '../domain/chunk.ts';
import { ENVELOPE_BYTES } from '../domain/envelope.ts';

/** What sending would cost. People are counted by hash: exact for some thousands, within 2 % for a hundred million. */
export interface Estimate {
  readonly people: number;
  readonly events: number;
  readonly requests: number;
  readonly bytes: number;
  /** At the rate asked for, from the first request to the last. */
  readonly minutes: number;
}

export interface EstimateOptions {
  readonly batchRowsMax: number;
  readonly batchBytesMax: number;
  /** Requests per second; 0 = no limit. */
  readonly rate: number;
  readonly rowsPerSecond: number;
}

export interface EstimateMaker {
  add(operations: Pick<PackedOperations, 'count' | 'keys' | 'keyEnds' | 'ends' | 'singles'>): void;
  estimate(events: number): Estimate;
}

/** Fills imaginary batches in the order of the source, up to the limits of real ones. */
export function createEstimate({ batchRowsMax, batchBytesMax, rate, rowsPerSecond }: EstimateOptions): EstimateMaker {
  const people = createDistinctCount();
  let operations = 0;
  let requests = 0;
  let bytes = 0;
  let batchRows = 0;
  let batchBytes = 0;

  function addToBatch(length: number): void {
    if (batchRows === 0 || batchRows >= batchRowsMax || batchBytes + 1 + length > batchBytesMax) {
      requests++;
      bytes += ENVELOPE_BYTES;
      batchRows = 0;
      batchBytes = ENVELOPE_BYTES - 1;
    }
    batchRows++;
    batchBytes += length + 1;
    bytes += length + (batchRows > 1 ? 1 : 0);
  }

  return {
    add(packed) {
      const { count, keys, singles } = packed;
      operations += count;
      for (let index = 0; index < count; index++) {
        const length = operationEnd(packed, index) - operationStart(packed, index);
        const firstKey = keysStart(packed, index);
        people.add(firstKey < keysEnd(packed, index) ? (keys[firstKey] ?? 0) : 0);
        if (singles.size === 0 || !singles.has(index)) addToBatch(length);
        else {
          requests++;
          bytes += length;
        }
      }
    },
    estimate(events) {
      const seconds = Math.max(rate > 0 ? requests / rate : 0, rowsPerSecond > 0 ? operations / rowsPerSecond : 0);
      return { people: people.count(), events, requests, bytes, minutes: Math.round(seconds / 0.6) / 100 };
    },
  };
}

const BITS = 1 << 24;

/** Linear counting: a bit for every hash, and how many distinct ones it takes to set that many of them. 2 MB. */
function createDistinctCount(): { add(hash: number): void; count(): number } {
  const bits = new Uint8Array(BITS / 8);
  let set = 0;
  return {
    add(hash) {
      const at = hash & (BITS - 1);
      const bit = 1 << (at & 7);
      if (((bits[at >>> 3] ?? 0) & bit) !== 0) return;
      bits[at >>> 3] = (bits[at >>> 3] ?? 0) | bit;
      set++;
    },
    count: () => (set === BITS ? BITS : Math.round(-BITS * Math.log1p(-set / BITS))),
  };
}
