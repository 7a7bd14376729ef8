import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/session/sandbox-process.ts';
import { k6Bin } from '../support/k6-binary.ts';
import { tempFolder } from '../support/temp.ts';

const binPath = fileURLToPath(new URL('../../bin/cio-bulk.js', import.meta.url));

/** How fast a busy test machine answers is no finding. */
const LOOSE = ['--p95', '5s', '--p99', '8s'];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function cioBulk(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  onProgress?: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:CUSTOMERIO_|CIO_BULK_)/.test(name)),
  );
  const k6 = k6Bin === undefined || k6Bin === 'k6' ? {} : { CIO_BULK_K6: k6Bin };
  const child = spawn(process.execPath, [binPath, 'loadtest', ...args], {
    cwd,
    env: { ...clean, ...k6, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    if (chunk.includes('"type":"progress"')) onProgress?.((signal) => child.kill(signal));
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const lastLine = ({ stderr }: Ended): string => stderr.trimEnd().split('\n').at(-1) ?? '';
const objects = ({ stdout }: Ended): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe.skipIf(k6Bin === undefined)('cio-bulk loadtest --sandbox', { concurrent: true, timeout: 60_000 }, () => {
  it('prints the table on stdout, writes JUnit, compares with the last run, and ends with the command that cleans up', async (test) => {
    const cwd = tempFolder(test);
    const args = ['--sandbox', '--scenario', 'ramp', '--rate', '40', '--duration', '3s', ...LOOSE];
    const first = await cioBulk([...args, '--junit', 'result.xml'], cwd);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/Verdict +PASS/) });
    expect(lastLine(first)).toMatch(/^cio-bulk cleanup --run [a-z0-9]+ --sandbox$/);
    expect(readFileSync(join(cwd, 'result.xml'), 'utf8')).toContain('failures="0"');

    const second = await cioBulk([...args, '--compare', 'last'], cwd);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('Compared with') });
    const refused = await cioBulk(['--sandbox', '--scenario', 'ramp', '--rate', '41', '--compare', 'last'], cwd);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('no earlier ramp run at 41') });
  });

  it('--json prints plan, progress and summary, one object a line', async (test) => {
    const ended = await cioBulk(
      ['--sandbox', '--scenario', 'ramp', '--rate', '40', '--duration', '4s', '--json', ...LOOSE],
      tempFolder(test),
    );
    expect(ended.code).toBe(0);
    const types = objects(ended).map(({ type }) => type);
    expect(new Set(types)).toEqual(new Set(['plan', 'progress', 'summary']));
    expect(objects(ended).at(-1)).toMatchObject({ type: 'summary', schema: 'cio-bulk.loadtest/v1', verdict: 'pass' });
  });

  it.for(['{"rps":4}', '{"vus":1}', '{"paused":true}', '{"duration":"1s","iterations":2}', 'no JSON'])(
    "k6's own configuration in the home folder bends nothing: %s",
    async (config, test) => {
      const cwd = tempFolder(test);
      for (const folder of ['.config/k6', '.config/loadimpact/k6', 'xdg/k6', 'xdg/loadimpact/k6']) {
        mkdirSync(join(cwd, folder), { recursive: true });
        writeFileSync(join(cwd, folder, 'config.json'), config);
      }
      const bending = {
        HOME: cwd,
        XDG_CONFIG_HOME: join(cwd, 'xdg'),
        K6_CONFIG: join(cwd, 'xdg/k6/config.json'),
        K6_RPS: '4',
        K6_VUS: '1',
        K6_PAUSED: 'true',
        k6_rps: '4',
      };
      const ended = await cioBulk(
        ['--sandbox', '--scenario', 'average', '--rate', '40', '--duration', '4s', '--json', ...LOOSE],
        cwd,
        bending,
      );
      const { verdict, planned, achieved } = objects(ended).at(-1) as {
        verdict: string;
        planned: { requests: number };
        achieved: { requests: number };
      };
      expect([ended.code, verdict]).toEqual([0, 'pass']);
      expect(achieved.requests).toBeGreaterThanOrEqual(planned.requests * 0.98);
    },
  );

  it('a Ctrl-C ends it with 130, a summary, and the command that cleans up', async (test) => {
    let isFirst = true;
    const ended = await cioBulk(
      ['--sandbox', '--rate', '40', '--duration', '60s', '--json'],
      tempFolder(test),
      {},
      (kill) => {
        if (isFirst) kill('SIGINT');
        isFirst = false;
      },
    );
    expect(ended.code).toBe(130);
    expect(objects(ended).at(-1)).toMatchObject({
      type: 'summary',
      verdict: 'aborted',
      reason: expect.stringContaining('stopped by you'),
    });
    expect(lastLine(ended)).toMatch(/^cio-bulk cleanup --run [a-z0-9]+ --sandbox$/);
  });
});

describe.skipIf(k6Bin === undefined)('cio-bulk loadtest of a workspace', { timeout: 60_000 }, () => {
  it('needs staging, a confirmation and a clean slate, and then runs and ends with 9 when thresholds are crossed', async (test) => {
    const sandbox = await startSandbox({ latency: 600, region: 'us' });
    try {
      const cwd = tempFolder(test);
      const keys = {
        CUSTOMERIO_TRACK_URL: sandbox.trackUrl,
        CUSTOMERIO_SITE_ID: sandbox.siteId,
        CUSTOMERIO_TRACK_API_KEY: sandbox.trackApiKey,
      };
      const staging = { ...keys, CUSTOMERIO_ENVIRONMENT: 'staging' };
      const args = ['--scenario', 'ramp', '--rate', '20', '--duration', '3s'];
      const confirmed = [...args, '--confirm', sandbox.siteId.slice(-4)];

      expect(await cioBulk(confirmed, cwd, keys)).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(/--sandbox, or set CUSTOMERIO_ENVIRONMENT=staging/),
      });
      expect(await cioBulk(args, cwd, staging)).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('--confirm'),
      });
      expect(await cioBulk([...confirmed, '--rate', '900'], cwd, staging)).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('--allow-over-limit'),
      });
      expect(
        await cioBulk([...confirmed, '--scenario', 'batch', '--rate', '500', '--max-users', '200000'], cwd, staging),
      ).toMatchObject({ code: 4, stderr: expect.stringContaining('use --max-users 100000 or less') });
      expect((await sandbox.state()).people).toBe(0);

      expect(await cioBulk(confirmed, cwd, staging)).toMatchObject({
        code: 9,
        stdout: expect.stringMatching(/Verdict +FAIL: identify p95 was \d+ ms \(limit 500 ms\)/),
      });
      expect(await cioBulk(confirmed, cwd, staging)).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(/was not cleaned up[^]*cio-bulk cleanup[^]*--force/),
      });
      expect(await cioBulk([...confirmed, '--force', ...LOOSE], cwd, staging)).toMatchObject({ code: 0 });
    } finally {
      await sandbox.stop();
    }
  });
});

describe('cio-bulk loadtest', () => {
  it('without k6 ends with 9 and how to install it', async (test) => {
    expect(await cioBulk(['--sandbox', '--k6-bin', 'nowhere'], tempFolder(test))).toMatchObject({
      code: 9,
      stderr: expect.stringContaining('brew install k6'),
    });
  });

  it.for([
    ['--scenario', 'fast'],
    ['--rate', '0'],
    ['--duration', 'long'],
    ['--max-users', '0'],
    ['--p95', 'x'],
    ['--vus', '10'],
    ['--junit', 'no/such/folder.xml'],
    ['--compare', 'last'],
  ] as const)('%s %s is refused with 2', async ([flag, value], test) => {
    expect(await cioBulk(['--sandbox', flag, value], tempFolder(test))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(flag.replace('--compare', 'compare')),
    });
  });
});
