import type { RawRow } from '../domain/block.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { safeText } from '../mapping/plan/column-names.ts';

const WORD_CHARS = 40;
// oxlint-disable-next-line no-control-regex -- what is not ASCII
const WORD = /[^\s",]*[^\u0000-\u007f][^\s",]*/;

/** A word to judge the encoding by, where nobody has named it and nothing proves it: any text is good windows-1252. Else null. */
export function encodingGuess(layout: SourceLayout, sample: readonly RawRow[]): string | null {
  if (layout.encoding !== 'windows-1252') return null;
  const texts = function* (): Generator<string> {
    yield* layout.header;
    for (const row of sample) {
      if (Array.isArray(row)) yield* row;
      else if ('json' in row) yield JSON.stringify(row.json);
    }
  };
  for (const text of texts()) {
    const word = WORD.exec(text)?.[0];
    if (word !== undefined) return safeText(word, WORD_CHARS);
  }
  return null;
}
