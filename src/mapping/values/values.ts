/** What a CSV cell is, by its characters alone. */

const DIGITS_MAX = 15;
const EXCEL_EXPONENT = /^-?\d([.,]\d+)?E\+\d+$/;
const EXCEL_ERROR = /^#(N\/A|REF!|VALUE!|DIV\/0!|NAME\?|NULL!|NUM!)$/;

/**
 * Digits with at most one point between them, an optional minus, no leading zero, at most 15 digits: such a text means
 * the same as a number. Everything else (`007`, `+49`, `1e5`, 19-digit ids) is damaged by being one. Written by hand
 * because it runs for every cell of a number column.
 */
export function isPlainDecimal(text: string): boolean {
  const length = text.length;
  let index = text.charCodeAt(0) === 0x2d ? 1 : 0;
  const first = index;
  let point = -1;
  for (; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x2e && point < 0) point = index;
    else if (code < 0x30 || code > 0x39) return false;
  }
  const digits = length - first - (point < 0 ? 0 : 1);
  if (digits === 0 || digits > DIGITS_MAX || point === first || point === length - 1) return false;
  const whole = (point < 0 ? length : point) - first;
  if (whole > 1 && text.charCodeAt(first) === 0x30) return false;
  // "-0" is a text of its own: as a number it would lose its sign somewhere.
  return !(first === 1 && whole === 1 && point < 0 && text.charCodeAt(first) === 0x30);
}

/** `true`, `false`, or null for anything else. Spreadsheets write them in capitals. */
export function booleanText(text: string): 'true' | 'false' | null {
  if (text === 'true' || text === 'TRUE' || text === 'True') return 'true';
  return text === 'false' || text === 'FALSE' || text === 'False' ? 'false' : null;
}

const DAMAGE: readonly (readonly [shape: RegExp, damage: string])[] = [
  [EXCEL_EXPONENT, 'a spreadsheet has shortened long numbers (like 4.12346E+11): their digits are lost in the file'],
  [EXCEL_ERROR, 'a spreadsheet has left error values (like #N/A) in the file'],
  [
    /^\s+".*"\s*$/s,
    'blanks stand between delimiters and quotes, so that the quotes are a part of the values: remove the blanks',
  ],
  [/^\\N$/, String.raw`\N is how databases write NULL: say that it is an empty cell with --null '\N'`],
];

/** What a program has done to a value, and hardly anybody means; null where nothing is to be seen. */
export function damageOf(text: string): string | null {
  return DAMAGE.find(([shape]) => shape.test(text))?.[1] ?? null;
}

export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  return !(first > 0x20 && first < 0x7f) && text.trim() === '';
}

const WORDS: ReadonlyMap<string, 'true' | 'false'> = new Map([
  ...['true', 'yes', 'y', 't', 'on', '1'].map((word) => [word, 'true'] as const),
  ...['false', 'no', 'n', 'f', 'off', '0'].map((word) => [word, 'false'] as const),
]);

/** A yes or a no in any of the usual words, where somebody has said that it is one; null for anything else. */
export function booleanWord(text: string): 'true' | 'false' | null {
  return WORDS.get(text.trim().toLowerCase()) ?? null;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
