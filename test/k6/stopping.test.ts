import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { LoadtestSummary } from '../../src/loadtest/summary.ts';
import { k6Bin } from '../support/k6-binary.ts';
import { launch } from '../support/k6/launch.ts';
import { isAlive } from '../support/alive.ts';
import { startTarget } from '../support/k6/target.ts';
import { tempFolder, type Finishing } from '../support/temp.ts';

const launcherPath = fileURLToPath(new URL('../support/k6/launcher-process.mjs', import.meta.url));

describe.skipIf(k6Bin === undefined)(
  'ending a load test before its time',
  { concurrent: true, timeout: 60_000 },
  () => {
    it('by Ctrl-C lets k6 write its summary, and says who stopped it', async (test) => {
      const target = await startTarget();
      const { child, root } = startLauncher(test, target.url);
      const output = collect(child);
      await until(() => target.arrivals.length > 30);
      child.kill('SIGINT');
      const code = await ended(child);
      await target.die();
      expect(code).toBe(0);
      const summary = JSON.parse(readFileSync(join(root, 'killtest', 'summary.json'), 'utf8')) as LoadtestSummary;
      expect(summary).toMatchObject({ verdict: 'aborted', k6: { exit_code: 105 } });
      expect(summary.reason).toMatch(/^stopped by you after \d/);
      // k6 cuts what is in flight: the target may have seen a little more than k6 counts.
      expect(target.arrivals.length - summary.achieved.requests).toBeLessThanOrEqual(2);
      expect(isAlive(k6PidIn(output()))).toBe(false);
    });

    it('by killing the launcher leaves no load behind', async (test) => {
      const target = await startTarget();
      const { child, root } = startLauncher(test, target.url);
      const output = collect(child);
      await until(() => target.arrivals.length > 30);
      const pid = k6PidIn(output());
      expect(isAlive(pid)).toBe(true);
      // Whoever may list processes sees a command line: the key is in the environment only.
      if (process.platform === 'linux')
        expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('very-secret');
      child.kill('SIGKILL');
      const killedAt = Date.now();
      await until(() => !isAlive(pid), 12_000);
      await sleep(1_000);
      expect(target.lastArrivalAt() - killedAt).toBeLessThan(6_000);
      await target.die();
      expect(existsSync(join(root, 'killtest', 'summary.json'))).toBe(false);
      expect(readFileSync(join(root, 'killtest', 'k6.log'), 'utf8')).toContain('cio-bulk is gone');
    });

    it('by killing k6 is told as what it was', async (test) => {
      const target = await startTarget();
      const { child, root } = startLauncher(test, target.url);
      const output = collect(child);
      await until(() => target.arrivals.length > 30);
      process.kill(k6PidIn(output()), 'SIGKILL');
      expect(await ended(child)).toBe(0);
      await target.die();
      const summary = JSON.parse(readFileSync(join(root, 'killtest', 'summary.json'), 'utf8')) as LoadtestSummary;
      expect(summary).toMatchObject({ verdict: 'aborted', k6: { exit_code: null, signal: 'SIGKILL' } });
      expect(summary.reason).toContain('k6 was ended by SIGKILL');
    });

    it('by a second Ctrl-C ends k6 at once', async (test) => {
      const target = await startTarget(() => ({ delayMs: 3_000 }));
      const aborting = new AbortController();
      const { summary } = await launch(test, {
        url: target.url,
        scenario: 'ramp',
        durationMs: 30_000,
        aborting: aborting.signal,
        onSample: ({ elapsedMs }) => {
          if (elapsedMs > 1_500) aborting.abort();
        },
      });
      await target.die();
      expect(summary).toMatchObject({ verdict: 'aborted', k6: { signal: 'SIGKILL' } });
    });
  },
);

function startLauncher(test: Finishing, url: string): { child: ChildProcess; root: string } {
  const root = tempFolder(test);
  return {
    child: spawn(
      process.execPath,
      [launcherPath, url, root, k6Bin === 'k6' ? '' : (k6Bin ?? '')].filter((arg) => arg !== ''),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    ),
    root,
  };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

function k6PidIn(output: string): number {
  return Number(/^k6 (\d+)$/m.exec(output)?.[1]);
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', resolve);
  });
}

async function until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !condition(); await sleep(50)) {
    if (Date.now() > end) throw new Error('the condition was not met in time');
  }
}
