import { describe, expect, it } from 'vitest';
import { eachOperation, rowNumber, type Batch, type WindowChunk } from '../../../src/pipeline/batch.ts';
import { createLanes, type Lanes } from '../../../src/pipeline/lanes.ts';
import { windowChunkOf } from '../../support/chunks.ts';

function lanesWith(rowsMax: number): Lanes {
  return createLanes({ rowsMax, bytesMax: 480_000, firstBatchId: 1, mustWait: () => false, mayGo: () => true });
}

function addAll(lanes: Lanes, startRow: number, rows: readonly (readonly string[])[]): void {
  const chunk = windowChunkOf(
    startRow,
    rows.map((persons) => ({ persons })),
  );
  rows.forEach((_, index) => lanes.add(chunk, index));
}

function rowsOf(batch: Batch | undefined): number[] {
  const rows: number[] = [];
  if (batch) eachOperation(batch, (chunk, index) => rows.push(rowNumber(chunk, index)));
  return rows;
}

/** Rows with the numbers they have in their source, as a retry finds them. */
function pageOf(rows: readonly number[], persons: readonly (readonly string[])[]): WindowChunk {
  const chunk = windowChunkOf(
    0,
    persons.map((one) => ({ persons: one })),
  );
  chunk.prepared = {
    ...chunk.prepared,
    operations: { ...chunk.prepared.operations, rows: Uint32Array.from(rows, (n) => n - 1) },
  };
  return chunk;
}

describe('lanes', () => {
  it('put ten rows into one batch, whoever they are about', () => {
    const lanes = lanesWith(1000);
    addAll(lanes, 0, [
      ['id:1'],
      ['id:2'],
      ['id:1'],
      ['id:1', 'email:a@b.c'],
      ['email:a@b.c'],
      ['id:3'],
      ['id:2'],
      ['id:1'],
      ['id:4'],
      ['id:1'],
    ]);
    expect(lanes.next(false)).toBeUndefined();
    expect(rowsOf(lanes.next(true))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(lanes.next(true)).toBeUndefined();
  });

  it('give busy persons batches of their own, side by side', () => {
    const lanes = lanesWith(10);
    const rows = Array.from({ length: 120 }, (_, i) => [`id:${i % 3}`]);
    addAll(lanes, 0, rows);
    const first = lanes.next(true);
    expect(lanes.next(true)).toBeUndefined(); // all three are in the first batch
    if (first) lanes.release(first);
    const batches = [lanes.next(true), lanes.next(true), lanes.next(true)];
    expect(batches.map((batch) => batch?.count)).toEqual([10, 10, 10]);
    expect(lanes.next(true)).toBeUndefined();
  });

  it('hold back only the person who waits', () => {
    const lanes = lanesWith(2);
    addAll(lanes, 0, [['id:slow'], ['id:1'], ['id:slow'], ['id:2'], ['id:3'], ['id:slow']]);
    const slow = lanes.next(true);
    expect(rowsOf(slow)).toEqual([1, 2]);
    expect(rowsOf(lanes.next(true))).toEqual([4, 5]);
    expect(lanes.next(true)).toBeUndefined();
    expect(lanes.waiting()).toBe(2);
    if (slow) lanes.release(slow);
    expect(rowsOf(lanes.next(true))).toEqual([3, 6]);
  });

  it('let a second identity go with the batch in which its lane ends without it', () => {
    const lanes = lanesWith(2);
    addAll(lanes, 0, [['id:1', 'email:a@b.c'], ['id:9'], ['id:1', 'email:a@b.c'], ['id:1'], ['id:1']]);
    for (let batch = lanes.next(true); batch; batch = lanes.next(true)) lanes.release(batch);
    addAll(lanes, 5, [['email:a@b.c']]);
    expect(rowsOf(lanes.next(true))).toEqual([6]);
  });

  it('count every name of a row, and each once', () => {
    const lanes = lanesWith(1);
    addAll(lanes, 0, [['cio_id:a1', 'id:1', 'email:a@b.c'], ['email:a@b.c'], ['id:1', 'id:1'], ['id:2']]);
    const first = lanes.next(true);
    expect([rowsOf(first), rowsOf(lanes.next(true)), lanes.next(true)]).toEqual([[1], [4], undefined]);
    if (first) lanes.release(first);
    expect([rowsOf(lanes.next(true)), rowsOf(lanes.next(true))].flat().toSorted((a, b) => a - b)).toEqual([2, 3]);
  });

  it.each([
    ['everybody shares one e-mail', (n: number) => [`id:${n}`, 'email:all@example.com']],
    ['everybody is tied to the next', (n: number) => [`id:${n}`, `id:${n + 1}`]],
    ['there is only one person', () => ['id:1']],
  ])('take time in proportion to the rows, also when %s', (_, personsOf) => {
    const elapsedMs = (count: number): number => {
      const startedAt = process.cpuUsage(); // what other processes take does not count
      const lanes = lanesWith(1000);
      for (let at = 0; at < count; at += 500) {
        addAll(
          lanes,
          at,
          Array.from({ length: 500 }, (_, i) => personsOf(at + i)),
        );
        while (lanes.waiting() > 8_000) {
          const batch = lanes.next(true);
          if (batch) lanes.release(batch);
        }
      }
      for (let batch = lanes.next(true); batch; batch = lanes.next(true)) lanes.release(batch);
      expect(lanes.waiting()).toBe(0);
      const { user, system } = process.cpuUsage(startedAt);
      return (user + system) / 1000;
    };
    elapsedMs(10_000);
    expect(elapsedMs(80_000) / elapsedMs(10_000)).toBeLessThan(32); // 8 if it is linear, 64 if it is quadratic
  });

  it('keep the order of the file when two lanes become one, also for chunks that all begin at row 0', () => {
    const lanes = lanesWith(2);
    const pages = [
      pageOf([10, 20, 30], [['id:1'], ['id:2'], ['id:1']]),
      pageOf([40, 50, 60], [['id:2'], ['id:2', 'id:1'], ['id:1']]),
    ];
    for (const one of pages) for (let index = 0; index < 3; index++) lanes.add(one, index);
    const rows: number[] = [];
    for (let batch = lanes.next(true); batch; batch = lanes.next(true)) {
      rows.push(...rowsOf(batch));
      lanes.release(batch);
    }
    expect(rows).toEqual([10, 20, 30, 40, 50, 60]);
  });
});
