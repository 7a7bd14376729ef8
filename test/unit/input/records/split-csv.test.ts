import { expect, test } from 'vitest';
import type { Dialect } from '../../../../src/domain/plan.ts';
import { LIMITS } from '../../../../src/input/records/limits.ts';
import { createCsvSplitter } from '../../../../src/input/records/split-csv.ts';

const ENDS = ['\n', '\r', '"', ','];

test.each([',', '\t', ';'])(
  'cells between %j are plain only when JSON escapes none of their characters',
  (delimiter) => {
    const split = createCsvSplitter({ delimiter }, LIMITS);
    const isPlain = (text: string): boolean => split(Buffer.from(text), true).isPlain;
    const characters = [...Array(0x200).keys()].map((code) => String.fromCharCode(code));
    for (const character of [...characters, '\u2028', '\ud83d\ude00']) {
      const needsEscape = JSON.stringify(character) !== `"${character}"`;
      if (!ENDS.includes(character) && character !== delimiter)
        expect([character, isPlain(`id${delimiter}a${character}\n7${delimiter}b\n`)]).toEqual([
          character,
          !needsEscape,
        ]);
      const doubled = character === '"' ? '""' : character;
      if (needsEscape) expect([character, isPlain(`id${delimiter}"x${doubled}"\n`)]).toEqual([character, false]);
    }
    expect(isPlain(`id${delimiter}a"b\n`)).toBe(false);
    expect(isPlain(`id${delimiter}"quoted"\r\n7${delimiter}"b"\r\n`)).toBe(true);
  },
);

test.each<Omit<Dialect, 'delimiter'>>([{ quote: "'" }, { quote: '' }, { quote: "'", escape: '^' }, { comment: '#' }])(
  'cells in the dialect %j are plain only when JSON escapes none of their characters',
  (others) => {
    const split = createCsvSplitter({ delimiter: '§', ...others }, LIMITS);
    const isPlain = (text: string): boolean => split(Buffer.from(text), true).isPlain;
    for (const character of ['"', '\\', '\u0001', '\t']) expect(isPlain(`id§a${character}\n7§b\n`)).toBe(false);
    if (others.quote === "'")
      for (const text of ['x"y', 'x\ny', "x''y\\"]) expect([text, isPlain(`1§'${text}'\n`)]).toEqual([text, false]);
    expect(isPlain('id§ä\n7§b\n')).toBe(true);
  },
);

test('a delimiter of several bytes that is not all there yet is waited for', () => {
  const split = createCsvSplitter({ delimiter: '§' }, LIMITS);
  const bytes = Buffer.from('"a\nb"§c\n');
  for (let length = 0; length < bytes.length; length += 1)
    expect([length, split(bytes.subarray(0, length), false).count]).toEqual([length, 0]);
  expect(split(bytes, false).count).toBe(1);
});
