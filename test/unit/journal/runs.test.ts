import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { createImportLedger } from '../../../src/journal/import-ledger.ts';
import type { Journal } from '../../../src/journal/journal.ts';
import { openJournal } from '../../../src/journal/open.ts';
import { createRun, findRun, setRunState, type RunState } from '../../../src/journal/runs.ts';
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
const STATES: readonly RunState[] = ['open', 'finished', 'abandoned'];
const ALLOWED = ['open → finished', 'finished → open', 'open → abandoned', 'finished → abandoned'];

function journalFor(test: TestContext): Journal {
  const journal = openJournal(join(tempFolder(test), 'journal.db'));
  test.onTestFinished(() => journal.close());
  return journal;
}

function runIn(journal: Journal, state: RunState): number {
  const { id } = createRun(journal, NEW_RUN, 1);
  if (state !== 'open') setRunState(journal, id, state, 2);
  return id;
}

describe('the state of a run', () => {
  it.for(STATES.flatMap((from) => STATES.map((to) => [from, to] as const)))(
    'moves from %s to %s only if that is a move',
    ([from, to], test) => {
      const journal = journalFor(test);
      const id = runIn(journal, from);
      const move = (): void => setRunState(journal, id, to, 3);
      if (ALLOWED.includes(`${from} → ${to}`)) {
        move();
        expect(findRun(journal, id)).toMatchObject({ state: to, updatedAt: 3 });
      } else {
        expect(move).toThrow(`run ${id} cannot become ${to}`);
        expect(findRun(journal, id)?.state).toBe(from);
      }
    },
  );

  it('does not move when the run is not in the journal', (test) => {
    expect(() => setRunState(journalFor(test), 7, 'abandoned', 1)).toThrow('run 7 cannot become abandoned');
  });

  it('becomes finished once, and the batches beyond the checkpoint go with that move or not at all', (test) => {
    const journal = journalFor(test);
    const id = runIn(journal, 'open');
    const ledger = createImportLedger(journal, id, () => 5);
    ledger.finish();
    expect(findRun(journal, id)).toMatchObject({ state: 'finished', updatedAt: 5 });
    ledger.commit({
      intents: [{ batch: 1, rows: [[1, 2]] }],
      withdrawn: [],
      settled: [],
      passed: undefined,
      rowsRead: 2,
    });
    expect(() => ledger.finish()).toThrow('cannot become finished');
    expect(ledger.state().inDoubt).toEqual([[1, 2]]);
  });
});

it('a journal that was moved away takes no more transactions, and takes them again once it is back', (test) => {
  const journal = journalFor(test);
  const write = journal.transaction((source: string) => createRun(journal, { ...NEW_RUN, source }, 1).id);
  expect(journal.isInPlace()).toBe(true);
  write('before');
  renameSync(journal.path, `${journal.path}.away`);
  expect(journal.isInPlace()).toBe(false);
  expect(() => write('away')).toThrow('was deleted or replaced');
  renameSync(`${journal.path}.away`, journal.path);
  expect(findRun(journal, write('back'))?.source).toBe('back');
});
