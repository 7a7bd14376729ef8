/** A journal that cannot lie where it was asked for, or cannot be opened at all, is told with the way out: never as a bug. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openUnwritable } from '../../../src/journal/copy.ts';
import { createJournal } from '../../../src/journal/journal.ts';
import { openJournal } from '../../../src/journal/open.ts';
import { createRun, listRuns } from '../../../src/journal/runs.ts';
import { runCli } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';

const LONG = 'a'.repeat(300);
const RUN = {
  type: 'import',
  source: 's',
  sourceKey: 'k',
  workspace: 'w',
  environmentId: null,
  fingerprint: 'f',
  spec: '{}',
} as const;

it.for([
  ['a folder with too long a name', `${LONG}/journal.db`, 7, 'cannot be written (ENAMETOOLONG)'],
  ['too long a name', LONG, 7, 'cannot be written (ENAMETOOLONG)'],
  ['too long a path', `${'folder/'.repeat(800)}journal.db`, 7, 'cannot be written (ENAMETOOLONG)'],
  ['a file where a folder should be', 'people.csv/journal.db', 7, 'cannot be written (ENOTDIR)'],
  ['a file where a folder further up should be', 'people.csv/a/b/journal.db', 7, 'cannot be written (ENOTDIR)'],
  ['a link to itself', 'loop', 7, 'cannot be written (ELOOP)'],
  ['where nobody can make a folder', '/proc/none/journal.db', 7, 'cannot be written (ENOENT)'],
  ['a folder', 'folder', 2, 'is not a file'],
  ['nothing', '', 2, '--journal ""'],
] as const)(
  'a journal in an impossible place, %s, is refused with the flag that helps',
  async ([, journal, code, message], test) => {
    const folder = tempFolder(test);
    writeFileSync(join(folder, 'people.csv'), 'id\n1\n');
    mkdirSync(join(folder, 'folder'));
    symlinkSync('loop', join(folder, 'loop'));
    const result = await runCli(test, ['import', 'people.csv', '--sandbox', '--journal', journal], { cwd: folder });
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain('--journal');
    expect(result.lastLine).not.toMatch(/^cio-bulk import/); // which would fail again
  },
);

describe('a journal in a folder that cannot be written', () => {
  it('is looked at all the same', (test) => {
    const path = join(tempFolder(test), 'journal.db');
    const journal = openJournal(path);
    createRun(journal, RUN, 1);
    journal.close();
    expect(runsIn(path)).toBe(1);
  });

  it('is looked at with what its last process, killed, had left in the WAL', (test) => {
    const path = join(tempFolder(test), 'journal.db');
    const journal = openJournal(path);
    test.onTestFinished(() => journal.close());
    createRun(journal, RUN, 1);
    createRun(journal, RUN, 1);
    expect(runsIn(path)).toBe(2);
  });
});

it('a journal of an older version is looked at without being changed', async (test) => {
  const folder = tempFolder(test);
  const path = join(folder, 'journal.db');
  openJournal(path).close();
  const older = new Database(path);
  const version = Number(older.pragma('user_version', { simple: true }));
  const { MIGRATIONS } = await import('../../../src/journal/schema.ts');
  for (const { name, type } of older
    .prepare<[], { name: string; type: string }>(
      "SELECT name, type FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all())
    older.exec(`DROP ${type} "${name}"`);
  older.exec(MIGRATIONS[0] ?? '');
  older.pragma('user_version = 1');
  older
    .prepare(
      "INSERT INTO runs (type, source, source_key, workspace, fingerprint, spec, state, started_at, updated_at) VALUES ('import', 'old.csv', 'k', 'w', 'f', '{}', 'finished', 1, 2)",
    )
    .run();
  older.pragma('journal_mode = DELETE');
  older.close();
  const before = readFileSync(path);
  const result = await runCli(test, ['status', '--journal', path, '--json'], { cwd: folder });
  expect(result.code, result.stderr).toBe(0);
  expect(result.json).toEqual([expect.objectContaining({ type: 'run', source: 'old.csv', state: 'finished' })]);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(version).toBe(MIGRATIONS.length);
});

/** As seen without writing anything beside it. */
function runsIn(path: string): number {
  const copy = createJournal(openUnwritable(path), path);
  try {
    return listRuns(copy).length;
  } finally {
    copy.close();
  }
}
