/** What every ledger promises, whether rows come from a source or from what had failed before. */
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Position } from '../../src/domain/chunk.ts';
import type { Change, Ledger, RowRanges, SettledRows, UndeliveredRow } from '../../src/domain/ledger.ts';
import { settledRows } from '../../src/domain/outcome.ts';
import { createImportLedger } from '../../src/journal/import-ledger.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openJournal } from '../../src/journal/open.ts';
import { createRetryLedger } from '../../src/journal/retry-ledger.ts';
import { createRun } from '../../src/journal/runs.ts';
import { countUndelivered, undeliveredRows } from '../../src/journal/undelivered.ts';
import { tempFolder } from '../support/temp.ts';

const ROWS = 10;
const NEW_RUN = {
  type: 'import',
  source: 's',
  sourceKey: 's',
  workspace: 'w',
  environmentId: null,
  fingerprint: 'f',
  spec: '{}',
} as const;
const NOTHING: Change = { intents: [], withdrawn: [], settled: [], passed: undefined, rowsRead: 0 };

interface Case {
  readonly journal: Journal;
  /** A ledger of the same run, as another process would open it. */
  open(): Ledger;
}

const failed = (row: number): UndeliveredRow => ({
  row,
  line: row,
  state: 'failed',
  code: 'http_503',
  reason: 'all attempts failed',
  column: null,
  field: null,
  persons: [`id:${row}`],
  payload: new TextEncoder().encode(`{"n":${row}}`),
  single: null,
  record: `record ${row}`,
});
const intent = (batch: number, rows: RowRanges): Change => ({ ...NOTHING, intents: [{ batch, rows }], rowsRead: ROWS });
const settle = (
  batch: number | undefined,
  rows: RowRanges,
  delivered: number,
  rest: Partial<SettledRows> = {},
): Change => ({
  ...NOTHING,
  settled: [{ batch, rows, delivered, undelivered: [], inDoubt: [], ...rest }],
  rowsRead: ROWS,
});

const at = (row: number): Position => ({ row, line: row + 1, offset: row * 10, hash: `h${row}` });

function journalOf(test: TestContext): { journal: Journal; run: number } {
  const journal = openJournal(join(tempFolder(test), 'journal.db'));
  test.onTestFinished(() => journal.close());
  return { journal, run: createRun(journal, NEW_RUN, 0).id };
}

const KINDS: readonly (readonly [string, (test: TestContext) => Case])[] = [
  [
    'an import',
    (test) => {
      const { journal, run } = journalOf(test);
      return { journal, open: () => createImportLedger(journal, run, () => 0) };
    },
  ],
  [
    'a retry',
    (test) => {
      const { journal, run } = journalOf(test);
      const rows = Array.from({ length: ROWS }, (_, i) => failed(i + 1));
      createImportLedger(journal, run, () => 0).commit(settle(undefined, [[1, ROWS]], 0, { undelivered: rows }));
      return { journal, open: () => createRetryLedger(journal, run, () => 0) };
    },
  ],
];

describe.for(KINDS)('the ledger of %s', ([, create]) => {
  it('knows of an intent, after a death too, and gives its number to no other batch', (test) => {
    const { open } = create(test);
    const ledger = open();
    const { nextBatch } = ledger.state();
    ledger.commit(
      intent(nextBatch, [
        [2, 4],
        [7, 7],
      ]),
    );
    const after = open().state();
    expect(after.inDoubt).toEqual([
      [2, 4],
      [7, 7],
    ]);
    expect(after.nextBatch).toBeGreaterThan(nextBatch);
  });

  it('forgets an intent whose batch was never sent', (test) => {
    const { open } = create(test);
    const ledger = open();
    const { nextBatch } = ledger.state();
    ledger.commit(intent(nextBatch, [[1, 3]]));
    ledger.commit({ ...NOTHING, withdrawn: [nextBatch] });
    expect(open().state().inDoubt).toEqual([]);
  });

  it('counts a settled batch once, in the transaction that settles it', (test) => {
    const { open, journal } = create(test);
    const ledger = open();
    const { nextBatch } = ledger.state();
    ledger.commit(intent(nextBatch, [[1, 5]]));
    ledger.commit(
      settle(nextBatch, [[1, 5]], 4, { undelivered: [{ ...failed(3), state: 'rejected', code: 'invalid' }] }),
    );
    expect(ledger.tally()).toMatchObject({ delivered: 4, rejected: 1 });
    expect(open().tally()).toEqual(ledger.tally());
    expect(open().state().inDoubt).toEqual([]);
    expect(countUndelivered(journal, 1).find(({ state }) => state === 'rejected')).toEqual({
      state: 'rejected',
      code: 'invalid',
      count: 1,
    });
  });

  it('keeps rows in doubt that a stop left without an outcome', (test) => {
    const { open } = create(test);
    const ledger = open();
    const { nextBatch } = ledger.state();
    ledger.commit(intent(nextBatch, [[1, 6]]));
    ledger.commit(settle(nextBatch, [[1, 3]], 3, { inDoubt: [[4, 6]] }));
    expect(open().state().inDoubt).toEqual([[4, 6]]);
    expect(open().tally().delivered).toBe(3);
  });

  it('keeps all of a change or nothing of it', (test) => {
    const { open, journal } = create(test);
    const ledger = open();
    const { nextBatch } = ledger.state();
    ledger.commit(intent(nextBatch, [[1, 5]]));
    const before = ledger.tally();
    const broken = { ...failed(5), persons: undefined as unknown as string[] }; // cannot be stored: the column may not be null
    expect(() => ledger.commit(settle(nextBatch, [[1, 5]], 4, { undelivered: [broken] }))).toThrow();
    expect(ledger.tally()).toEqual(before);
    expect(open().tally()).toEqual(before);
    expect(open().state().inDoubt).toEqual([[1, 5]]);
    ledger.commit(settle(nextBatch, [[1, 5]], 5));
    expect(open().tally().delivered).toBe(5);
    expect([...undeliveredRows(journal, 1, ['failed'])].filter(({ row }) => row <= 5)).toEqual([]);
  });
});

describe('the ledger of an import', () => {
  it('moves the checkpoint with the counts, and lets go of what lies before it', (test) => {
    const { journal, run } = journalOf(test);
    const ledger = createImportLedger(journal, run, () => 0);
    ledger.commit(intent(1, [[1, 4]]));
    ledger.commit(intent(2, [[5, 8]]));
    ledger.commit({ ...settle(2, [[5, 8]], 4), passed: undefined });
    expect(createImportLedger(journal, run, () => 0).state()).toMatchObject({
      checkpoint: null,
      settled: [[5, 8]],
      inDoubt: [[1, 4]],
    });
    ledger.commit({ ...settle(1, [[1, 4]], 4), passed: { position: at(8), skipped: 0, invalid: [] } });
    expect(createImportLedger(journal, run, () => 0).state()).toMatchObject({
      checkpoint: at(8),
      settled: [],
      inDoubt: [],
    });
    expect(journal.prepare('SELECT count(*) FROM beyond').pluck().get()).toBe(0);
  });

  it('counts skipped and invalid rows when the checkpoint passes them, never twice', (test) => {
    const { journal, run } = journalOf(test);
    const ledger = createImportLedger(journal, run, () => 0);
    const invalid = { ...failed(3), state: 'invalid', code: 'too_long', payload: null, persons: [] } as const;
    ledger.commit({ ...NOTHING, passed: { position: at(5), skipped: 4, invalid: [invalid] }, rowsRead: 5 });
    expect(settledRows(ledger.tally())).toBe(5);
    expect(() =>
      ledger.commit({ ...NOTHING, passed: { position: at(5), skipped: 0, invalid: [invalid] }, rowsRead: 5 }),
    ).toThrow();
    expect(createImportLedger(journal, run, () => 0).tally()).toMatchObject({ skipped: 4, invalid: 1 });
  });

  it('refuses to settle a batch that has no intent', (test) => {
    const { journal, run } = journalOf(test);
    const ledger = createImportLedger(journal, run, () => 0);
    expect(() => ledger.commit(settle(9, [[1, 2]], 2))).toThrow(/no intent/);
    expect(ledger.tally().delivered).toBe(0);
  });

  it('remembers the persons of failed rows, so that a later process keeps their rows back too', (test) => {
    const { journal, run } = journalOf(test);
    createImportLedger(journal, run, () => 0).commit(
      settle(undefined, [[2, 3]], 0, { undelivered: [failed(2), { ...failed(3), persons: ['id:7', 'email:a@b.c'] }] }),
    );
    expect([...createImportLedger(journal, run, () => 0).state().failedPersons].sort()).toEqual([
      'email:a@b.c',
      'id:2',
      'id:7',
    ]);
  });

  it('stays small when every other batch waits: hundreds of settled batches beyond the checkpoint are a few records', (test) => {
    const { journal, run } = journalOf(test);
    const ledger = createImportLedger(journal, run, () => 0);
    for (let batch = 1; batch <= 600; batch++) {
      const rows: RowRanges = [[batch * 10 + 1, batch * 10 + 5]];
      ledger.commit(intent(batch, rows));
      ledger.commit(settle(batch, rows, 5));
    }
    expect(Number(journal.prepare('SELECT count(*) FROM beyond').pluck().get())).toBeLessThan(300);
    expect(createImportLedger(journal, run, () => 0).state().settled).toHaveLength(600);
    expect(ledger.tally().delivered).toBe(3_000);
  });
});
