/** What it takes to delete the people of a large load test at the default rate, both sweeps and the start of the sandbox included. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { workspaceOf } from '../src/session/target.ts';
import { personId } from '../src/domain/loadtest.ts';
import { Secret } from '../src/domain/secret.ts';
import { createLoadtestLedger } from '../src/journal/loadtests.ts';
import { openJournal } from '../src/journal/open.ts';
import type { Context } from './context.ts';
import { CLI } from './paths.ts';
import { assertExit, inFolder, startNode } from './processes.ts';

const PEOPLE = 100_000;
const RUN = 'bench';

export async function cleanup({ collect }: Context): Promise<void> {
  await inFolder(async (folder) => {
    const run = async (...args: string[]): Promise<number> => {
      const { startedAt, ended } = startNode([CLI, ...args, '--sandbox'], { cwd: folder });
      const end = await ended;
      assertExit(end, 0, args);
      return (end.endedAt - startedAt) / 1000;
    };
    const people = join(folder, 'people.ndjson');
    writeFileSync(
      people,
      Array.from({ length: PEOPLE }, (_, n) => `${JSON.stringify({ id: personId(RUN, n), cio_bulk_run: RUN })}\n`).join(
        '',
      ),
    );
    await run('import', people, '--rate', '0');
    planLoadtest(join(folder, '.cio-bulk', 'journal.db'));
    collect.finding(
      'cleanup',
      `${PEOPLE.toLocaleString('en-US')} test people deleted at 80 requests/s`,
      await run('cleanup'),
      's',
      'lower',
      { what: 'target', value: 30 },
    );
  });
}

/** The sandbox beside a journal, as that journal knows it. */
function sandboxWorkspace(journalPath: string): string {
  const db = new Database(join(dirname(journalPath), 'sandbox.db'), { readonly: true });
  try {
    return workspaceOf({ siteId: new Secret(String(db.prepare('SELECT site_id FROM identity').pluck().get())) });
  } finally {
    db.close();
  }
}

function planLoadtest(path: string): void {
  const journal = openJournal(path);
  try {
    const anHourAgo = Date.now() - 3_600_000; // so that nobody waits for a k6 that never was
    createLoadtestLedger(journal).plan({
      id: RUN,
      workspace: sandboxWorkspace(path),
      scenario: 'soak',
      rate: 80,
      duration_ms: 60_000,
      max_n: PEOPLE - 1,
      started_at: anHourAgo,
    });
  } finally {
    journal.close();
  }
}
