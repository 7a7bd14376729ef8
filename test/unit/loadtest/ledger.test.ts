import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import type { LoadtestLedger, PlannedLoadtest } from '../../../src/domain/loadtest.ts';
import { createLoadtestLedger } from '../../../src/journal/loadtests.ts';
import { openJournal } from '../../../src/journal/open.ts';
import { tempFolder } from '../../support/temp.ts';

const planned: PlannedLoadtest = {
  id: 'run1',
  workspace: 'w1',
  scenario: 'ramp',
  rate: 80,
  duration_ms: 120_000,
  max_n: 3_599,
  started_at: 1_000,
};
const journalPath = (test: TestContext): string => join(tempFolder(test), 'journal.db');

function withLedger(path: string, work: (ledger: LoadtestLedger) => void): void {
  const journal = openJournal(path);
  try {
    work(createLoadtestLedger(journal));
  } finally {
    journal.close();
  }
}

describe('load tests in the journal', () => {
  it('survive the process: what was planned is there for the next one', (test) => {
    const path = journalPath(test);
    withLedger(path, (ledger) => ledger.plan(planned));
    withLedger(path, (ledger) => {
      expect(ledger.list()).toEqual([{ ...planned, state: 'planned', verdict: null, finished_at: null, k6_pid: null }]);
      expect(ledger.uncleaned('w1').map(({ id }) => id)).toEqual(['run1']);
      expect(ledger.uncleaned('w2')).toEqual([]);
    });
  });

  it('go from planned to running to finished to cleaned', (test) => {
    withLedger(journalPath(test), (ledger) => {
      ledger.plan(planned);
      ledger.started('run1', 4242);
      expect(ledger.list()[0]).toMatchObject({ state: 'running', k6_pid: 4242 });
      ledger.finish('run1', 'pass', 2_000);
      expect(ledger.list()[0]).toMatchObject({
        state: 'finished',
        verdict: 'pass',
        finished_at: 2_000,
        k6_pid: 4242,
        scenario: 'ramp',
      });
      ledger.markCleaned('run1');
      expect(ledger.uncleaned('w1')).toEqual([]);
      expect(ledger.list()[0]?.state).toBe('cleaned');
    });
  });

  it('refuse a move from a state that it does not start from', (test) => {
    withLedger(journalPath(test), (ledger) => {
      expect(() => ledger.started('run1', 1)).toThrow(/cannot become running/);
      ledger.plan(planned);
      ledger.finish('run1', 'aborted', 2_000);
      expect(() => ledger.finish('run1', 'pass', 3_000)).toThrow(/cannot become finished/);
      expect(() => ledger.started('run1', 1)).toThrow(/cannot become running/);
      expect(() => ledger.markCleaned('nope')).toThrow(/cannot become cleaned/);
    });
  });

  it('are listed oldest first', (test) => {
    withLedger(journalPath(test), (ledger) => {
      ledger.plan({ ...planned, id: 'younger', started_at: 2 });
      ledger.plan({ ...planned, id: 'older', started_at: 1 });
      expect(ledger.uncleaned('w1').map(({ id }) => id)).toEqual(['older', 'younger']);
    });
  });
});
