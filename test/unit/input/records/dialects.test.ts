import { describe, expect, it } from 'vitest';
import type { RawRow } from '../../../../src/domain/block.ts';
import { CioBulkError } from '../../../../src/domain/errors.ts';
import type { LayoutOptions } from '../../../../src/input/detect/layout.ts';
import { recordsOf } from '../../../../src/input/records/records.ts';
import { blocksOf, createFolder, readAll } from '../../../support/reading.ts';
import { SUITE } from '../../../support/temp.ts';

const folder = createFolder(SUITE);
const read = (text: string, options: Partial<LayoutOptions>) => readAll(folder.write('table.csv', text), options);

const UNPARSABLE = 'unparsable';
const WRONG_COUNT = 'wrong_cell_count';
/** Cells, or the code of a fault. */
const shown = (rows: readonly RawRow[]): unknown[] =>
  rows.map((row) => (Array.isArray(row) ? row : 'fault' in row ? row.fault : row));

const MYSQL = { escape: '\\' };

it.each<[what: string, text: string, options: Partial<LayoutOptions>, rows: readonly unknown[]]>([
  ['another quote', "a,b\n'1,2','it''s'\n", { quote: "'" }, [['1,2', "it's"]]],
  ['another quote, where the usual one is a character', 'a,b\n"1","\n', { quote: "'" }, [['"1"', '"']]],
  [
    'no quotes',
    'a,b\n"1,"\n""",2\n',
    { quote: '' },
    [
      ['"1', '"'],
      ['"""', '2'],
    ],
  ],
  ['no quotes, and a row of quotes', 'a,b\n"",""\n', { quote: '' }, [['""', '""']]],
  ['an escaped quote', 'a,b\n"say \\"hi\\"",2\n', MYSQL, [['say "hi"', '2']]],
  ['an escaped escape before the closing quote', 'a,b\n"x\\\\",2\n', MYSQL, [['x\\', '2']]],
  ['an escaped line end, as MySQL writes it', 'a,b\n"x\\\ny",2\n', MYSQL, [['x\ny', '2']]],
  ['an escape before other text', 'a,b\n"C:\\temp\\n",2\n', MYSQL, [['C:\\temp\\n', '2']]],
  ['an escape outside quotes', 'a,b\n\\N,C:\\x\n', MYSQL, [['\\N', 'C:\\x']]],
  ['doubled quotes although there is an escape', 'a,b\n"x""y",2\n', MYSQL, [['x"y', '2']]],
  ['an escape that hides the last quote', 'a,b\n"x\\",2\n3,4\n', MYSQL, [UNPARSABLE, ['3', '4']]],
  ['text behind a closing quote', 'a,b\n"x\\\\"y,2\n3,4\n', MYSQL, [UNPARSABLE, ['3', '4']]],
  [
    'comments, and cells that are none',
    '#t\na,b\n# "x\n1,#2\n"#3",4\n #5,6\n#',
    { comment: '#' },
    [
      ['1', '#2'],
      ['#3', '4'],
      [' #5', '6'],
    ],
  ],
  ['a comment sign in a quoted cell that goes on', 'a,b\n1,"x\n#y"\n', { comment: '#' }, [['1', 'x\n#y']]],
  ['a comment behind a broken row', 'a,b\n"x"y,1\n#z\n1,2\n', { comment: '#' }, [UNPARSABLE, ['1', '2']]],
  ['rows of other lengths', 'a,b\n1\n1,2,3\n1,2,,\n', {}, [WRONG_COUNT, WRONG_COUNT, WRONG_COUNT]],
  [
    'rows of other lengths to be filled',
    'a,b\n1\n1,2,3\n1,2,,\n1,2,""\n1,,,x\n',
    { ragged: 'fill' },
    [['1', ''], WRONG_COUNT, ['1', '2'], ['1', '2'], WRONG_COUNT],
  ],
  [
    'a delimiter of several bytes',
    'a§b\n"1§"§2\n"1ç"§"x"\nç"§"2"\n"1"ç§2\n',
    { delimiter: '§' },
    [['1§', '2'], ['1ç', 'x'], ['ç"', '2'], UNPARSABLE],
  ],
  ['only delimiters of several bytes', 'a😀b\n😀\n""😀""\n1😀\n', { delimiter: '😀' }, [['1', '']]],
  [
    'a delimiter to be found that is not the quote',
    'a;b\n,1;2,;3\n,x,;,y,\n',
    { quote: ',' },
    [
      ['1;2', '3'],
      ['x', 'y'],
    ],
  ],
])('%s', async (_, text, options, rows) => {
  expect(shown((await read(text, options)).rows)).toEqual(rows);
});

describe('skipped lines', () => {
  it.each<[what: string, text: string, options: Partial<LayoutOptions>]>([
    ['are physical lines, whatever they hold', 'Report of "today\n\nid,plan\n7,pro\n', { skipLines: 2 }],
    ['may end in CR LF', 'Report\r\n\r\nid,plan\r\n7,pro\r\n', { skipLines: 2 }],
    ['may stand behind a byte order mark', '\uFEFFReport\nid,plan\n7,pro\n', { skipLines: 1 }],
    ['come with blank lines and comments', 'Report\n\n#\nid,plan\n7,pro\n', { skipLines: 1, comment: '#' }],
    ['count a sep= line, which still says the delimiter', 'sep=;\nReport\nid;plan\n7;pro\n', { skipLines: 2 }],
    ['may stand before a file without a header', 'Report, of today\n7,pro\n', { skipLines: 1, header: ['id', 'plan'] }],
  ])('%s', async (_, text, options) => {
    const { layout, rows } = await read(text, options);
    expect([layout.header, rows]).toEqual([['id', 'plan'], [['7', 'pro']]]);
    const [block] = await blocksOf(layout);
    const lines = block === undefined ? [] : recordsOf(layout, block, [0]).map(({ line }) => line);
    expect(lines).toEqual([text.trimEnd().split(/\r?\n/).length]);
  });

  it('may be all that a file has, and no more than it has', async () => {
    expect((await read('a\nb\n', { skipLines: 2 })).layout.header).toEqual([]);
    expect((await read('', { skipLines: 2 })).layout.header).toEqual([]);
    await expect(read('a\nb\n', { skipLines: 3 })).rejects.toMatchObject({ code: 'usage' });
  });
});

it.each<[options: Partial<LayoutOptions>, said: string]>([
  [{ quote: ';', delimiter: ';' }, '--delimiter and --quote'],
  [{ comment: ',', delimiter: ',' }, '--delimiter and --comment'],
  [{ comment: '"' }, '--quote and --comment'],
  [{ escape: '#', comment: '#' }, '--escape and --comment'],
  [{ quote: '', escape: '\\' }, '--quote none'],
])('%j is refused: one character cannot play two parts', async (options, said) => {
  const error = await read('a,b\n', options).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(CioBulkError);
  expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(said) as string });
});

it.each<Partial<LayoutOptions>>([
  { quote: "'" },
  { escape: '\\' },
  { comment: '#' },
  { skipLines: 1 },
  { ragged: 'fill' },
])('%j is refused for NDJSON', async (options) => {
  const error = await readAll(folder.write('x.ndjson', '{}\n'), options).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining('is for CSV') as string });
});
