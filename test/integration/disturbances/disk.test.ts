import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { networkFileSystem } from '../../../src/journal/file-system.ts';
import { runCli, startCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { eventsCsv, peopleCsv, tempFolder, type Finishing } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { assertAddsUp } from '../../support/send-people.ts';

const SLOW = ['--batch-rows', '5', '--rate', '50', '--json'];

describe('a disk that is full in the middle of a run', () => {
  it('stops the sending with 7; when there is room again, the same command finishes', async (test) => {
    const cwd = tempFolder(test);
    const small = join(cwd, 'small');
    test.skip(!mountTmpfs(test, small), 'needs root: a small tmpfs cannot be mounted here');
    const sandbox = await sandboxFor(test, { latency: 20 });
    const args = ['import', eventsCsv(cwd, 600), '--journal', join(small, 'journal.db'), ...SLOW];
    const run = startCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
    await until(async () => (await sandbox.state()).events >= 20, 'events');
    fill(join(small, 'ballast'));
    const stopped = await run.ended;
    expect(stopped.code).toBe(7);
    assertAddsUp(stopped);
    expect(stopped.stderr).toContain('cannot be written');
    expect(stopped.lastLine).toBe(`cio-bulk ${args.join(' ')}`);
    const sentByThen = (await sandbox.state()).events;
    expect(sentByThen).toBeLessThan(600);
    rmSync(join(small, 'ballast'));
    const again = await runCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
    expect(again.code).toBe(0);
    expect(again.summary?.['delivered']).toBe(600);
    expect((await sandbox.state()).events).toBe(600);
  });
});

describe('a journal that is not what it should be', () => {
  it.concurrent('a folder that cannot be written stops before anything is sent, with 7', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    mkdirSync(join(cwd, 'locked'));
    chmodSync(join(cwd, 'locked'), 0o500);
    writeFileSync(join(cwd, 'file'), '');
    // Root may write anywhere: a path below a file is refused to everybody.
    for (const folder of process.getuid?.() === 0 ? ['file'] : ['file', 'locked']) {
      const result = await runCli(test, ['import', peopleCsv(cwd, 5), '--journal', join(folder, 'journal.db')], {
        cwd,
        trackUrl: sandbox.trackUrl,
      });
      expect(result.code).toBe(7);
      expect(result.stderr).toContain('--journal');
    }
    expect((await sandbox.state()).requests.total).toBe(0);
  });

  it.concurrent('one that is deleted in the middle of a run stops the sending with 7', async (test) => {
    const sandbox = await sandboxFor(test, { latency: 20 });
    const cwd = tempFolder(test);
    const args = ['import', eventsCsv(cwd, 1000), ...SLOW];
    const run = startCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
    await until(async () => (await sandbox.state()).events >= 20, 'events');
    rmSync(join(cwd, '.cio-bulk', 'journal.db'));
    const stopped = await run.ended;
    expect(stopped.code).toBe(7);
    expect(stopped.stderr).toContain('was deleted or replaced');
    for (const rest of ['journal.db-wal', 'journal.db-shm']) rmSync(join(cwd, '.cio-bulk', rest), { force: true });
    const again = await runCli(test, [...args, '--rate', '0'], { cwd, trackUrl: sandbox.trackUrl });
    expect(again.code).toBe(0);
    expect((await sandbox.state()).events).toBe(1000); // the same ids: nothing counts twice
  });

  it.concurrent.for([
    ['garbage', 'not a database, whatever its name says'.repeat(100), 'damaged'],
    ['a text file', 'shopping list', 'damaged'],
  ] as const)('%s is refused with 7 and left as it is', async ([, content, word], test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    writeFileSync(join(cwd, 'journal.db'), content);
    for (const args of [['import', peopleCsv(cwd, 5)], ['status'], ['failures'], ['retry-failed']]) {
      const result = await runCli(test, [...args, '--journal', 'journal.db'], { cwd, trackUrl: sandbox.trackUrl });
      expect(result.code).toBe(7);
      expect(result.stderr).toContain(word);
    }
    expect(readFileSync(join(cwd, 'journal.db'), 'utf8')).toBe(content);
    expect((await sandbox.state()).requests.total).toBe(0);
  });

  it.concurrent('the database of another program is refused with 7 and left as it is', async (test) => {
    const cwd = tempFolder(test);
    const other = new Database(join(cwd, 'other.db'));
    other.exec('CREATE TABLE recipes (name TEXT)');
    other.close();
    const before = readFileSync(join(cwd, 'other.db'));
    const result = await runCli(test, ['import', peopleCsv(cwd, 5), '--journal', 'other.db'], {
      cwd,
      trackUrl: 'http://127.0.0.1:9',
    });
    expect(result.code).toBe(7);
    expect(result.stderr).toContain('is not a journal of cio-bulk');
    expect(readFileSync(join(cwd, 'other.db')).equals(before)).toBe(true);
  });

  it.concurrent('one of a newer version is refused with 7; a damaged page is told as such', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    const path = join(cwd, '.cio-bulk', 'journal.db');
    const args = ['import', peopleCsv(cwd, 20)];
    expect((await runCli(test, args, { cwd, trackUrl: sandbox.trackUrl })).code).toBe(0);
    copyFileSync(path, join(cwd, 'copy.db'));
    const journal = new Database(path);
    journal.pragma('user_version = 99');
    journal.close();
    const newer = await runCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
    expect(newer.code).toBe(7);
    expect(newer.stderr).toContain('newer cio-bulk');
    const bytes = readFileSync(join(cwd, 'copy.db'));
    bytes.fill(0xa5, 4096, 12_288);
    writeFileSync(path, bytes);
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    for (const command of [args, ['status'], ['failures'], ['retry-failed']]) {
      const damaged = await runCli(test, command, { cwd, trackUrl: sandbox.trackUrl });
      expect(damaged.code).toBe(7);
      expect(damaged.stderr).toContain('damaged');
    }
  });

  it.concurrent('a reader that stays does not stop a run, and what it leaves behind is bounded', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    const first = await runCli(test, ['import', peopleCsv(cwd, 10)], { cwd, trackUrl: sandbox.trackUrl });
    expect(first.code).toBe(0);
    const path = join(cwd, '.cio-bulk', 'journal.db');
    const reader = new Database(path, { readonly: true });
    try {
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM runs').get();
      const result = await runCli(
        test,
        ['import', peopleCsv(cwd, 3000, 'more.csv'), '--batch-rows', '3', '--rate', '0'],
        { cwd, trackUrl: sandbox.trackUrl },
      );
      expect(result.code).toBe(0);
      expect(statSync(`${path}-wal`).size).toBeLessThan(64 * 1024 * 1024);
    } finally {
      reader.close();
    }
    expect((await runCli(test, ['import', join(cwd, 'more.csv')], { cwd, trackUrl: sandbox.trackUrl })).code).toBe(0);
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).toBe(0);
  });
});

it('network file systems are known by their numbers, local ones are not among them', () => {
  expect([0x6969, 0xff534d42, -11317950].map(networkFileSystem)).toEqual(['NFS', 'CIFS', 'CIFS']);
  expect([0xef53, 0x58465342, 0x01021994, 0x794c7630].map(networkFileSystem)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

/** A file system of two megabytes. False when this machine does not let us. */
function mountTmpfs(test: Finishing, folder: string): boolean {
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return false;
  }
  test.onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return true;
}

/** Takes all room that is left. */
function fill(path: string): void {
  for (const size of [65_536, 4_096, 512, 1])
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // full for pieces of this size
    }
}
