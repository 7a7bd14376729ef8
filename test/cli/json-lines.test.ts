/** docs/json-lines.schema.json and docs/json-output.md, held against each other and against what every command prints. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPEN, runCli, startCli, type CliResult, type JsonLine } from '../support/cli.ts';
import { describedAs, LINES, type JsonSchema } from '../support/json-lines.ts';
import { k6Bin } from '../support/k6-binary.ts';
import { sandboxFor } from '../support/sandbox.ts';
import { assertAddsUp } from '../support/send-people.ts';
import { credentialsOf, openTestWorkspace } from '../support/test-people.ts';
import { eventsCsv, peopleCsv, tempFolder, type Finishing } from '../support/temp.ts';
import { until } from '../support/until.ts';

const PAGE = readFileSync(new URL('../../docs/json-output.md', import.meta.url), 'utf8');
const LOADTEST = new Set(['plan_loadtest', 'progress_loadtest', 'summary_loadtest']);
/** Printed by commands that have a test of their own. */
const ELSEWHERE = new Set([...LOADTEST, 'fleet', 'retry', 'sandbox']);

/** Every line of stdout is JSON and fits one description; the names of those. */
function namesOf({ stdout, json }: Pick<CliResult, 'stdout' | 'json'>): string[] {
  expect(json).toHaveLength(stdout.split('\n').filter((line) => line !== '').length);
  return json.map(describedAs);
}

/** A folder, and a sandbox that refuses some of the rows of every batch. */
async function troubledWorkspace(
  test: Finishing,
): Promise<{ cwd: string; json(...args: string[]): Promise<CliResult> }> {
  const cwd = tempFolder(test);
  const sandbox = await sandboxFor(test, { faults: 'partial=100%' });
  return { cwd, json: (...args) => runCli(test, [...args, '--json'], { cwd, env: credentialsOf(sandbox) }) };
}

describe('--json', () => {
  it(
    'prints nothing but lines of the schema, and every line of it, whatever the command',
    { timeout: 120_000 },
    async (test) => {
      const { cwd, json } = await troubledWorkspace(test);
      peopleCsv(cwd, 60);
      writeFileSync(
        join(cwd, 'odd.csv'),
        'id,email,age\n1,a@example.com,3\n,nobody@example.com\n2,b@example.com,old\n',
      );
      const healthy = await openTestWorkspace(test);
      await healthy.leaveBehind('abcd', 20);

      const results: CliResult[] = [
        await json('validate', 'people.csv', 'odd.csv'),
        await json('import', eventsCsv(cwd, 5), '--dry-run'),
        await json('import', 'people.csv', '--batch-rows', '10', '--rate', '2'),
        await json('import', 'odd.csv'),
        await json('import', 'nowhere.csv'),
        await json('retry-failed', '--run', '1', '--rejected'),
        await json('status'),
        await json('status', '--run', '1'),
        await healthy.cleanup(['--list', '--json']),
        await healthy.cleanup(['--dry-run', '--json']),
        await healthy.cleanup(['--yes', '--settle-wait', '1ms', '--json']),
      ];
      await runCli(test, ['failures', '--run', '1', '-o', 'undelivered.csv'], { cwd });
      writeFileSync(
        join(cwd, 'undelivered.csv'),
        readFileSync(join(cwd, 'undelivered.csv'), 'utf8').replaceAll(/,u\d+,u\d+@example.com,/g, ',,,'),
      );
      results.push(await json('retry-failed', '--from', 'undelivered.csv'));
      for (const result of results) assertAddsUp(result);
      const seen = new Set(results.flatMap(namesOf));
      expect(Object.keys(LINES).filter((name) => !seen.has(name) && !ELSEWHERE.has(name))).toEqual([]);
      expect(results.at(-1)?.json.filter(({ type }) => type === 'undelivered')).toContainEqual(
        expect.objectContaining({ source: 'undelivered.csv' }),
      );
    },
  );

  it('says what a run waits for', { timeout: 60_000 }, async (test) => {
    const sandbox = await sandboxFor(test, { faults: '500=100%' });
    const cwd = tempFolder(test);
    const result = await runCli(test, ['import', peopleCsv(cwd, 3), '--max-outage', '3s', '--no-preflight', '--json'], {
      cwd,
      env: credentialsOf(sandbox),
    });
    expect(namesOf(result)).toEqual(expect.arrayContaining(['plan', 'progress', 'summary', 'error']));
    expect(result.json).toContainEqual(
      expect.objectContaining({ type: 'progress', waiting: expect.objectContaining({ reason: expect.any(String) }) }),
    );
  });

  it('of sandbox is one line with where it is and what to set', async (test) => {
    const sandbox = startCli(test, ['sandbox', '--port', '0', '--json'], { cwd: tempFolder(test), input: OPEN });
    await until(() => sandbox.stdout().includes('\n'), 'a line of the sandbox');
    sandbox.child.kill('SIGINT');
    expect(namesOf(await sandbox.ended)).toEqual(['sandbox']);
  });

  it.skipIf(k6Bin === undefined)(
    'of loadtest tells its lines from those of an import',
    { timeout: 60_000 },
    async (test) => {
      const cwd = tempFolder(test);
      const env = { CIO_BULK_K6: k6Bin ?? '' };
      const args = [
        'loadtest',
        '--sandbox',
        '--scenario',
        'ramp',
        '--rate',
        '20',
        '--duration',
        '3s',
        '--p95',
        '5s',
        '--p99',
        '8s',
        '--force',
        '--json',
      ];
      const lines: JsonLine[] = [];
      for (const more of [[], ['--compare', 'last']]) {
        const result = await runCli(test, [...args, ...more], { cwd, env });
        expect(new Set(namesOf(result))).toEqual(LOADTEST);
        lines.push(...result.json);
      }
      expect(lines.every(({ job }) => job === 'loadtest')).toBe(true);
      expect(lines.at(-1)).toHaveProperty('comparison.changes');
    },
  );
});

describe('docs/json-output.md', () => {
  const sections = PAGE.split(/^## /m)
    .slice(1)
    .map((section) => section.split('\n'));

  it('has a section for every line, in the order of the schema', () => {
    expect(sections.map(([title]) => title)).toEqual(Object.keys(LINES).map(titleOf));
  });

  it.for(Object.entries(LINES))(
    'says of %s what the schema says: when it is printed, its fields, their types and meanings',
    ([name, schema]) => {
      const section = sections.find(([title]) => title === titleOf(name)) ?? [];
      expect(section[2]).toBe(`${schema.description}${schema.description?.endsWith(', and') ? ':' : '.'}`);
      expect(section.filter((line) => line.startsWith('| `'))).toEqual(rowsOf(schema));
    },
  );
});

/** `summary_loadtest` has the heading "`summary` of loadtest". */
function titleOf(name: string): string {
  const [type, command] = name.split('_');
  return `\`${type}\`${command === undefined ? '' : ` of ${command}`}`;
}

/** A row of the page for each field that the schema describes, inner ones as `waiting.state` and `columns[].type`. */
function rowsOf({ properties = {} }: JsonSchema, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const row =
      field.description === undefined ? [] : [`| \`${prefix}${name}\` | ${typeOf(field)} | ${field.description} |`];
    return [
      ...row,
      ...rowsOf(field, `${prefix}${name}.`),
      ...(field.items ? rowsOf(field.items, `${prefix}${name}[].`) : []),
    ];
  });
}

function typeOf({ type = [], const: only, enum: values, items, additionalProperties }: JsonSchema): string {
  if (only !== undefined) return `\`${only}\``;
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (type === 'array') return `list of ${String(items?.type)}s`;
  return `${[type].flat().join(' or ')}${additionalProperties ? ` of ${String(additionalProperties.type)}s` : ''}`;
}
