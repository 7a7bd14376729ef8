import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { eventsCsv, peopleCsv, tempFolder } from '../support/temp.ts';
import { hostileServer, take } from '../support/hostile-server.ts';

/** Words on the command line, and what the message must name. */
const WRONG: readonly (readonly [args: readonly string[], names: readonly string[]])[] = [
  [['--nonsense'], ['--nonsense']],
  [
    ['--rate', 'fast'],
    ['--rate', 'fast', 'number'],
  ],
  [['--rate', '-1'], ['--rate']],
  [['--rate', '1e3'], ['--rate']],
  [
    ['--concurrency', '0'],
    ['--concurrency', '1 to 1000'],
  ],
  [
    ['--batch-rows', '1.5'],
    ['--batch-rows', 'whole number'],
  ],
  [
    ['--batch-bytes', '500000'],
    ['--batch-bytes', '499999'],
  ],
  [
    ['--max-attempts', '0'],
    ['--max-attempts', 'from 1'],
  ],
  [
    ['--timeout', '10 parsecs'],
    ['--timeout', '10s'],
  ],
  [
    ['--max-outage', ''],
    ['--max-outage', '15m'],
  ],
  [
    ['--max-errors', '101%'],
    ['--max-errors', '2%'],
  ],
  [['--max-duration', '-5s'], ['--max-duration']],
  [
    ['--budget', 'localhost:6379'],
    ['--budget', 'redis://host:port'],
  ],
  [
    ['--budget', 'env'],
    ['--budget env', 'CIO_BULK_REDIS_URL'],
  ],
  [
    ['--budget', 'redis://app:pw@localhost'],
    ['--budget', 'CIO_BULK_REDIS_URL'],
  ],
  [
    ['--budget', 'redis://localhost', '--rate', '0'],
    ['--rate 0', '--budget'],
  ],
  [
    ['--budget', 'redis://localhost', '--set-rate'],
    ['--set-rate', '--rate'],
  ],
  [
    ['--budget', 'redis://localhost', '--budget-share', '2'],
    ['--budget-share', '0.01 to 1'],
  ],
  [
    ['--budget', 'redis://localhost', '--budget-fallback', '0'],
    ['--budget-fallback', '0.1'],
  ],
  [['--set-rate'], ['--set-rate', '--budget']],
  [
    ['--budget-share', '0.5'],
    ['--budget-share', '--budget'],
  ],
  [
    ['--budget-fallback', '5'],
    ['--budget-fallback', '--budget'],
  ],
  [['--max-rows-per-second', '0'], ['--max-rows-per-second']],
  [
    ['--kind', 'objects'],
    ['--kind', 'people', 'events'],
  ],
  [
    ['--action', 'destroy'],
    ['--action', 'suppress'],
  ],
  [
    ['--format', 'xlsx'],
    ['--format', 'ndjson'],
  ],
  [
    ['--empty', 'keep-it'],
    ['--empty', 'omit'],
  ],
  [
    ['--delimiter', '::'],
    ['--delimiter', 'tab'],
  ],
  [
    ['--quote', '""'],
    ['--quote', 'one ASCII character', 'none'],
  ],
  [
    ['--quote', ''],
    ['--quote', 'one ASCII character', 'none'],
  ],
  [
    ['--escape', 'ß'],
    ['--escape', 'one ASCII character'],
  ],
  [
    ['--comment', '//'],
    ['--comment', 'one ASCII character'],
  ],
  [
    ['--skip-lines', '-1'],
    ['--skip-lines', 'whole number'],
  ],
  [
    ['--repeated-columns', 'drop'],
    ['--repeated-columns', 'error', 'number'],
  ],
  [
    ['--preset', 'nobody'],
    ['--preset', 'shopify-customers'],
  ],
  [
    ['--preset', 'shopify-customers', '--map', 'map.json'],
    ['--map and --preset', '--write-map'],
  ],
  [
    ['--ragged', 'cut'],
    ['--ragged', 'error', 'fill'],
  ],
  [
    ['--delimiter', ';', '--quote', ';'],
    ['--delimiter and --quote', 'same character'],
  ],
  [
    ['--quote', 'none', '--escape', '\\'],
    ['--escape', '--quote none'],
  ],
  [
    ['--format', 'ndjson', '--comment', '#'],
    ['--comment is for CSV', '--format csv'],
  ],
  [
    ['--encoding', 'ebcdic'],
    ['--encoding', 'latin1'],
  ],
  [
    ['--api', 'v3'],
    ['--api', 'v2'],
  ],
  [
    ['--skip', 'one'],
    ['--skip', 'whole number'],
  ],
  [['--limit', '0'], ['--limit']],
  [
    ['--event-name', 'a', '--event-column', 'b'],
    ['--event-name', '--event-column'],
  ],
  [
    ['--skip-recent', '--allow-triggers'],
    ['--skip-recent', '--allow-triggers'],
  ],
  [
    ['--sandbox', '--env-file', '.env'],
    ['--sandbox', '--env-file'],
  ],
  [
    ['--action', 'delete'],
    ['--action delete', '--yes'],
  ],
  [
    ['--map', 'nowhere.json'],
    ['--map', 'nowhere.json'],
  ],
  [
    ['--env-file', 'nowhere.env'],
    ['--env-file', 'nowhere.env'],
  ],
];

describe('import', () => {
  it.concurrent.for(WRONG)('%j ends with 2 and names what is wrong and what is right', async ([args, names], test) => {
    const cwd = tempFolder(test);
    // Node 20 reads an --env-file of the script as one of its own, unless a -- stands before the script.
    const result = await runCli(test, ['import', peopleCsv(cwd, 2), ...args], {
      cwd,
      trackUrl: 'http://127.0.0.1:9',
      nodeArgs: ['--'],
    });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^cio-bulk: /);
    for (const name of names) expect(result.stderr).toContain(name);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.stdout).toBe('');
  });

  it.concurrent.for([
    [[], 'missing required argument'],
    [['nowhere.csv'], 'nowhere.csv'],
    [['*.parquet'], 'no file matches'],
  ] as const)('%j as sources ends with 2', async ([args, message], test) => {
    const result = await runCli(test, ['import', ...args], { cwd: tempFolder(test), trackUrl: 'http://127.0.0.1:9' });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
  });
});

describe('the target', () => {
  it.concurrent.for([
    [{ CUSTOMERIO_SITE_ID: '' }, 'CUSTOMERIO_SITE_ID'],
    [{ CUSTOMERIO_TRACK_API_KEY: '  ' }, 'CUSTOMERIO_TRACK_API_KEY'],
    [{ CUSTOMERIO_REGION: 'mars' }, 'CUSTOMERIO_REGION must be us or eu'],
    [{ CUSTOMERIO_TRACK_URL: 'ftp://x' }, 'CUSTOMERIO_TRACK_URL'],
    [{ CUSTOMERIO_TRACK_URL: 'http://x/api/v2' }, 'no path'],
  ] as const)('%j is refused with 2', async ([env, message], test) => {
    const cwd = tempFolder(test);
    const result = await runCli(test, ['import', peopleCsv(cwd, 2)], { cwd, trackUrl: 'http://127.0.0.1:9', env });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
  });

  it.concurrent(
    'comes from --env-file: comments, quotes, export, CRLF and a BOM; what is exported already wins',
    async (test) => {
      const cwd = tempFolder(test);
      const server = await hostileServer(test, take);
      writeFileSync(
        join(cwd, 'keys.env'),
        `\uFEFF# keys\r\nCUSTOMERIO_SITE_ID="site # 1"\r\nexport CUSTOMERIO_TRACK_API_KEY='k=e=y'\r\nCUSTOMERIO_TRACK_URL=http://127.0.0.1:9\r\n\r\n`,
      );
      const result = await runCli(test, ['import', eventsCsv(cwd, 2), '--env-file', 'keys.env'], {
        cwd,
        env: { CUSTOMERIO_TRACK_URL: server.url },
      });
      expect(result.code).toBe(0);
      expect(
        Buffer.from((server.batches[0]?.headers['authorization'] ?? '').slice('Basic '.length), 'base64').toString(),
      ).toBe('site # 1:k=e=y');
    },
  );
});

it.concurrent.for([['nonsense'], ['imprt', 'x.csv'], ['status', 'extra', '--nope'], ['--nope']])(
  '%j is no command of ours: 2',
  async (args, test) => {
    const result = await runCli(test, args, { cwd: tempFolder(test) });
    expect(result.code).toBe(2);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  },
);
