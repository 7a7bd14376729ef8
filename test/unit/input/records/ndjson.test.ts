import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RawNumber } from '../../../../src/domain/raw-number.ts';
import { LIMITS } from '../../../../src/input/records/limits.ts';
import { recordsOf } from '../../../../src/input/records/records.ts';
import { blocksOf, createFolder, failureOf, readAll, TINY } from '../../../support/reading.ts';
import { SUITE } from '../../../support/temp.ts';

const FIXTURES = join(import.meta.dirname, '../../../../fixtures/ndjson');
const folder = createFolder(SUITE);

const fixture = async (name: string) => (await readAll(join(FIXTURES, name))).rows;
const lines = async (content: string) => (await readAll(folder.write('lines.ndjson', content))).rows;
const fault = (message: string) => ({ fault: 'unparsable', message: expect.stringContaining(message) });

const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe('one JSON object per line', () => {
  it('a byte order mark, CRLF and blank lines do not disturb', async () => {
    expect(await fixture('crlf-with-bom.ndjson')).toEqual([{ json: { id: '1' } }, { json: { id: '2' } }]);
  });

  it('numbers that a double cannot hold keep their digits, others are numbers', async () => {
    expect(await fixture('big-integers.ndjson')).toEqual([
      { json: { id: new RawNumber('12345678901234567890'), ltv: new RawNumber('1e400'), small: 42 } },
    ]);
    expect(await lines('{"a":9007199254740993,"b":[0.12345678901234567890],"c":"9007199254740993"}')).toEqual([
      {
        json: {
          a: new RawNumber('9007199254740993'),
          b: [new RawNumber('0.12345678901234567890')],
          c: '9007199254740993',
        },
      },
    ]);
  });

  it('a line that is no object, or no JSON, is a fault of its own', async () => {
    expect(await fixture('not-objects.ndjson')).toEqual([
      { json: { id: '1' } },
      fault('it is an array'),
      fault('it is a string'),
      fault('it is null'),
      fault('not valid JSON'),
      { json: { id: '2' } },
    ]);
  });

  it('a last line that was cut off says so', async () => {
    expect(await fixture('cut-off.ndjson')).toEqual([{ json: { id: '1' } }, { json: { id: '2' } }, fault('cut off')]);
  });

  it('of two equal keys the last one wins, also beside large numbers', async () => {
    expect(await lines('{"a":1,"a":2}\n{"a":1,"a":2,"b":12345678901234567890}')).toEqual([
      { json: { a: 2 } },
      { json: { a: 2, b: new RawNumber('12345678901234567890') } },
    ]);
  });

  it('a key named __proto__ is a key, also beside large numbers', async () => {
    const rows = await lines('{"__proto__":{"admin":true}}\n{"__proto__":{"admin":true},"n":12345678901234567890}');
    for (const row of rows) {
      const json = (row as { json: Record<string, unknown> }).json;
      expect(Object.keys(json)[0]).toBe('__proto__');
      expect(json['admin']).toBeUndefined();
    }
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('nesting of 100,000 levels is a fault and no crash, 100 levels are fine', async () => {
    const rows = await lines(`${nested(100_000)}\n${'{"a":'.repeat(100_000)}\n${nested(100)}\n`);
    expect(rows[0]).toEqual(fault('nested deeper'));
    expect(rows[1]).toEqual(fault('nested deeper'));
    expect(rows[2]).toHaveProperty('json');
  });

  it('half a surrogate pair written as an escape survives', async () => {
    expect(await lines('{"a":"\\ud800"}')).toEqual([{ json: { a: '\ud800' } }]);
  });

  it('a line over 16 MiB is a fault and the lines behind it are read', async () => {
    const rows = await lines(`{"a":1}\n{"a":"${'x'.repeat(LIMITS.recordBytesMax)}"}\n{"a":2}\n`);
    expect(rows).toEqual([{ json: { a: 1 } }, fault('longer than 16 MiB'), { json: { a: 2 } }]);
  });

  it('one object over several lines is refused with the command that mends it', async () => {
    const { error } = await failureOf(folder.write('pretty.json', '{\n  "id": 1\n}\n'));
    expect(error).toMatchObject({ code: 'input_undecodable', hint: expect.stringContaining('jq -c') });
  });
});

describe('a file that is one JSON array', () => {
  it('gives its elements, however they are laid out, wherever blocks end', async () => {
    const path = join(FIXTURES, 'pretty-array.json');
    const expected = [{ json: { id: '1', note: 'a ] in a string' } }, { json: { id: '2', tags: [['x'], {}] } }];
    expect((await readAll(path)).rows).toEqual(expected);
    expect((await readAll(path, {}, TINY)).rows).toEqual(expected);
  });

  it('finds the text and the line of an element again', async () => {
    const { layout } = await readAll(join(FIXTURES, 'pretty-array.json'));
    const block = (await blocksOf(layout))[0]!;
    expect(recordsOf(layout, block, [1])).toEqual([{ text: '{ "id": "2", "tags": [["x"], {}] }', line: 6 }]);
  });

  it('elements that are no objects are faults', async () => {
    const { rows } = await readAll(folder.write('mixed.json', '[{"a":1},2,"x",[3],null\n,true]'));
    expect(rows).toEqual([
      { json: { a: 1 } },
      fault('a number'),
      fault('a string'),
      fault('an array'),
      fault('null'),
      fault('a boolean'),
    ]);
  });

  it('an empty array has no rows', async () => {
    expect((await readAll(folder.write('none.json', ' [ ] \n'))).rows).toEqual([]);
  });

  it.each([
    ['without its bracket', '[{"a":1}', 'no closing bracket'],
    ['in the middle of an element', '[{"a":1},{"b":', 'element 2 of its array, on line 1, never ends'],
    ['with text behind it', '[{"a":1}]\n{"b":2}', 'text behind the end'],
  ])('that ends %s gives the rows before and then stops with a reason', async (_how, content, reason) => {
    const { error, rows } = await failureOf(folder.write('broken.json', content));
    expect(rows).toEqual([{ json: { a: 1 } }]);
    expect(error).toMatchObject({ code: 'input_undecodable', message: expect.stringContaining(reason) });
  });
});

it('megabytes of blanks between two elements of an array are passed over', async () => {
  const { rows } = await readAll(folder.write('blanks.json', `[{"a":1},${' '.repeat(3_000_000)}\n{"a":2}]`));
  expect(rows).toEqual([{ json: { a: 1 } }, { json: { a: 2 } }]);
});
