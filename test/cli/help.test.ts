import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERRORS, EXIT_MEANING } from '../../src/domain/errors.ts';
import { runCli } from '../support/cli.ts';
import { tempFolder, type Finishing } from '../support/temp.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMANDS = [
  'import',
  'validate',
  'retry-failed',
  'failures',
  'status',
  'enqueue',
  'worker',
  'loadtest',
  'cleanup',
  'sandbox',
];
const DOCS = readFileSync(new URL('../../docs/exit-codes.md', import.meta.url), 'utf8');

describe('--help', () => {
  it.concurrent('lists every command', async (test) => {
    const { code, stdout } = await runCli(test, ['--help'], { cwd: tempFolder(test) });
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.concurrent.for(COMMANDS)(
    'of %s ends with an example and with exit codes taken from the table',
    async (command, test) => {
      const { code, stdout, stderr } = await runCli(test, [command, '--help'], { cwd: tempFolder(test) });
      expect([code, stderr]).toEqual([0, '']);
      const [, examples = '', codes = ''] =
        /\nExamples?:\n((?: {2}.*\n)+)\nExit codes:\n((?: {2,}\d+ {2}.*\n?)+)$/.exec(stdout) ?? [];
      expect(examples).toContain(`cio-bulk ${command}`);
      const lines = codes.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(3);
      const meanings: Readonly<Record<string, string>> = EXIT_MEANING;
      for (const line of lines) {
        const [, number = '', meaning] = /^ +(\d+) {2}(.*)$/.exec(line) ?? [];
        expect(meaning).toBe(meanings[number]);
      }
    },
  );
});

describe('the examples of an installed program', () => {
  it('run as printed in a folder that has nothing', { timeout: 120_000 }, async (test) => {
    const { folder, cioBulk } = installed(test);
    const examples = [[], ['import'], ['validate']].flatMap((command) => {
      const { stdout } = cioBulk(...command, '--help');
      return [...stdout.matchAll(/^ {2}cio-bulk ((?:import|validate) .*)$/gm)].map(([, words = '']) =>
        words.split(' '),
      );
    });
    expect(examples.length).toBeGreaterThanOrEqual(4);
    for (const words of examples) {
      const { status, stderr } = cioBulk(...words);
      expect(status, `${words.join(' ')}: ${stderr}`).toBe(0);
    }
    expect(readdirSync(folder)).toEqual(['.cio-bulk']);
  });

  it('and a file for --env-file that is missing is told by us', (test) => {
    const { status, stderr } = installed(test).cioBulk('retry-failed', '--env-file', 'missing.env');
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^cio-bulk: --env-file missing\.env cannot be read \(ENOENT\)\n/),
    ]);
  });
});

it.for([
  [{}, 'CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY are not set'],
  [{ CUSTOMERIO_SITE_ID: 's' }, 'CUSTOMERIO_TRACK_API_KEY is not set'],
] as const)('variables that are missing are named at once, as --help does: %j', async ([env, message], test) => {
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, 'people.csv'), 'id\n1\n');
  const result = await runCli(test, ['import', 'people.csv'], { cwd, env });
  expect(result.code).toBe(2);
  expect(result.stderr).toContain(message);
  const { stdout } = await runCli(test, ['import', '--help'], { cwd });
  for (const name of ['CUSTOMERIO_SITE_ID', 'CUSTOMERIO_TRACK_API_KEY', 'CUSTOMERIO_REGION', 'CUSTOMERIO_TRACK_URL'])
    expect(stdout).toContain(name);
});

/** The packed files where a global installation puts them, and an empty folder to work in. */
function installed(test: Finishing): {
  folder: string;
  cioBulk: (...args: readonly string[]) => { status: number | null; stdout: string; stderr: string };
} {
  const prefix = tempFolder(test);
  const folder = tempFolder(test);
  const place = join(prefix, 'lib', 'node_modules', 'cio-bulk');
  mkdirSync(place, { recursive: true });
  const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  for (const { path } of files) cpSync(join(ROOT, path), join(place, path));
  symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'));
  mkdirSync(join(prefix, 'bin'));
  symlinkSync('../lib/node_modules/cio-bulk/bin/cio-bulk.js', join(prefix, 'bin', 'cio-bulk'));
  return {
    folder,
    cioBulk: (...args) =>
      spawnSync(join(prefix, 'bin', 'cio-bulk'), args, {
        cwd: folder,
        encoding: 'utf8',
        timeout: 60_000,
        env: { PATH: process.env['PATH'], HOME: folder },
      }),
  };
}

describe('docs/exit-codes.md', () => {
  it('has the codes and meanings of the table, and no others', () => {
    const rows = [...DOCS.matchAll(/^\| (\d+) \| ([^|]+) \| [^|]+ \|$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(rows).toEqual(Object.entries(EXIT_MEANING));
  });

  it('names every error code beside its exit code', () => {
    const rows = [...DOCS.matchAll(/^\| (\d+) \| (`[^|]+`) \|$/gm)].flatMap(([, code, names = '']) =>
      names.split(', ').map((name) => [name.slice(1, -1), Number(code)] as const),
    );
    expect(Object.fromEntries(rows)).toEqual(ERRORS);
  });
});
