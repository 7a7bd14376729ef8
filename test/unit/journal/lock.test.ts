import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { lockSender } from '../../../src/journal/lock.ts';
import type { Journal } from '../../../src/journal/journal.ts';
import { openJournal } from '../../../src/journal/open.ts';
import { tempFolder } from '../../support/temp.ts';

const WORKSPACE = 'a'.repeat(64);
const SENDER = { command: 'import', pid: process.pid };
const NOW = 1_700_000_000_000;

function journalFor(test: TestContext): Journal {
  const journal = openJournal(join(tempFolder(test), 'journal.db'));
  test.onTestFinished(() => journal.close());
  return journal;
}

/** What the next process hears, at `nextNow`, of starts 900, 400 and 0 ms before the end of the one before. */
function handedOver(journal: Journal, nextNow: number): readonly number[] | null {
  lockSender(journal, WORKSPACE, SENDER, () => NOW).release([900, 400, 0]);
  const next = lockSender(journal, WORKSPACE, SENDER, () => nextNow);
  next.release([]);
  return next.recentStartsAgoMs;
}

describe('the last starts of the process before', () => {
  it('are handed over with the time that has passed since', (test) => {
    const journal = journalFor(test);
    expect(handedOver(journal, NOW)).toEqual([900, 400, 0]);
    expect(handedOver(journal, NOW + 300)).toEqual([1200, 700, 300]);
    expect(handedOver(journal, NOW + 60_000)).toEqual([60_900, 60_400, 60_000]);
  });

  it.for([
    [450, [450, 0, 0]],
    [3_600_000, [0, 0, 0]],
  ] as const)(
    'count as just now as far as a clock that was set back puts it into the future: %i ms',
    ([backMs, expected], test) => {
      expect(handedOver(journalFor(test), NOW - backMs)).toEqual(expected);
    },
  );
});
