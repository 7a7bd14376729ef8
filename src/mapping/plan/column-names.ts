/** Finding columns by name: exactly, else in any case; never a choice between two. */
import { CioBulkError } from '../../domain/errors.ts';

/** Columns of a source: the header's cells, or for NDJSON the field names of the sample. */
export interface Columns {
  readonly names: readonly string[];
  /** The column of a flag or mapping entry `where`; an unknown or doubtful name is an error of `code` that lists the columns. */
  named(name: string, where: string, code: 'usage' | 'mapping'): number;
  /** The one column with any of the usual names, ignoring case; -1 when there is none. */
  usual(candidates: readonly string[], what: string, flag: string, isTaken: (index: number) => boolean): number;
}

export function createColumns(names: readonly string[]): Columns {
  const folded = names.map((name) => name.toLowerCase());
  const matches = (test: (index: number) => boolean): number[] =>
    names.flatMap((_, index) => (test(index) ? [index] : []));
  return {
    names,
    named(name, where, code) {
      const exact = matches((index) => names[index] === name);
      const found = exact.length > 0 ? exact : matches((index) => folded[index] === name.toLowerCase());
      const [first, second] = found;
      if (first === undefined)
        throw new CioBulkError(code, `${where}: there is no column "${name}"`, {
          hint: `the columns are ${listNames(names)}`,
        });
      if (second !== undefined) throw ambiguous(where, names, [first, second], 'rename one of the two in the file');
      return first;
    },
    usual(candidates, what, flag, isTaken) {
      const [first, second] = matches((index) => candidates.includes(folded[index] ?? '') && !isTaken(index));
      if (first === undefined) return -1;
      if (second !== undefined) throw ambiguous(what, names, [first, second], `say which with ${flag}`);
      return first;
    },
  };
}

function ambiguous(
  what: string,
  names: readonly string[],
  [first, second]: readonly [number, number],
  hint: string,
): CioBulkError {
  return new CioBulkError(
    'ambiguous_column',
    `${what}: both "${names[first]}" (column ${first + 1}) and "${names[second]}" (column ${second + 1}) could be meant`,
    { hint },
  );
}

/** Names for a message, not more than a screen can take. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 30).map((name) => safeText(name, 60));
  return shown.join(', ') + (names.length > shown.length ? `, and ${names.length - shown.length} more` : '');
}

// oxlint-disable-next-line no-control-regex -- these are the ones to remove
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]+/gu;

/** Text of a file made safe for a terminal: no control or formatting characters, and cut. */
export function safeText(text: string, charsMax: number): string {
  const clean = text.slice(0, charsMax * 4).replaceAll(UNPRINTABLE, ' ');
  const characters = Array.from(clean);
  return characters.length > charsMax ? `${characters.slice(0, charsMax - 1).join('')}…` : clean;
}
