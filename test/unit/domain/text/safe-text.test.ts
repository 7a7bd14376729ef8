import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToWidth, displayWidth, padToWidth } from '../../../../src/domain/text/display-width.ts';
import { jsonLine, safeLine, safeText } from '../../../../src/domain/text/safe-text.ts';
import { shellWord } from '../../../../src/domain/text/numbers.ts';

/** Asked for with other words than the code has: by the category of each character. */
function obeyed(character: string): boolean {
  return /^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]$/u.test(character) && !'\n\t\u200c\u200d'.includes(character);
}

const anyText = string({ unit: 'binary' });

describe('what reaches a terminal', () => {
  it('holds no character that a terminal would obey, and everything else', () => {
    assert(
      property(anyText, (text) => {
        const shown = Array.from(safeText(text));
        expect(shown.filter(obeyed)).toEqual([]);
        expect(shown).toEqual(
          Array.from(text, (character) => (obeyed(character) || /\p{Cs}/u.test(character) ? '\ufffd' : character)),
        );
      }),
    );
  });

  it('stays one line where it is a name, also with a colour or a direction in it', () => {
    expect(safeLine('a\nb\tc\u001b[31md\u202ee\u200ff\u{e0041}g')).toBe(
      'a\ufffdb\ufffdc\ufffd[31md\ufffde\ufffdf\ufffdg',
    );
  });

  it('is JSON that means the same', () => {
    assert(
      property(anyText, (text) => {
        const line = jsonLine({ type: text });
        expect(JSON.parse(line)).toEqual({ type: text });
        expect(Array.from(line).filter(obeyed)).toEqual([]);
      }),
    );
  });

  it('is a shell word without hidden characters', () => {
    expect(shellWord('a\u202eb')).toBe("$'a\\u202eb'");
    expect(shellWord('a\u{e0041}')).toBe("$'a\\U000e0041'");
    expect(shellWord("it's")).toBe("'it'\\''s'");
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['名前', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['한글', 4],
    ['', 0],
  ])('%s takes %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
    expect(displayWidth(padToWidth(text, 10))).toBe(10);
  });

  it('are never more than there are', () => {
    assert(
      property(anyText, (text) =>
        [0, 1, 2, 7, 20].every((columns) => displayWidth(cutToWidth(text, columns)) <= columns),
      ),
    );
    expect(cutToWidth('名前.csv 12 %', 6)).toBe('名前.…');
  });
});
