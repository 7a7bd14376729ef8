import { describe, expect, it } from 'vitest';
import type { LedgerState } from '../../../src/domain/ledger.ts';
import { createResumption, type Resumption } from '../../../src/pipeline/resumption.ts';
import { chunkOf, windowChunkOf } from '../../support/chunks.ts';

/** An earlier process stopped after row 10, and had settled rows 12, 13 and 20. */
const BEFORE: Pick<LedgerState, 'checkpoint' | 'settled'> = {
  checkpoint: { row: 10, line: 10, offset: 100, hash: 'h10' },
  settled: [
    [12, 13],
    [20, 20],
  ],
};

const counts = (resumption: Resumption): number[] => [resumption.rowsBefore(), resumption.rowsAhead()];
const people = (count: number): { persons: string[] }[] =>
  Array.from({ length: count }, (_, i) => ({ persons: [`id:${i}`] }));

describe('what earlier processes have settled', () => {
  it('is recognised when it is read again, and counts as ahead until then', () => {
    const resumption = createResumption(BEFORE);
    expect(counts(resumption)).toEqual([10, 3]);
    const chunk = windowChunkOf(10, people(5));
    expect([0, 1, 2, 3, 4].map((index) => resumption.recognises(chunk, index))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(counts(resumption)).toEqual([10, 1]);
  });

  it('is not counted as left out by a process that would leave it out', () => {
    const resumption = createResumption(BEFORE);
    const made = chunkOf(10, people(2));
    const read = {
      ...made,
      rows: 5,
      skipped: { duplicate_event: 1, recent: 2 },
      operations: { ...made.operations, rows: Uint32Array.of(0, 1) },
    }; // row 13 is left out
    const { rows, skipped } = resumption.withoutSettledSkips(read);
    expect([rows, Object.values(skipped).reduce((a, b) => a + b, 0)]).toEqual([4, 2]);
    expect(counts(resumption)).toEqual([11, 2]);
  });

  it('is nothing in a first process, which takes chunks as they are', () => {
    const resumption = createResumption({ checkpoint: null, settled: [] });
    const chunk = chunkOf(0, people(3), { rows: 4, skipped: { recent: 1 } });
    expect(resumption.withoutSettledSkips(chunk)).toBe(chunk);
    expect(resumption.recognises(windowChunkOf(0, people(3)), 1)).toBe(false);
    expect(counts(resumption)).toEqual([0, 0]);
  });
});
