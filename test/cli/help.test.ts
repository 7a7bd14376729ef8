import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS, EXIT_MEANING } from '../../src/domain/errors.ts';
import { runCli } from '../support/cli.ts';
import { tempFolder } from '../support/temp.ts';

const COMMANDS = ['import', 'validate', 'retry-failed', 'failures', 'status', 'loadtest', 'cleanup', 'sandbox'];
const DOCS = readFileSync(new URL('../../docs/exit-codes.md', import.meta.url), 'utf8');

describe('--help', () => {
  it.concurrent('lists every command', async (test) => {
    const { code, stdout } = await runCli(test, ['--help'], { cwd: tempFolder(test) });
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.concurrent.for(COMMANDS)('of %s ends with an example and with exit codes taken from the table', async (command, test) => {
    const { code, stdout, stderr } = await runCli(test, [command, '--help'], { cwd: tempFolder(test) });
    expect([code, stderr]).toEqual([0, '']);
    const [, examples = '', codes = ''] = /\nExamples?:\n((?: {2}.*\n)+)\nExit codes:\n((?: {2,}\d+ {2}.*\n?)+)$/.exec(stdout) ?? [];
    expect(examples).toContain(`cio-bulk ${command}`);
    const lines = codes.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const meanings: Readonly<Record<string, string>> = EXIT_MEANING;
    for (const line of lines) {
      const [, number = '', meaning] = /^ +(\d+) {2}(.*)$/.exec(line) ?? [];
      expect(meaning).toBe(meanings[number]);
    }
  });
});

describe('docs/exit-codes.md', () => {
  it('has the codes and meanings of the table, and no others', () => {
    const rows = [...DOCS.matchAll(/^\| (\d+) \| ([^|]+) \| [^|]+ \|$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(rows).toEqual(Object.entries(EXIT_MEANING));
  });

  it('names every error code beside its exit code', () => {
    const rows = [...DOCS.matchAll(/^\| (\d+) \| (`[^|]+`) \|$/gm)].flatMap(([, code, names = '']) => names.split(', ').map((name) => [name.slice(1, -1), Number(code)] as const));
    expect(Object.fromEntries(rows)).toEqual(ERRORS);
  });
});
