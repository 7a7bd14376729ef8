import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/input/records/limits.ts';
import { createCsvSplitter } from '../../../../src/input/records/split-csv.ts';

const ENDS = ['\n', '\r', '"', ','];

test.each([',', '\t', ';'])(
  'cells between %j are plain only when JSON escapes none of their characters',
  (delimiter) => {
    const split = createCsvSplitter(delimiter, LIMITS);
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
