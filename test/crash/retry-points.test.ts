import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { startSandbox } from '../../src/session/sandbox-process.ts';
import { loggingSandbox, runAgainst } from '../support/crash/crash-run.ts';
import { journalFaults } from '../support/crash/journal.ts';
import { CLEAN, judge } from '../support/crash/judge.ts';
import { mixedRows, writeMixedFile } from '../support/crash/mixed-file.ts';
import { tempFolder } from '../support/temp.ts';

const ROWS = 40;
const HITS_MAX = 3;
const SENDING = [
  '--batch-rows',
  '3',
  '--concurrency',
  '3',
  '--rate',
  '0',
  '--no-preflight',
  '--json',
  '--allow-triggers',
  '--max-attempts',
  '1',
];
const POINTS = [
  'after intents',
  'before bytes',
  'bytes left',
  'after answer',
  'before settling',
  'in retry settling',
  'after settling',
  'before finish',
] as const;

/** A service on a bad day: a third of the requests fail, and nobody tries twice. What fails is kept, with what is behind it. */
async function importOnABadDay(test: TestContext, cwd: string, db: string, seed: number): Promise<void> {
  const bad = await startSandbox({ db, logOperations: true, faults: '500=30%', seed });
  try {
    const { code, summary, stderr } = await runAgainst(test, {
      cwd,
      sandbox: bad,
      args: ['import', 'mixed.ndjson', ...SENDING],
    });
    expect(code, stderr).toBe(6);
    expect(Number(summary?.['failed'])).toBeGreaterThan(0);
  } finally {
    await bad.stop();
  }
}

describe('retry-failed that dies at a seam', () => {
  it.concurrent.for(POINTS)('loses, doubles and reorders nothing: %s', { timeout: 240_000 }, async (point, test) => {
    const folder = tempFolder(test);
    let deaths = 0;
    for (let hit = 1; hit <= HITS_MAX; hit++) {
      const cwd = join(folder, String(hit));
      mkdirSync(cwd);
      const rows = mixedRows({ rows: ROWS, seed: hit, people: 12 });
      writeMixedFile(join(cwd, 'mixed.ndjson'), rows);
      const db = join(cwd, 'sandbox.db');
      await importOnABadDay(test, cwd, db, hit);
      const sandbox = await loggingSandbox(test, { db });
      const run = { cwd, sandbox, args: ['retry-failed', ...SENDING] };
      const died = await runAgainst(test, { ...run, crashAt: { point, hit } });
      if (died.signal === 'SIGKILL') deaths++;
      else expect(died.code, died.stderr).toBe(0);
      const resumed = await runAgainst(test, run);
      expect(resumed.code, `${point}, hit ${hit}: ${resumed.stderr}`).toBe(0);
      expect(await judge(sandbox.url, rows), `${point}, hit ${hit}`).toEqual(CLEAN);
      expect(journalFaults(join(cwd, '.cio-bulk/journal.db'), ROWS), `${point}, hit ${hit}`).toEqual([]);
      const { operations_received: before } = await sandbox.state();
      expect((await runAgainst(test, run)).code).toBe(0);
      expect((await sandbox.state()).operations_received).toBe(before);
      await sandbox.stop();
      if (died.signal !== 'SIGKILL') break;
    }
    expect(deaths).toBeGreaterThan(0);
  });
});
