/** The program meets a journal that the first version left behind, in the middle of an import (fixtures/journal/version-1.sql). */
import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { eventsCsv, peopleCsv, tempFolder, type Finishing } from '../../support/temp.ts';

const FIXTURE = join(import.meta.dirname, '../../../fixtures/journal/version-1.sql');
const UNDELIVERED = [4, 6, 7, 8, 9, 10, 11];

interface Folder {
  readonly cwd: string;
  readonly journal: string;
}

/** A folder with the journal where the program looks for it, and the two files that it had sent. */
function folderOfVersion1(test: Finishing): Folder {
  const cwd = realpathSync(tempFolder(test));
  peopleCsv(cwd, 12);
  eventsCsv(cwd, 20);
  const journal = join(cwd, '.cio-bulk', 'journal.db');
  mkdirSync(join(cwd, '.cio-bulk'));
  const db = new Database(journal);
  db.pragma('journal_mode = WAL');
  db.exec(readFileSync(FIXTURE, 'utf8').replaceAll('{folder}', cwd));
  db.close();
  return { cwd, journal };
}

it('is shown as it was left, by a look that does not change it', async (test) => {
  const { cwd, journal } = folderOfVersion1(test);
  const before = readFileSync(journal);
  const status = await runCli(test, ['status', '--json'], { cwd });
  expect(status.code, status.stderr).toBe(0);
  expect(status.json).toEqual([
    expect.objectContaining({
      run: 2,
      state: 'interrupted',
      delivered: 10,
      pending: 10,
      in_doubt: 8,
      next: 'run the same command again',
    }),
    expect.objectContaining({
      run: 1,
      state: 'finished',
      delivered: 5,
      rejected: 4,
      failed: 3,
      undelivered: 7,
      next: 'cio-bulk retry-failed --run 1',
    }),
  ]);
  const failures = await runCli(test, ['failures', '--run', '1', '--format', 'ndjson'], { cwd });
  expect(
    failures.stdout
      .trim()
      .split('\n')
      .map((line) => Number(/u(\d+)@/.exec(line)?.[1])),
  ).toEqual(UNDELIVERED);
  expect(readFileSync(journal).equals(before)).toBe(true);
});

it('is not overwritten by the failures that are read from it', async (test) => {
  const { cwd, journal } = folderOfVersion1(test);
  const before = readFileSync(journal);
  const failures = await runCli(test, ['failures', '--run', '1', '--output', '.cio-bulk/journal.db'], { cwd });
  expect(failures.code, failures.stderr).toBe(2);
  expect(failures.stderr).toContain('would overwrite the journal');
  expect(readFileSync(journal).equals(before)).toBe(true);
});

it('is finished by the command that began it: settled rows stay settled, and events in doubt count once', async (test) => {
  const { cwd } = folderOfVersion1(test);
  const sandbox = await sandboxFor(test);
  const options = { cwd, trackUrl: sandbox.trackUrl };
  // The service knows all events, as a program of today names them. What version 1 has left would be new if it were named otherwise.
  await runCli(test, ['import', 'events.csv', '--journal', 'other.db', '--no-preflight'], options);
  expect(await sandbox.state()).toMatchObject({ events: 20, operations_received: 20 });
  const resumed = await runCli(test, ['import', 'events.csv', '--no-preflight', '--json'], options);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.summary).toMatchObject({ run: 2, delivered: 20 });
  expect(await sandbox.state()).toMatchObject({ events: 20, operations_received: 30, duplicate_events_ignored: 10 });
  const again = await runCli(test, ['import', 'events.csv', '--no-preflight'], options);
  expect(again.code, again.stderr).toBe(0);
  expect(await sandbox.state()).toMatchObject({ operations_received: 30 });
});

it('gives up its failed rows to a retry, and keeps what was refused', async (test) => {
  const { cwd } = folderOfVersion1(test);
  const sandbox = await sandboxFor(test);
  const options = { cwd, trackUrl: sandbox.trackUrl };
  const retried = await runCli(test, ['retry-failed', '--run', '1', '--no-preflight'], options);
  expect(retried.code, retried.stderr).toBe(6); // the refused rows are still undelivered
  expect(await sandbox.state()).toMatchObject({ people: 3, operations_received: 3 });
  const status = await runCli(test, ['status', '--run', '1', '--json'], { cwd });
  expect(status.json[0]).toMatchObject({ run: 1, delivered: 8, rejected: 4, failed: 0 });
  const refused = await runCli(test, ['retry-failed', '--run', '1', '--rejected', '--no-preflight'], options);
  expect(refused.code, refused.stderr).toBe(0);
  expect(await sandbox.state()).toMatchObject({ people: UNDELIVERED.length });
});
