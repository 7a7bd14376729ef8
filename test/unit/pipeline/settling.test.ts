import { describe, expect, it } from 'vitest';
import type { Batch, WindowChunk } from '../../../src/pipeline/batch.ts';
import type { Change, Ledger } from '../../../src/domain/ledger.ts';
import { EMPTY_TALLY } from '../../../src/domain/outcome.ts';
import { createLinks } from '../../../src/pipeline/links.ts';
import { createSettling, type Settling } from '../../../src/pipeline/settling.ts';
import type { RecordFinder } from '../../../src/pipeline/undelivered-rows.ts';
import { createWindow, type Window } from '../../../src/pipeline/window.ts';
import { chunkOf } from '../../support/chunks.ts';
import { hastyClock } from '../../support/pipeline/world.ts';

interface Desk {
  readonly settling: Settling;
  readonly window: Window;
  readonly commits: readonly Change[];
  readonly errors: readonly unknown[];
  /** The disk is full from now on, or has room again. */
  breakDisk(isBroken: boolean): void;
}

function deskWith(findRecords: RecordFinder = () => []): Desk {
  const commits: Change[] = [];
  const errors: unknown[] = [];
  let isBroken = false;
  const window = createWindow();
  const ledger: Ledger = {
    state: () => ({ tally: EMPTY_TALLY, checkpoint: null, settled: [], inDoubt: [], failedPersons: [], nextBatch: 1 }),
    commit(change) {
      if (isBroken) throw new Error('the disk is full');
      commits.push(change);
    },
    tally: () => EMPTY_TALLY,
    finish: () => undefined,
  };
  const settling = createSettling({
    ledger,
    window,
    links: createLinks(),
    clock: hastyClock,
    findRecords,
    rowsBefore: () => 0,
    onUndelivered: () => undefined,
    onSpent: () => undefined,
    onPassed: () => undefined,
    onCommit: () => undefined,
    onError: (error) => errors.push(error),
  });
  return { settling, window, commits, errors, breakDisk: (broken) => void (isBroken = broken) };
}

function batchOf(id: number, chunk: WindowChunk, from: number, to: number): Batch {
  return { id, segments: [{ chunk, from, to }], count: to - from, single: undefined };
}

const people = (count: number): { persons: string[] }[] =>
  Array.from({ length: count }, (_, i) => ({ persons: [`id:${i}`] }));
const DELIVERED = { undelivered: [], pending: [] };

describe('settling', () => {
  it('puts intents, settlements and the checkpoint that are due together into one transaction', async () => {
    const { settling, window, commits } = deskWith();
    const first = window.admit(chunkOf(0, people(2)));
    const second = window.admit(chunkOf(2, people(2)));
    await Promise.all([settling.intend(batchOf(1, first, 0, 2)), settling.intend(batchOf(2, second, 0, 1))]);
    expect(commits).toHaveLength(1);
    settling.settle(batchOf(1, first, 0, 2), DELIVERED);
    settling.settle(batchOf(2, second, 0, 1), DELIVERED);
    await settling.intend(batchOf(3, second, 1, 2));
    expect(commits).toHaveLength(2);
    expect(commits[1]).toMatchObject({
      intents: [{ batch: 3, rows: [[4, 4]] }],
      settled: [
        { batch: 1, rows: [[1, 2]], delivered: 2 },
        { batch: 2, rows: [[3, 3]], delivered: 1 },
      ],
      passed: { position: { row: 2 } },
    });
  });

  it('leaves rows that a stop cut short in doubt, and settles the others of their batch', () => {
    const { settling, window, commits } = deskWith();
    const chunk = window.admit(chunkOf(0, people(5)));
    settling.settle(batchOf(1, chunk, 0, 5), {
      undelivered: [],
      pending: [
        { chunk, index: 1 },
        { chunk, index: 4 },
      ],
    });
    settling.flush();
    expect(commits[0]).toMatchObject({
      settled: [
        {
          batch: 1,
          rows: [
            [1, 1],
            [3, 4],
          ],
          delivered: 3,
          inDoubt: [
            [2, 2],
            [5, 5],
          ],
        },
      ],
      passed: undefined,
    });
  });

  it('commits nothing after a commit that failed: the checkpoint never passes rows that nobody has counted', async () => {
    const { settling, window, commits, breakDisk } = deskWith();
    const first = window.admit(chunkOf(0, people(2)));
    const second = window.admit(chunkOf(2, people(2)));
    breakDisk(true);
    settling.settle(batchOf(1, first, 0, 2), DELIVERED);
    expect(() => settling.flush()).toThrow('the disk is full');
    breakDisk(false);
    settling.settle(batchOf(2, second, 0, 2), DELIVERED);
    expect(() => settling.flush()).toThrow('the disk is full');
    await expect(settling.intend(batchOf(3, second, 0, 1))).rejects.toThrow('the disk is full');
    expect(commits).toEqual([]);
  });

  it('commits nothing after a row that can never be sent was not found again: the checkpoint never passes it', () => {
    let isLost = true;
    const { settling, window, commits } = deskWith(() => {
      if (isLost) throw new Error('not found');
      return [];
    });
    window.admit(
      chunkOf(0, [], { rows: 1, invalid: [{ index: 0, code: 'unparsable', message: 'an unclosed quote' }] }),
    );
    expect(() => settling.flush()).toThrow('not found');
    isLost = false;
    window.admit(chunkOf(1, [], { rows: 1, skipped: { recent: 1 } }));
    expect(() => settling.flush()).toThrow('not found');
    expect(commits).toEqual([]);
  });
});
