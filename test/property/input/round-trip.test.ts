import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { CioBulkError } from '../../../src/domain/errors.ts';
import { detectLayout } from '../../../src/input/detect/layout.ts';
import type { Limits } from '../../../src/input/records/limits.ts';
import { recordsOf } from '../../../src/input/records/records.ts';
import { holdsTogether } from '../../support/holds-together.ts';
import { AUTO, blocksOf, createFolder, readAll } from '../../support/reading.ts';
import { SUITE } from '../../support/temp.ts';

const folder = createFolder(SUITE);

const limits: fc.Arbitrary<Limits> = fc.record({
  blockBytes: fc.integer({ min: 1, max: 60 }),
  rowsMax: fc.integer({ min: 1, max: 5 }),
  recordBytesMax: fc.constant(100_000),
});

const cell = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'b', ',', ';', '\t', '|', '"', '\u0000', '\n', '\r', ' ', 'é', '€', '😀'),
    maxLength: 8,
  }),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const table = fc
  .integer({ min: 2, max: 5 })
  .chain((columns) => fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 12 }));
const style = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  quoteAll: fc.boolean(),
  finalLineEnd: fc.boolean(),
  blankLines: fc.boolean(),
  bom: fc.boolean(),
  encoding: fc.constantFrom('utf-8' as const, 'utf-16le' as const, 'utf-16be' as const),
  gzip: fc.boolean(),
});
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;

/** A row of nothing but empty cells is a blank line. */
const filled = (rows: readonly string[][]): string[][] => rows.filter((row) => row.some((value) => value !== ''));

function write(rows: readonly (readonly string[])[], style: Style): Buffer {
  const quoted = (value: string): string => {
    const needsQuotes = style.quoteAll || /["\n\r]/.test(value) || value.includes(style.delimiter);
    return needsQuotes ? `"${value.replaceAll('"', '""')}"` : value;
  };
  const lines = rows.map((row) => row.map(quoted).join(style.delimiter));
  const text =
    lines.join(style.blankLines ? style.lineEnd + style.lineEnd : style.lineEnd) +
    (style.finalLineEnd ? style.lineEnd : '');
  const marked = (style.bom ? '\uFEFF' : '') + text;
  const bytes = style.encoding === 'utf-8' ? Buffer.from(marked) : Buffer.from(marked, 'utf16le');
  if (style.encoding === 'utf-16be') bytes.swap16();
  return style.gzip ? gzipSync(bytes) : bytes;
}

describe('any table', () => {
  it('written as CSV in any style reads back the same, wherever blocks end', async () => {
    await fc.assert(
      fc.asyncProperty(table, style, limits, async (cells, style, limits) => {
        const columns = cells[0]?.length ?? 2;
        const header = Array.from({ length: columns }, (_, i) => `column${i}`);
        const path = folder.write('table.csv', write([header, ...cells], style));
        const { layout, rows } = await readAll(path, { delimiter: style.delimiter, encoding: style.encoding }, limits);
        expect(layout.header).toEqual(header);
        expect(rows).toEqual(filled(cells));
      }),
      { numRuns: 500 },
    );
  });

  it('of ordinary cells reads back the same with delimiter and encoding found out', async () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', 'é', '1', ' ', '"', '\n'),
      minLength: 1,
      maxLength: 8,
    });
    const ordinary = fc
      .integer({ min: 2, max: 5 })
      .chain((columns) =>
        fc.array(fc.array(word, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 12 }),
      );
    await fc.assert(
      fc.asyncProperty(ordinary, style, async (cells, style) => {
        const header = Array.from({ length: cells[0]?.length ?? 2 }, (_, i) => `column${i}`);
        const { layout, rows } = await readAll(
          folder.write(
            'auto.csv',
            write([header, ...cells], { ...style, bom: style.bom || style.encoding !== 'utf-8' }),
          ),
        );
        expect(layout).toMatchObject({ delimiter: style.delimiter, encoding: style.encoding, header });
        expect(rows).toEqual(cells);
      }),
      { numRuns: 200 },
    );
  });

  it('of JSON objects reads back the same as lines and as an array, wherever blocks end', async () => {
    const object = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    const shape = fc.constantFrom('lines', 'crlf', 'array', 'pretty');
    await fc.assert(
      fc.asyncProperty(fc.array(object, { maxLength: 8 }), shape, limits, async (objects, shape, limits) => {
        const lines = objects.map((value) => JSON.stringify(value));
        const text =
          shape === 'array'
            ? `[${lines.join(',')}]`
            : shape === 'pretty'
              ? JSON.stringify(objects, null, 2)
              : lines.join(shape === 'crlf' ? '\r\n' : '\n');
        const { rows } = await readAll(folder.write('objects.json', text), { format: 'ndjson' }, limits);
        expect(JSON.stringify(rows)).toBe(JSON.stringify(lines.map((line) => ({ json: JSON.parse(line) as unknown }))));
      }),
      { numRuns: 300 },
    );
  });
});

const noise = fc.string({
  unit: fc.constantFrom(
    'a',
    ',',
    '"',
    '""',
    '\n',
    '\r',
    '\r\n',
    '{',
    '}',
    '[',
    ']',
    ':',
    '1',
    '\\',
    ' ',
    'é',
    '"x"',
    '{"a":1}',
  ),
  maxLength: 60,
});

describe('any text at all', () => {
  it('as CSV falls into blocks that add up to it, and every block can be resumed from', async () => {
    await fc.assert(
      fc.asyncProperty(noise, limits, async (body, limits) => {
        const text = Buffer.from(`h1,h2\n${body}`);
        const layout = await detectLayout(folder.write('noise.csv', text), { ...AUTO, delimiter: ',', format: 'csv' });
        await holdsTogether(layout, text, limits);
      }),
      { numRuns: 300 },
    );
  });

  it('as NDJSON falls into blocks that add up to it, and every block can be resumed from', async () => {
    await fc.assert(
      fc.asyncProperty(noise, limits, async (body, limits) => {
        const text = Buffer.from(`{}\n${body}`);
        const layout = await detectLayout(folder.write('noise.ndjson', text), AUTO);
        await holdsTogether(layout, text, limits);
      }),
      { numRuns: 200 },
    );
  });

  it('of any bytes, with any name, ends in rows, faults or an error that says why', async () => {
    const name = fc.constantFrom('x.csv', 'x.tsv', 'x.json', 'x.ndjson', 'x', 'x.gz', 'x.csv.br', 'x.zst');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      noise.map((text) => Buffer.from(text)),
      noise.map((text) => gzipSync(text)),
      noise.map((text) => Buffer.from(text, 'utf16le')),
    );
    const small = fc.record({
      blockBytes: fc.constant(16),
      rowsMax: fc.constant(3),
      recordBytesMax: fc.integer({ min: 8, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(name, bytes, small, async (name, bytes, limits) => {
        try {
          const { layout } = await readAll(folder.write(name, bytes), {}, limits);
          const blocks = await blocksOf(layout, null, { limits });
          for (const block of blocks) {
            expect(block.end.row - block.start.row).toBe(block.rows.length);
            const indexes = block.rows.map((_, index) => index);
            expect(recordsOf(layout, block, indexes, limits).length).toBe(block.rows.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CioBulkError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('other readers', () => {
  const spectrum = join(createRequire(import.meta.url).resolve('csv-spectrum'), '..');

  // location_coordinates.json has another phone number than its CSV.
  const sound = readdirSync(join(spectrum, 'csvs')).filter((name) => name !== 'location_coordinates.csv');

  it.each(sound)('csv-spectrum: %s', async (name) => {
    const { layout, rows } = await readAll(join(spectrum, 'csvs', name));
    const objects = rows.map((row) =>
      Object.fromEntries(layout.header.map((column, i) => [column, (row as string[])[i]])),
    );
    expect(objects).toEqual(JSON.parse(readFileSync(join(spectrum, 'json', name.replace('.csv', '.json')), 'utf8')));
  });

  it('agree on every well-formed file: csv-parse finds the same cells', async () => {
    await fc.assert(
      fc.asyncProperty(table, style, async (cells, style) => {
        const plain = { ...style, encoding: 'utf-8' as const, gzip: false, bom: false };
        const bytes = write([cells[0]?.map(() => 'a longer header') ?? ['a', 'b'], ...cells], plain);
        const theirs: string[][] = parse(bytes, {
          delimiter: style.delimiter,
          relax_quotes: true,
          record_delimiter: style.lineEnd,
          skip_empty_lines: true,
        });
        const { rows } = await readAll(folder.write('both.csv', bytes), {
          delimiter: style.delimiter,
          encoding: 'utf-8',
        });
        expect(rows).toEqual(filled(theirs.slice(1)));
      }),
      { numRuns: 200 },
    );
  });
});
