import { parse } from 'csv-parse/sync';
import { array, assert, constantFrom, dictionary, integer, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UndeliveredRow } from '../../../src/domain/ledger.ts';
import type { Dialect, SourceLayout } from '../../../src/domain/plan.ts';
import { parseRecord } from '../../../src/input/records/cells.ts';
import {
  ADDED_COLUMNS,
  csvFailures,
  jsonKeysOf,
  ndjsonFailures,
  recordText,
} from '../../../src/output/failures-file.ts';

const CSV: SourceLayout = {
  path: '/people.csv',
  format: 'csv',
  compression: 'none',
  encoding: 'utf-8',
  delimiter: ',',
  jsonArray: false,
  headerBytes: 0,
  headerLines: 1,
  header: ['id', 'email', 'plan'],
};
const NDJSON: SourceLayout = { ...CSV, path: '/people.ndjson', format: 'ndjson', header: [] };
const delimiters = constantFrom(',', ';', '\t', '|');
const threeCells = array(string({ unit: 'grapheme' }), { minLength: 3, maxLength: 3 });
/** As they are read: JSON has no -0. */
const objects = dictionary(string(), jsonValue({ maxDepth: 2 }), { minKeys: 1, maxKeys: 4 }).map(
  (object) => JSON.parse(JSON.stringify(object)) as typeof object,
);

const row = (record: string, more: Partial<UndeliveredRow> = {}): UndeliveredRow => ({
  row: 5,
  line: 6,
  state: 'rejected',
  code: 'invalid',
  reason: 'refused',
  column: null,
  field: null,
  persons: [],
  payload: null,
  single: null,
  record,
  ...more,
});
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
const cellsOf =
  (delimiter: string) =>
  (record: string): readonly string[] | undefined =>
    parse(record, { delimiter })[0];

/** The lines of a failures file in CSV, read by a parser that is not ours. */
function readCsv(lines: readonly string[], delimiter = ','): string[][] {
  return parse(lines.join('\n'), { delimiter, relax_column_count: true });
}

describe('a failures file in CSV', () => {
  it('has the added columns, and then the original cells as they stood in the source, whatever they hold', () => {
    assert(
      property(threeCells, delimiters, (cells, delimiter) => {
        const layout = { ...CSV, delimiter };
        const record = cells.map(quoted).join(delimiter);
        const writer = csvFailures({ run: 2, layout, cellsOf: cellsOf(delimiter) }, []);
        const line = writer.line(row(record));
        expect(line.endsWith(`${delimiter}${record}`)).toBe(true);
        const [header, read] = readCsv([writer.header ?? '', line], delimiter);
        expect(header).toEqual([...ADDED_COLUMNS, 'id', 'email', 'plan']);
        expect(read).toEqual(['2', '5', '6', 'rejected', 'invalid', 'refused', '', ...cells]);
      }),
    );
  });

  it('keeps a row that could not be read in one cell, so that it cannot swallow the next', () => {
    assert(
      property(string({ unit: 'grapheme', minLength: 1 }), (record) => {
        const writer = csvFailures({ run: 2, layout: CSV, cellsOf: cellsOf(',') }, []);
        const [, broken, next] = readCsv([
          writer.header ?? '',
          writer.line(row(record, { code: 'unparsable' })),
          writer.line(row('1,2,3')),
        ]);
        expect(broken?.slice(7)).toEqual(['', '', '']);
        expect(broken?.[6]?.replace(/^'(?=[=+\-@\t\r])/, '')).toBe(record);
        expect(next?.slice(7)).toEqual(['1', '2', '3']);
      }),
    );
  });

  it.for(['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)'])('adds no cell that a spreadsheet would run: %s', (formula) => {
    const writer = csvFailures({ run: 2, layout: CSV, cellsOf: cellsOf(',') }, []);
    const [read] = readCsv([writer.line(row(formula, { code: 'unparsable', reason: formula }))]);
    expect([read?.[5], read?.[6]]).toEqual([`'${formula}`, `'${formula}`]);
  });

  it('has a column for each key of JSON rows, filled where the row has that key itself', () => {
    const rows = [row('{"id":1,"constructor":"mine"}'), row('{"id":2,"tags":["a",1]}')];
    const keys = jsonKeysOf(rows);
    const writer = csvFailures({ run: 2, layout: NDJSON, cellsOf: () => undefined }, keys);
    const [header, first, second] = readCsv([writer.header ?? '', ...rows.map((one) => writer.line(one))]);
    expect(header?.slice(7)).toEqual(['id', 'constructor', 'tags']);
    expect(first?.slice(7)).toEqual(['1', 'mine', '']);
    expect(second?.slice(7)).toEqual(['2', '', '["a",1]']);
  });
});

describe('a failures file in NDJSON', () => {
  it('holds the fields of each row behind the added ones, with the text that they had', () => {
    assert(
      property(objects, integer(), (object, indent) => {
        const record = JSON.stringify(object, null, indent % 3);
        const line = ndjsonFailures({ run: 2, layout: NDJSON, cellsOf: () => undefined }).line(row(record));
        expect(line).not.toContain('\n');
        expect(JSON.parse(line)).toEqual({
          cio_bulk_run: 2,
          cio_bulk_row: 5,
          cio_bulk_line: 6,
          cio_bulk_state: 'rejected',
          cio_bulk_code: 'invalid',
          cio_bulk_reason: 'refused',
          ...object,
        });
      }),
    );
  });

  it('keeps the digits of a number that JavaScript cannot hold', () => {
    const line = ndjsonFailures({ run: 2, layout: NDJSON, cellsOf: () => undefined }).line(
      row('{"n":12345678901234567890.10}'),
    );
    expect(line).toContain('"n":12345678901234567890.10}');
  });

  it('is well-formed for an empty object and for a text that is none', () => {
    const writer = ndjsonFailures({ run: 2, layout: NDJSON, cellsOf: () => undefined });
    expect(JSON.parse(writer.line(row('{}')))).not.toHaveProperty('cio_bulk_record');
    expect(JSON.parse(writer.line(row('{"a":', { code: 'unparsable' })))).toMatchObject({ cio_bulk_record: '{"a":' });
  });

  it('names the cells of a CSV row, unless one is missing: then the row stays whole', () => {
    const writer = ndjsonFailures({ run: 2, layout: CSV, cellsOf: cellsOf(',') });
    expect(JSON.parse(writer.line(row('1,a@b.c,pro')))).toMatchObject({ id: '1', email: 'a@b.c', plan: 'pro' });
    expect(JSON.parse(writer.line(row('1,pro')))).toMatchObject({ cio_bulk_record: '1,pro' });
  });
});

describe('a corrected row', () => {
  it('becomes a record of its source again: each cell under its own name, without the added columns', () => {
    assert(
      property(threeCells, delimiters, ([id = '', email = '', plan = ''], delimiter) => {
        const corrected = { ...CSV, header: ['cio_bulk_run', 'plan', 'id', 'email'] };
        const record = recordText({ ...CSV, delimiter }, ['2', plan, id, email], '', corrected);
        expect(cellsOf(delimiter)(record ?? '')).toEqual([id, email, plan]);
      }),
    );
  });

  it('is written in the dialect of its source, and reads back the same', () => {
    const dialects = constantFrom<Partial<Dialect>>({ quote: "'" }, { escape: '\\' }, { quote: "'", escape: '^' }, {});
    assert(
      property(threeCells, dialects, constantFrom('§', '~', '\u0001'), (cells, dialect, delimiter) => {
        const layout = { ...CSV, ...dialect, delimiter };
        const record = recordText(layout, cells, '', CSV);
        expect(parseRecord(record ?? '', layout)).toEqual(cells);
        const writer = csvFailures({ run: 1, layout, cellsOf: (text) => parseRecord(text, layout) }, []);
        const [, written = []] = readCsv([writer.header ?? '', writer.line(row(record ?? ''))]);
        expect(written.slice(ADDED_COLUMNS.length)).toEqual(cells);
      }),
    );
  });

  it('is none where nothing quotes and a cell would need it', () => {
    const layout = { ...CSV, quote: '' };
    expect(recordText(layout, ['1', '"a"', 'pro'], '', CSV)).toBe('1,"a",pro');
    for (const cell of ['a,b', 'a\nb', '\r']) expect(recordText(layout, ['1', cell, 'pro'], '', CSV)).toBeUndefined();
  });

  it('loses the added fields, and nothing else, where its source is NDJSON', () => {
    assert(
      property(objects, (object) => {
        const line = ndjsonFailures({ run: 2, layout: NDJSON, cellsOf: () => undefined }).line(
          row(JSON.stringify(object)),
        );
        expect(JSON.parse(recordText(NDJSON, { json: {} }, line, NDJSON) ?? '')).toEqual(object);
      }),
    );
  });
});
