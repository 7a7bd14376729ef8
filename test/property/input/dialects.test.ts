/** Tables as other programs write them: other quotes, escapes, comments, titles, rows of different lengths. */
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectLayout, type LayoutOptions } from '../../../src/input/detect/layout.ts';
import { dialectOf } from '../../../src/domain/dialect.ts';
import type { Extents } from '../../../src/input/records/extents.ts';
import { LIMITS, type Limits } from '../../../src/input/records/limits.ts';
import { createCsvSplitter } from '../../../src/input/records/split-csv.ts';
import { holdsTogether } from '../../support/holds-together.ts';
import { AUTO, blocksOf, createFolder, readAll } from '../../support/reading.ts';
import { SUITE } from '../../support/temp.ts';

const folder = createFolder(SUITE);

const limits: fc.Arbitrary<Limits> = fc.record({
  blockBytes: fc.integer({ min: 1, max: 60 }),
  rowsMax: fc.integer({ min: 1, max: 5 }),
  recordBytesMax: fc.constant(100_000),
});

const SPECIAL = ['a', 'n', ',', ';', '§', '\u0001', '"', "'", '\\', '^', '#', '%', '\n', '\r', ' ', 'ç', '€', '😀'];
const cell = fc.string({ unit: fc.constantFrom(...SPECIAL), maxLength: 8 });
const table = fc
  .integer({ min: 2, max: 5 })
  .chain((columns) => fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 12 }));

/** Characters are taken from lists without common members: no two of them are in conflict. */
const style = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '\u0001', '§', '€', '😀'),
  quote: fc.constantFrom(undefined, "'", '~', ''),
  escape: fc.constantFrom(undefined, '\\', '^'),
  comment: fc.constantFrom(undefined, '#', '%'),
  title: fc.array(fc.string({ unit: fc.constantFrom('a', '"', "'", ',', '#', ' '), maxLength: 6 }), { maxLength: 3 }),
  isRagged: fc.boolean(),
  quoteAll: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  finalLineEnd: fc.boolean(),
  encoding: fc.constantFrom('utf-8', 'utf-16le'),
  bom: fc.boolean(),
  gzip: fc.boolean(),
});
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;

function optionsOf(style: Style): Partial<LayoutOptions> {
  const { delimiter, quote, escape, comment, encoding, isRagged, title } = style;
  return {
    delimiter,
    encoding,
    ...(quote === undefined ? {} : { quote }),
    ...(escape === undefined || quote === '' ? {} : { escape }),
    ...(comment === undefined ? {} : { comment }),
    ...(isRagged ? { ragged: 'fill' as const } : {}),
    ...(title.length === 0 ? {} : { skipLines: title.length }),
  };
}

/** Without quotes, a table can hold no delimiter, no line end, and no comment sign in front. */
function writable(cells: readonly string[][], { quote, delimiter }: Style): string[][] {
  const rows =
    quote === ''
      ? cells.map((row) =>
          row.map((text) =>
            text
              .replaceAll(delimiter, '')
              .replaceAll(/[\r\n]/g, '')
              .replace(/^[#%]+/, ''),
          ),
        )
      : cells;
  return rows.filter((row) => row.some((text) => text !== ''));
}

function quoted(text: string, style: Style, isFirst: boolean): string {
  const { quote = '"', delimiter, escape, comment } = style;
  if (quote === '') return text;
  const isComment = isFirst && comment !== undefined && text.startsWith(comment);
  if (!style.quoteAll && !isComment && !text.includes(quote) && !text.includes(delimiter) && !/[\r\n]/.test(text))
    return text;
  const inner =
    escape === undefined
      ? text.replaceAll(quote, quote + quote)
      : Array.from(text, (one) => ([quote, escape, '\n'].includes(one) ? escape + one : one)).join('');
  return quote + inner + quote;
}

/** Some rows lose the empty cells at their end, others get more of them. */
function ragged(row: readonly string[], index: number): string[] {
  if (index % 3 === 0) return [...row, '', ''];
  const last = row.findLastIndex((text) => text !== '');
  return index % 3 === 1 ? row.slice(0, last + 1) : [...row];
}

function write(header: readonly string[], rows: readonly string[][], style: Style): Buffer {
  const lineOf = (row: readonly string[]): string =>
    row.map((text, column) => quoted(text, style, column === 0)).join(style.delimiter);
  const body = rows.map((row, index) => lineOf(style.isRagged ? ragged(row, index) : row));
  const remark = style.comment === undefined ? [] : [`${style.comment} a "remark', with everything${style.delimiter}`];
  const lines = [...style.title, ...remark, lineOf(header), ...body.flatMap((line) => [...remark, line]), ...remark];
  const text = lines.join(style.lineEnd) + (style.finalLineEnd ? style.lineEnd : '');
  const marked = (style.bom || style.encoding !== 'utf-8' ? '\uFEFF' : '') + text;
  const bytes = Buffer.from(marked, style.encoding === 'utf-8' ? 'utf8' : 'utf16le');
  return style.gzip ? gzipSync(bytes) : bytes;
}

function recordsIn({ count, starts, ends, shapes }: Extents): number[][] {
  return Array.from({ length: count }, (_, i) => [starts[i] ?? -1, ends[i] ?? -1, shapes[i] ?? -1]);
}

describe('any table', () => {
  it('written in any dialect reads back the same, wherever blocks end and from wherever it is read on', async () => {
    await fc.assert(
      fc.asyncProperty(table, style, limits, async (cells, style, limits) => {
        const rows = writable(cells, style);
        const header = Array.from({ length: cells[0]?.length ?? 2 }, (_, i) => `column${i}`);
        const path = folder.write('table.csv', write(header, rows, style));
        const read = await readAll(path, optionsOf(style), limits);
        expect(read.layout.header).toEqual(header);
        expect(read.rows).toEqual(rows);
        const blocks = await blocksOf(read.layout, null, { limits });
        for (const { end } of blocks) {
          const rest = await blocksOf(read.layout, end, { limits });
          expect(rest.flatMap((block) => block.rows)).toEqual(rows.slice(end.row));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is known to be free of what JSON escapes only if it is', async () => {
    await fc.assert(
      fc.asyncProperty(table, style, async (cells, style) => {
        const header = Array.from({ length: cells[0]?.length ?? 2 }, (_, i) => `column${i}`);
        const path = folder.write('plain.csv', write(header, writable(cells, style), style));
        const layout = await detectLayout(path, { ...AUTO, ...optionsOf(style) });
        for (const { rows, isPlain } of await blocksOf(layout))
          if (isPlain === true)
            for (const text of (rows as string[][]).flat()) expect(JSON.stringify(text)).toBe(`"${text}"`);
      }),
      { numRuns: 300 },
    );
  });
});

describe('any text at all', () => {
  it('cut off anywhere gives the records of the whole that end before the cut', () => {
    const noise = fc.string({ unit: fc.constantFrom(...SPECIAL, '\r\n', '~', '\\"', '"§"', "''"), maxLength: 60 });
    fc.assert(
      fc.property(noise, style, fc.nat(200), (text, style, cut) => {
        const split = createCsvSplitter({ delimiter: style.delimiter, ...dialectOf(optionsOf(style)) }, LIMITS);
        const bytes = Buffer.from(text);
        const whole = recordsIn(split(bytes, true));
        const part = split(bytes.subarray(0, Math.min(cut, bytes.length)), false);
        expect(whole.slice(0, part.count)).toEqual(recordsIn(part));
      }),
      { numRuns: 2000 },
    );
  });

  it('in any dialect falls into blocks that add up to it, and every block can be resumed from', async () => {
    const noise = fc.string({ unit: fc.constantFrom(...SPECIAL, '\r\n', '~', '\\"', "''"), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(noise, style, limits, async (body, style, limits) => {
        const text = Buffer.from(`h1${style.delimiter}h2\n${body}`);
        const { skipLines: _, ...options } = { skipLines: 0, ...optionsOf(style), encoding: 'utf-8' };
        const layout = await detectLayout(folder.write('noise.csv', text), { ...AUTO, ...options, format: 'csv' });
        await holdsTogether(layout, text, limits);
      }),
      { numRuns: 500 },
    );
  });
});
