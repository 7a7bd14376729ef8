import type { Dialect } from './plan.ts';

/** Delimiters that are found out without being named. */
export const USUAL_DELIMITERS: readonly string[] = [',', ';', '\t', '|'];

/** Whether a table in this dialect is read well without a word about it. */
export function isUsual(dialect: Dialect): boolean {
  return USUAL_DELIMITERS.includes(dialect.delimiter) && Object.keys(dialectOf(dialect)).length === 0;
}

/** What of a dialect is not as usual, without the delimiter. */
export function dialectOf({ quote, escape, comment, ragged }: Partial<Dialect>): Omit<Dialect, 'delimiter'> {
  return {
    ...(quote === undefined ? {} : { quote }),
    ...(escape === undefined ? {} : { escape }),
    ...(comment === undefined ? {} : { comment }),
    ...(ragged === undefined ? {} : { ragged }),
  };
}

/** Two parts that one character cannot play at once; undefined when there are none. */
export function conflictIn({ delimiter, quote = '"', escape, comment }: Dialect): string | undefined {
  const parts = [
    ['--delimiter', delimiter],
    ['--quote', quote],
    ['--escape', escape],
    ['--comment', comment],
  ] as const;
  for (const [i, [one, character]] of parts.entries())
    for (const [other, same] of parts.slice(i + 1))
      if (character === same && character !== undefined)
        return `${one} and ${other} cannot be the same character (${JSON.stringify(character)})`;
  return quote === '' && escape !== undefined
    ? '--escape works in quoted cells, and --quote none leaves none'
    : undefined;
}

/** A cell as it is written in a dialect; undefined when nothing quotes and it holds what only a quoted cell can. */
export function cellText(text: string, { delimiter, quote = '"', escape }: Dialect): string | undefined {
  const isSplit = text.includes(delimiter) || /[\r\n]/.test(text);
  if (quote === '') return isSplit ? undefined : text;
  if (!isSplit && !text.includes(quote)) return text;
  const inner =
    escape === undefined
      ? text.replaceAll(quote, quote + quote)
      : text.replaceAll(escape, escape + escape).replaceAll(quote, escape + quote);
  return quote + inner + quote;
}
