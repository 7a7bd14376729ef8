/** The whole program, run as a user runs it, over inputs that nobody has thought of. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { startSandbox } from '../../../src/session/sandbox-process.ts';
import { EXIT } from '../../../src/domain/errors.ts';
import { CREDENTIALS, runCli, type CliResult } from '../../support/cli.ts';
import { finishing, tempFolder } from '../../support/temp.ts';

/** Far above what a small file takes, even on a busy machine. */
const BOUNDED_MS = 30_000;

const cell = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      'a',
      '0',
      '1',
      '.',
      '-',
      ',',
      ';',
      '\t',
      '|',
      '"',
      '\n',
      '\r',
      ' ',
      'é',
      '€',
      '😀',
      '=',
      '\u0000',
    ),
    maxLength: 10,
  }),
  fc.constantFrom('007', '1e5', 'true', '-0', '12345678901234567890', 'null', '{"a":1}'),
);
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((columns) =>
    fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 10 }),
  );
const dialect = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  bom: fc.boolean(),
  utf16: fc.boolean(),
  gzip: fc.boolean(),
  isLastEnded: fc.boolean(),
});
type Dialect = typeof dialect extends fc.Arbitrary<infer T> ? T : never;

function writeCsv(
  rows: readonly (readonly string[])[],
  { delimiter, lineEnd, bom, utf16, gzip, isLastEnded }: Dialect,
): Buffer {
  const quoted = (text: string): string =>
    /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  const text = `${bom || utf16 ? '\ufeff' : ''}${rows.map((row) => row.map(quoted).join(delimiter)).join(lineEnd)}${isLastEnded ? lineEnd : ''}`;
  const bytes = Buffer.from(text, utf16 ? 'utf16le' : 'utf8');
  return gzip ? gzipSync(bytes) : bytes;
}

/** Runs the program in a folder of its own, and leaves nothing behind. */
function inFolder(name: string, content: Uint8Array, args: readonly string[], trackUrl?: string): Promise<CliResult> {
  return finishing((test) => {
    const folder = tempFolder(test);
    writeFileSync(join(folder, name), content);
    return runCli(test, args, { cwd: folder, ...(trackUrl === undefined ? {} : { trackUrl }) });
  });
}

it('any table, written as CSV in any dialect and imported, is what the workspace then holds', async (test) => {
  const sandbox = await startSandbox({ siteId: CREDENTIALS.siteId, trackApiKey: CREDENTIALS.apiKey });
  test.onTestFinished(() => sandbox.stop());
  await fc.assert(
    fc.asyncProperty(table, dialect, async (cells, dialect) => {
      await fetch(`${sandbox.url}/_sandbox/reset`, { method: 'POST' });
      const names = ['id', ...(cells[0] ?? []).map((_, i) => `column_${i}`)];
      const rows = cells.map((row, i) => [`person-${i}`, ...row]);
      const result = await inFolder(
        'table.csv',
        writeCsv([names, ...rows], dialect),
        ['import', 'table.csv', '--types', 'string', '--empty', 'omit', '--json', '--no-preflight'],
        sandbox.url,
      );
      expect(result.code, result.stderr).toBe(0);
      expect(result.summary).toMatchObject({ rows_read: rows.length, delivered: rows.length });
      const text = await (await fetch(`${sandbox.url}/_sandbox/people`)).text();
      const stored = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { id: string; attributes: unknown });
      const expected = rows.map((row) => ({
        id: row[0],
        attributes: Object.fromEntries(names.flatMap((name, i) => (i === 0 || row[i] === '' ? [] : [[name, row[i]]]))),
      }));
      expect(stored.map(({ id, attributes }) => ({ id, attributes }))).toEqual(expected);
    }),
    { numRuns: 12 },
  );
});

const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc
    .string({
      unit: fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        ':',
        ',',
        ';',
        '\n',
        '\r',
        '\\',
        'i',
        'd',
        '1',
        ' ',
        'null',
        '"id"',
        '\ufeff',
        'sep=',
        '\t',
      ),
      maxLength: 120,
    })
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('id,name\n'), bytes])),
  fc
    .tuple(fc.string({ maxLength: 200 }), fc.nat(60))
    .map(([text, cut]) => gzipSync(`id,name\n${text}`).subarray(0, 20 + cut)),
  fc.json({ maxDepth: 3 }).map((text) => Buffer.from(`${text}\n${text}`)),
);
const fileName = fc.constantFrom(
  'x.csv',
  'x.tsv',
  'x.ndjson',
  'x.json',
  'x',
  'x.csv.gz',
  'x.csv.br',
  'x.csv.zst',
  'x y.txt',
);

it('any bytes under any name end with a documented exit code in bounded time, told in sentences', async () => {
  await fc.assert(
    fc.asyncProperty(garbage, fileName, fc.boolean(), async (bytes, name, isImport) => {
      const args = isImport ? ['import', name, '--sandbox', '--no-preflight'] : ['validate', name];
      const result = await inFolder(name, bytes, args);
      expect([EXIT.ok, EXIT.usage, EXIT.undelivered], result.stderr).toContain(result.code);
      expect(result.stderr + result.stdout).not.toContain('bug in cio-bulk');
      expect(result.elapsedMs).toBeLessThan(BOUNDED_MS);
    }),
    { numRuns: 25 },
  );
});
