import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { k6Bin } from '../support/k6-binary.ts';
import { startTarget } from '../support/k6/target.ts';
import { tempFolder, type Finishing } from '../support/temp.ts';

/** Runs a script as the package has it: without the sources beside it. */
function k6(
  test: Finishing,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const scripts = join(tempFolder(test), 'k6');
  cpSync(fileURLToPath(new URL('../../k6', import.meta.url)), scripts, { recursive: true });
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:CUSTOMERIO_|CIO_BULK_|K6_)/.test(name)),
  );
  return new Promise((resolve) => {
    const child = execFile(
      k6Bin ?? '',
      ['run', '--quiet', '--no-usage-report', join(scripts, script)],
      { env: { ...clean, ...env } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const KEYS = { CUSTOMERIO_SITE_ID: 'site', CUSTOMERIO_TRACK_API_KEY: 'key' };

describe.skipIf(k6Bin === undefined)('a script with k6 alone', { concurrent: true, timeout: 60_000 }, () => {
  it('runs and prints a few lines', async (test) => {
    const target = await startTarget();
    const { code, stdout } = await k6(test, 'smoke.ts', {
      ...KEYS,
      CUSTOMERIO_TRACK_URL: target.url,
      CIO_BULK_DURATION: '3s',
      CIO_BULK_RUN: 'mytest',
      CIO_BULK_P95: '5000',
      CIO_BULK_P99: '8000',
    });
    await target.die();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^smoke: \d+ of \d+ planned requests in/);
    expect(target.arrivals[0]?.url).toBe('/api/v1/customers/cio-bulk-lt-mytest-0');
  });

  it('reads its credentials from a file, and writes its numbers to one', async (test) => {
    const target = await startTarget();
    const folder = tempFolder(test);
    const [secrets, numbers] = [join(folder, 'secrets.json'), join(folder, 'numbers.json')];
    writeFileSync(secrets, JSON.stringify(KEYS), { mode: 0o600 });
    await k6(test, 'smoke.ts', {
      CIO_BULK_SECRETS: secrets,
      CIO_BULK_SUMMARY: numbers,
      CUSTOMERIO_TRACK_URL: target.url,
      CIO_BULK_DURATION: '3s',
    });
    await target.die();
    expect(target.arrivals[0]?.authorization).toBe(`Basic ${Buffer.from('site:key').toString('base64')}`);
    expect(JSON.parse(readFileSync(numbers, 'utf8'))).toMatchObject({
      schema: 'cio-bulk.k6/v1',
      requests: target.arrivals.length,
    });
  });

  it.for([
    ['without a target', {}, 'set CUSTOMERIO_TRACK_URL'],
    ['with a path in the URL', { CUSTOMERIO_TRACK_URL: 'http://127.0.0.1:9/api' }, 'without a path'],
    [
      'against Customer.io without saying that it is staging',
      { CUSTOMERIO_TRACK_URL: 'https://track-eu.customer.io' },
      'CUSTOMERIO_ENVIRONMENT=staging',
    ],
    [
      'with a rate that is none',
      { CUSTOMERIO_TRACK_URL: 'http://127.0.0.1:9', CIO_BULK_RATE: 'fast' },
      'CIO_BULK_RATE must be a number',
    ],
  ] as const)('refuses to run %s', async ([_what, env, message], test) => {
    const { code, stderr } = await k6(test, 'smoke.ts', { ...KEYS, ...env });
    expect(code).toBe(107);
    expect(stderr).toContain(message);
  });

  it('refuses to run without credentials', async (test) => {
    const { code, stderr } = await k6(test, 'smoke.ts', { CUSTOMERIO_TRACK_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(107);
    expect(stderr).toContain('CUSTOMERIO_SITE_ID');
  });
});
