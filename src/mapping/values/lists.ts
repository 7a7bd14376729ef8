/** Lists in one text, as programs write them whose items may hold the separator. */
import type { ListSplit } from '../../domain/plan.ts';

/** Without blanks around items that no quotes enclose, and without empty ones; null for a text that is not written so. */
type ReadList = (text: string, separator: string) => readonly string[] | null;

export const LISTS: Readonly<Record<ListSplit['as'], ReadList>> = {
  csv: (text, separator) =>
    quotedItems(text, separator, {
      quoted: /"([^"]*(?:""[^"]*)*)"/y,
      inside: (item) => item.replaceAll('""', '"'),
      bare: (item) => (item.startsWith('"') ? null : [item]),
    }),
  backslash: backslashedItems,
  postgres(text, separator) {
    const array = text.trim();
    if (!array.startsWith('{') || !array.endsWith('}')) return null;
    return quotedItems(array.slice(1, -1), separator, {
      quoted: /"([^"\\]*(?:\\[^][^"\\]*)*)"/y,
      inside: (item) => item.replaceAll(/\\([^])/g, '$1'),
      // PostgreSQL quotes whatever else has one of these; braces are those of an array inside.
      bare: (item) => (/["\\{}]/.test(item) ? null : /^null$/i.test(item) ? [] : [item]),
    });
  },
};

const BLANKS = /\s*/y;

interface Quoting {
  /** An item in quotes, with what stands between them. */
  readonly quoted: RegExp;
  inside(item: string): string;
  /** What an item without quotes amounts to; null where there can be none such. */
  bare(item: string): readonly string[] | null;
}

function quotedItems(text: string, separator: string, { quoted, inside, bare }: Quoting): readonly string[] | null {
  const items: string[] = [];
  for (let start = 0; start <= text.length;) {
    // Should blanks be the separator, none but empty items are passed over.
    BLANKS.lastIndex = start;
    const begin = start + (BLANKS.exec(text)?.[0].length ?? 0);
    quoted.lastIndex = begin;
    const found = quoted.exec(text);
    const from = found === null ? begin : quoted.lastIndex;
    const at = text.indexOf(separator, from);
    const end = at < 0 ? text.length : at;
    const rest = text.slice(from, end).trim();
    const own = found === null ? (rest === '' ? [] : bare(rest)) : rest === '' ? [inside(found[1] ?? '')] : null;
    if (own === null) return null;
    items.push(...own);
    start = end + separator.length;
  }
  return items;
}

/** A backslash before anything but the separator and itself is a text like any other. */
function backslashedItems(text: string, separator: string): readonly string[] {
  const items: string[] = [];
  let item = '';
  for (let at = 0; at < text.length;) {
    const part = [`\\${separator}`, '\\\\', separator].find((one) => text.startsWith(one, at)) ?? text.charAt(at);
    at += part.length;
    if (part === separator) {
      items.push(item);
      item = '';
    } else item += part.length > 1 ? part.slice(1) : part;
  }
  return [...items, item].map((one) => one.trim()).filter((one) => one !== '');
}
