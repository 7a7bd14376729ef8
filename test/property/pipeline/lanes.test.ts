import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachOperation, requestOf, rowNumber, type Batch, type WindowChunk } from '../../../src/pipeline/batch.ts';
import { createLanes } from '../../../src/pipeline/lanes.ts';
import { windowChunkOf, type MadeRow } from '../../support/chunks.ts';

/** What happens between two rows: a chunk comes in, a batch is asked for, or one of those under way is settled. */
type Step =
  | { readonly do: 'add'; readonly rows: readonly MadeRow[] }
  | { readonly do: 'next'; readonly flush: boolean }
  | { readonly do: 'settle'; readonly which: number };

const person = fc.oneof(
  { weight: 3, arbitrary: fc.constant('id:hot') },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 6 }).map((n) => `id:${n}`) },
);
const alias = fc.integer({ min: 0, max: 4 }).map((n) => `email:${n}@example.com`);
const row: fc.Arbitrary<MadeRow> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(person, alias, alias, person, person).map((persons) => ({ persons })) },
  { weight: 6, arbitrary: person.map((one) => ({ persons: [one] })) },
  { weight: 2, arbitrary: fc.tuple(person, alias).map((persons) => ({ persons })) },
  { weight: 1, arbitrary: alias.map((one) => ({ persons: [one] })) },
  { weight: 1, arbitrary: fc.tuple(person, person).map((persons) => ({ persons })) },
  {
    weight: 1,
    arbitrary: person.map((one): MadeRow => ({
      persons: [one],
      body: '{}',
      single: { method: 'POST', path: '/api/v1/customers/x/events' },
    })),
  },
  { weight: 1, arbitrary: fc.constant<MadeRow>({ persons: [], body: '{"nobody":1}' }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('add' as const), rows: fc.array(row, { minLength: 1, maxLength: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('next' as const), flush: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(9) }) },
);

/** Plays the steps, then settles until nothing waits. Checks what must hold at every moment. */
function play(
  steps: readonly Step[],
  limits: { readonly rowsMax: number; readonly bytesMax: number },
  mayGo: (row: number) => boolean,
): { sent: number[]; setAside: number[]; added: number } {
  const setAside: number[] = [];
  const lanes = createLanes({
    ...limits,
    firstBatchId: 1,
    mustWait: (chunk, index) => !mayGo(rowNumber(chunk, index)),
    mayGo(chunk, index) {
      if (mayGo(rowNumber(chunk, index))) return true;
      setAside.push(rowNumber(chunk, index));
      return false;
    },
  });
  const personsOfRow = new Map<number, readonly string[]>();
  const latest = new Map<string, number>();
  const underWay: Batch[] = [];
  const sent: number[] = [];
  let added = 0;

  const take = (flush: boolean): boolean => {
    const batch = lanes.next(flush);
    if (!batch) return false;
    const rows = rowsOf(batch);
    expect(rows.length).toBe(batch.count);
    expect(batch.count).toBeLessThanOrEqual(limits.rowsMax);
    if (batch.count > 1) expect(requestOf(batch).body.length).toBeLessThanOrEqual(limits.bytesMax);
    const persons = new Set(rows.flatMap((n) => personsOfRow.get(n) ?? []));
    for (const other of underWay)
      for (const n of rowsOf(other))
        for (const one of personsOfRow.get(n) ?? [])
          expect(persons.has(one), `${one} in two unsettled batches`).toBe(false);
    for (const n of rows)
      for (const one of new Set(personsOfRow.get(n))) {
        expect(latest.get(one) ?? 0, `order of ${one}`).toBeLessThan(n);
        latest.set(one, n);
      }
    sent.push(...rows);
    underWay.push(batch);
    return true;
  };
  const settle = (which: number): void => {
    const [batch] = underWay.splice(which % Math.max(1, underWay.length), 1);
    if (batch) lanes.release(batch);
  };

  const addRows = (rows: readonly MadeRow[]): void => {
    const chunk = windowChunkOf(added, rows);
    rows.forEach((made, i) => personsOfRow.set(added + i + 1, made.persons));
    for (let index = 0; index < rows.length; index++) lanes.add(chunk, index);
    added += rows.length;
  };

  for (const one of steps) {
    if (one.do === 'next') take(one.flush);
    else if (one.do === 'settle') settle(one.which);
    else addRows(one.rows);
    expect(lanes.waiting()).toBe(added - sent.length - setAside.length);
  }
  while (take(true) || underWay.length > 0) settle(0);
  addRows([...latest.keys()].map((one) => ({ persons: [one] }))); // nobody is held by a batch that is gone
  while (take(true) || underWay.length > 0) settle(0);
  expect(lanes.waiting()).toBe(0);
  return { sent, setAside, added };
}

function rowsOf(batch: Batch): number[] {
  const rows: number[] = [];
  eachOperation(batch, (chunk: WindowChunk, index: number) => rows.push(rowNumber(chunk, index)));
  return rows;
}

const limits = fc.record({ rowsMax: fc.integer({ min: 1, max: 8 }), bytesMax: fc.integer({ min: 150, max: 700 }) });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('lanes', () => {
  it('bring out every row once, a person in one unsettled batch at a time and in the order of the file', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), limits, (steps, sizes) => {
        const { sent, added } = play(steps, sizes, () => true);
        expect(sent.sort((a, b) => a - b)).toEqual(upTo(added));
      }),
      { numRuns: 1_500 },
    );
  });

  it('leave out rows that must not go any more, and let everybody else pass', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), limits, fc.integer({ min: 2, max: 5 }), (steps, sizes, every) => {
        const { sent, setAside, added } = play(steps, sizes, (n) => n % every !== 0);
        expect([...sent, ...setAside].sort((a, b) => a - b)).toEqual(upTo(added));
      }),
      { numRuns: 700 },
    );
  });
});
