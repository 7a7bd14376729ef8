import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../../src/input/records/limits.ts';
import { recordsOf } from '../../../../src/input/records/records.ts';
import { blocksOf, createFolder, readAll } from '../../../support/reading.ts';
import { SUITE } from '../../../support/temp.ts';

const FIXTURES = join(import.meta.dirname, '../../../../fixtures/csv');
const folder = createFolder(SUITE);

const fixture = (name: string) => readAll(join(FIXTURES, name));
const text = (name: string, content: string | Uint8Array) => readAll(folder.write(name, content));

describe('CSV files as they come', () => {
  it('a file from European Excel, with semicolons and a byte order mark, keeps its first column name and its decimal commas', async () => {
    const { layout, rows } = await fixture('semicolon-with-bom.csv');
    expect(layout).toMatchObject({ delimiter: ';', encoding: 'utf-8', header: ['id', 'email', 'city', 'ltv'] });
    expect(rows).toEqual([
      ['1', 'ann@example.com', 'Köln', '12,50'],
      ['2', 'bob@example.com', 'Zürich', '7,00'],
    ]);
  });

  it('"Unicode text" from Excel is UTF-16 with tabs', async () => {
    const { layout, rows } = await fixture('utf16le-from-excel.csv');
    expect(layout).toMatchObject({ delimiter: '\t', encoding: 'utf-16le', header: ['id', 'email', 'name'] });
    expect(rows).toEqual([
      ['1', 'ann@example.com', 'Änn 😀'],
      ['2', 'bob@example.com', 'Bob\tB.'],
    ]);
  });

  it('UTF-16 without a byte order mark is recognised by its zero bytes', async () => {
    const { layout, rows } = await fixture('utf16be-without-bom.csv');
    expect(layout.encoding).toBe('utf-16be');
    expect(rows[1]).toEqual(['2', 'bob@example.com', 'Bøb']);
  });

  it('a windows-1252 file keeps umlauts, the euro sign and the curly apostrophe', async () => {
    const { layout, rows } = await fixture('windows-1252.csv');
    expect(layout.encoding).toBe('windows-1252');
    expect(rows).toEqual([
      ['1', 'Müller', '10 €'],
      ['2', 'O’Brien', 'free'],
    ]);
  });

  it('a file of old Mac line ends has lines, and a carriage return inside quotes stays', async () => {
    const { rows } = await fixture('lone-cr.csv');
    expect(rows).toEqual([
      ['1', 'Ann'],
      ['2', 'two\rlines'],
    ]);
  });

  it('line ends of all kinds in one file are all line ends, and blank lines are no rows', async () => {
    const { rows } = await fixture('mixed-line-ends.csv');
    expect(rows).toEqual([
      ['1', 'Ann'],
      ['2', 'Bob'],
      ['3', 'Cid'],
    ]);
  });

  it('rows of nothing but delimiters, as spreadsheets leave them below a table, are blank lines; a quoted delimiter is none', async () => {
    const { rows } = await fixture('empty-rows-below-the-table.csv');
    expect(rows).toEqual([
      ['1', 'ann@example.com', 'pro'],
      ['2', 'bob@example.com', ','],
    ]);
  });

  it('quoted cells keep their line breaks byte for byte', async () => {
    const { rows } = await fixture('quoted-newlines.csv');
    expect(rows).toEqual([
      ['1', 'first\nsecond'],
      ['2', 'x\r\n\r\ny'],
    ]);
  });

  it('a `sep=;` line names the delimiter and is no header', async () => {
    const { layout, rows } = await fixture('sep-line.csv');
    expect(layout).toMatchObject({ delimiter: ';', header: ['id', 'name'], headerLines: 2 });
    expect(rows).toEqual([['1', 'Ann, A.']]);
  });

  it('a last line without a line end is a row like any other', async () => {
    expect((await fixture('without-final-newline.csv')).rows).toEqual([
      ['1', 'Ann'],
      ['2', 'Bob'],
    ]);
  });

  it('duplicate and empty column names are handed on as they stand', async () => {
    expect((await fixture('duplicate-and-empty-headers.csv')).layout.header).toEqual(['id', 'name', '', 'name']);
  });

  it('an empty file and a header alone have no rows', async () => {
    expect((await text('empty.csv', '')).rows).toEqual([]);
    expect((await text('header-only.csv', 'id,name')).rows).toEqual([]);
    expect((await text('header-line.csv', 'id,name\r\n')).layout.header).toEqual(['id', 'name']);
  });

  it('a quoted empty cell alone on its line is a row, a blank line is none', async () => {
    expect((await text('one-column.csv', 'id\n""\n\nx\n')).rows).toEqual([[''], ['x']]);
  });

  it('zero bytes in a cell are data', async () => {
    expect(
      (await text('zero.csv', 'id,name\n1,a\u0000b\n2,a longer line of text so that it is no binary file\n')).rows[0],
    ).toEqual(['1', 'a\u0000b']);
  });

  it('a pipe and a tab are found as delimiters, also when the name says .csv', async () => {
    expect((await text('pipe.csv', 'id|name\n1|Ann, A.\n')).layout.delimiter).toBe('|');
    expect((await text('tab.csv', 'id\tname\n1\tAnn; A.\n')).layout.delimiter).toBe('\t');
  });
});

describe('rows that cannot be read', () => {
  it('a quote that never closes costs its own line, not the rest of the file', async () => {
    const { rows } = await fixture('unclosed-quote.csv');
    expect(rows).toEqual([
      ['1', 'Ann'],
      { fault: 'unparsable', message: 'a quote opens a cell and never closes' },
      ['3', 'Cid'],
      ['4', 'Dan'],
    ]);
  });

  it('a quote in the middle of an unquoted cell is data; one that is not doubled in a quoted cell is a fault', async () => {
    const { rows } = await fixture('stray-quotes.csv');
    expect(rows).toEqual([
      ['1', '5" pipe'],
      ['2', 'say "hi"'],
      expect.objectContaining({ fault: 'unparsable' }),
      ['4', 'a "good" one'],
    ]);
  });

  it('a row with too few or too many cells says how many it has', async () => {
    const { rows } = await fixture('ragged.csv');
    expect(rows).toEqual([
      ['1', 'Ann', 'free'],
      { fault: 'wrong_cell_count', message: 'the row has 2 cells, the header 3' },
      { fault: 'wrong_cell_count', message: 'the row has 4 cells, the header 3' },
      ['4', 'Dan', 'free'],
    ]);
  });

  it('one row with bytes that are not UTF-8 does not turn the umlauts of the others into something else', async () => {
    const { layout, rows } = await fixture('one-bad-utf8-row.csv');
    expect(layout.encoding).toBe('utf-8');
    expect(rows).toEqual([['1', 'Jürgen'], expect.objectContaining({ fault: 'unparsable' }), ['3', 'Jörg']]);
  });

  it('bytes that are not UTF-8 far behind the sample make faults of their rows', async () => {
    const head = `id,name\n${'1,Jurgen\n'.repeat(40_000)}`;
    const { rows } = await text(
      'late.csv',
      Buffer.concat([Buffer.from(head), Buffer.from('2,M\u00fcller\n', 'latin1')]),
    );
    expect(rows.at(-1)).toMatchObject({ fault: 'unparsable', message: expect.stringContaining('--encoding') });
    expect(rows.at(-2)).toEqual(['1', 'Jurgen']);
  });

  it('half a surrogate pair in UTF-16 makes a fault of its row only', async () => {
    const { rows } = await text('half.csv', Buffer.from('\uFEFFid,name\n1,a\ud800b\n2,Ann\n', 'utf16le'));
    expect(rows).toEqual([expect.objectContaining({ fault: 'unparsable' }), ['2', 'Ann']]);
  });
});

describe('large records', () => {
  it('a cell of 10 MB is read whole', async () => {
    const large = `${'x'.repeat(5_000_000)}\n${'y'.repeat(5_000_000)}`;
    const { rows } = await text('large-cell.csv', `id,note\n1,"${large}"\n2,b\n`);
    expect(rows).toEqual([
      ['1', large],
      ['2', 'b'],
    ]);
  });

  it('a line over 16 MiB is one fault, shown by its beginning, and the rows behind it are read', async () => {
    const path = folder.write(
      'endless.csv',
      Buffer.concat([
        Buffer.from('id,note\n1,a\n2,'),
        Buffer.alloc(LIMITS.recordBytesMax + 5, 120),
        Buffer.from('\r\n3,c\n'),
      ]),
    );
    const { layout, rows } = await readAll(path);
    expect(rows).toEqual([['1', 'a'], { fault: 'unparsable', message: 'the line is longer than 16 MiB' }, ['3', 'c']]);
    const block = (await blocksOf(layout))[1]!;
    expect(block.raw.length).toBeLessThan(100_000);
    expect(recordsOf(layout, block, [0])).toEqual([{ text: expect.stringMatching(/^2,xxx/), line: 3 }]);
    expect((await blocksOf(layout, block.end)).flatMap((later) => later.rows)).toEqual([['3', 'c']]);
  });

  it('a quote that would swallow more than 16 MiB costs its own line', async () => {
    const good = '7,some more text of a row\n';
    const count = Math.ceil((LIMITS.recordBytesMax * 1.2) / good.length);
    const { rows } = await text('swallow.csv', `id,note\n1,"open\n${good.repeat(count)}8,"closed"\n`);
    expect(rows.length).toBe(count + 2);
    expect(rows[0]).toMatchObject({ fault: 'unparsable' });
    expect(rows.at(-1)).toEqual(['8', 'closed']);
  });
});

describe('the text of a row', () => {
  it('is found again, byte for byte and with its line, for any row of a block', async () => {
    const path = folder.write('again.csv', 'id,note\r\n1,"a\r\n""b"""\r\n\r\n2,"open\r\n3,é\r\n4');
    const { layout } = await readAll(path);
    const block = (await blocksOf(layout))[0]!;
    expect(recordsOf(layout, block, [0, 1, 2, 3])).toEqual([
      { text: '1,"a\r\n""b"""', line: 2 },
      { text: '2,"open', line: 5 },
      { text: '3,é', line: 6 },
      { text: '4', line: 7 },
    ]);
    expect(recordsOf(layout, block, [2])).toEqual([{ text: '3,é', line: 6 }]);
  });
});
