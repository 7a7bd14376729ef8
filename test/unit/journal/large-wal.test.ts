import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Change, UndeliveredRow } from '../../../src/domain/ledger.ts';
import { createImportLedger } from '../../../src/journal/import-ledger.ts';
import type { Journal } from '../../../src/journal/journal.ts';
import { openJournal } from '../../../src/journal/open.ts';
import { createRun } from '../../../src/journal/runs.ts';
import { tempFolder } from '../../support/temp.ts';

const NEW_RUN = {
  type: 'import',
  source: 's',
  sourceKey: 's',
  workspace: 'w',
  environmentId: null,
  fingerprint: 'f',
  spec: '{}',
} as const;
const LARGE = 8_000_000;

/** A row that brings 100 kB into the journal. */
function settledRow(row: number): Change {
  const undelivered: UndeliveredRow = {
    row,
    line: row,
    state: 'rejected',
    code: 'http_400',
    reason: 'refused',
    column: null,
    field: null,
    persons: [],
    payload: null,
    single: null,
    record: 'x'.repeat(100_000),
  };
  return {
    intents: [],
    withdrawn: [],
    settled: [{ batch: undefined, rows: [[row, row]], delivered: 0, undelivered: [undelivered], inDoubt: [] }],
    passed: undefined,
    rowsRead: row,
  };
}

/** Another connection, and what begins a transaction that reads. */
function readerOf(test: TestContext, journal: Journal): { begin(): void; end(): void } {
  const reader = new Database(journal.path, { readonly: true });
  test.onTestFinished(() => void reader.close());
  return {
    begin() {
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM runs').get();
    },
    end: () => void reader.exec('COMMIT'),
  };
}

function journalFor(test: TestContext): Journal {
  const journal = openJournal(join(tempFolder(test), 'journal.db'));
  test.onTestFinished(() => journal.close());
  return journal;
}

describe('a WAL that cannot be written back', { timeout: 60_000 }, () => {
  it('is told of once, when a reader has made it large', (test) => {
    const journal = journalFor(test);
    const ledger = createImportLedger(journal, createRun(journal, NEW_RUN, 0).id, () => 0);
    const told: number[] = [];
    journal.onLargeWal((bytes) => told.push(bytes), LARGE);
    readerOf(test, journal).begin();
    for (let row = 1; row <= 60; row++) ledger.commit(settledRow(row));
    expect(told).toEqual([]);
    for (let row = 61; row <= 200; row++) ledger.commit(settledRow(row));
    expect(told).toHaveLength(1);
    expect(told[0]).toBeGreaterThanOrEqual(LARGE);
    expect(statSync(`${journal.path}-wal`).size).toBeGreaterThan(2 * LARGE);
  });

  it('is no matter when readers end', (test) => {
    const journal = journalFor(test);
    const ledger = createImportLedger(journal, createRun(journal, NEW_RUN, 0).id, () => 0);
    const told: number[] = [];
    journal.onLargeWal((bytes) => told.push(bytes), LARGE);
    const reader = readerOf(test, journal);
    for (let row = 10; row <= 209; row++) {
      if (row % 10 === 0) reader.begin();
      ledger.commit(settledRow(row));
      if (row % 10 === 5) reader.end();
    }
    expect(told).toEqual([]);
  });
});
