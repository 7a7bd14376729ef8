import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { loggingSandbox, resetSandbox, runAgainst } from '../support/crash/crash-run.ts';
import { journalFaults } from '../support/crash/journal.ts';
import { CLEAN, judge } from '../support/crash/judge.ts';
import { mixedRows, writeMixedFile } from '../support/crash/mixed-file.ts';
import { tempFolder } from '../support/temp.ts';

/** Small on purpose: every seam is passed a dozen times, and each time is another death. */
const ROWS = 40;
const HITS_MAX = 12;
const ARGS = ['--batch-rows', '8', '--concurrency', '3', '--rate', '0', '--no-preflight', '--json', '--allow-triggers'];

const POINTS = [
  'run created',
  'before intents',
  'after intents',
  'before bytes',
  'bytes left',
  'answer begun',
  'after answer',
  'before settling',
  'in settling',
  'after settling',
  'before checkpoint',
  'in checkpoint',
  'after checkpoint',
  'before finish',
  'after finish',
  'in migration',
  'after migration',
] as const;

/** Dies at every hit of a point, resumes each time, and lets the service's side judge. Returns how often it died. */
async function dieEverywhere(
  test: TestContext,
  point: string,
  setting: { readonly args: readonly string[]; readonly isStdin: boolean },
): Promise<number> {
  const sandbox = await loggingSandbox(test);
  const folder = tempFolder(test);
  for (let hit = 1; hit <= HITS_MAX; hit++) {
    const cwd = join(folder, String(hit));
    mkdirSync(cwd);
    await resetSandbox(sandbox);
    const rows = mixedRows({ rows: ROWS, seed: hit, people: 9 });
    writeMixedFile(join(cwd, 'mixed.ndjson'), rows);
    const input = setting.isStdin ? { input: rows.map(({ line }) => `${line}\n`).join('') } : {};
    const run = { cwd, sandbox, args: setting.args, ...input };
    const died = await runAgainst(test, { ...run, crashAt: { point, hit } });
    if (died.signal !== 'SIGKILL') {
      expect(died.code, died.stderr).toBe(0); // no such hit any more
      return hit - 1;
    }
    const resumed = await runAgainst(test, run);
    expect(resumed.code, `${point}, hit ${hit}: ${resumed.stderr}`).toBe(0);
    expect(await judge(sandbox.url, rows), `${point}, hit ${hit}`).toEqual(CLEAN);
    expect(journalFaults(join(cwd, '.cio-bulk/journal.db'), ROWS), `${point}, hit ${hit}`).toEqual([]);
    const { operations_received: before } = await sandbox.state();
    const again = await runAgainst(test, run);
    expect(again.code, `${point}, hit ${hit}: ${again.stderr}`).toBe(0);
    expect((await sandbox.state()).operations_received).toBe(before);
  }
  return HITS_MAX;
}

describe('a process that dies at a seam', () => {
  it.concurrent.for(POINTS)('loses, doubles and reorders nothing: %s', { timeout: 240_000 }, async (point, test) => {
    const deaths = await dieEverywhere(test, point, { args: ['import', 'mixed.ndjson', ...ARGS], isStdin: false });
    expect(deaths).toBeGreaterThan(0);
  });

  const SPOOL_POINTS = [
    'spool opened',
    'spool written',
    'spool complete',
    'spool marked',
    'spool half removed',
    'after intents',
    'after checkpoint',
    'before finish',
  ] as const;
  it.concurrent.for(SPOOL_POINTS)(
    'goes on from standard input that is piped again: %s',
    { timeout: 240_000 },
    async (point, test) => {
      const deaths = await dieEverywhere(test, point, {
        args: ['import', '-', '--format', 'ndjson', ...ARGS],
        isStdin: true,
      });
      expect(deaths).toBeGreaterThan(0);
    },
  );
});
