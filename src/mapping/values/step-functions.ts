/** What each value step does to one value. steps.ts has their order. */
import { hash } from 'node:crypto';
import { bytesOver } from '../../domain/limits.ts';
import type { ColumnSteps } from '../../domain/plan.ts';
import { LISTS } from './lists.ts';
import { isNullMarker } from './nulls.ts';
import { booleanWord, isBlank } from './values.ts';

/** A value on its way: a text, empty where there is none, or what a step has made of one. */
export type StepValue = string | number | boolean | readonly string[];

/** null when the row is invalid (and settled as such). */
export type Step<T extends StepValue = StepValue> = (value: T) => StepValue | null;

/** What a step may need to know of its column. */
export interface StepContext {
  /** Of a text of this column, as it is sent. */
  readonly bytesMax: number;
  /** Whether the usual markers for "nothing" are to be kept as they are, so that they are found where they are not allowed. */
  readonly keepsMarkers: boolean;
  /** Settles the row as invalid. */
  refuse(message: string): null;
}

type Compile<K extends keyof ColumnSteps> = (setting: NonNullable<ColumnSteps[K]>, context: StepContext) => Step | null;

/** Escapes of the text format of COPY; those of bytes in a row are one text in UTF-8. */
const ESCAPES = /((?:\\(?:[0-7]{1,3}|x[\dA-Fa-f]{1,2}))+)|\\([^])/gu;
const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const unescaped: Compile<'unescape'> = (_, { refuse }) =>
  ofText((text) => {
    if (!text.includes('\\')) return text;
    if (text === String.raw`\N`) return '';
    try {
      return text.replaceAll(ESCAPES, (_all, bytes: string | undefined, other: string) =>
        bytes === undefined ? (CONTROLS[other] ?? other) : bytesOf(bytes),
      );
    } catch {
      return refuse('has escapes of bytes that are no UTF-8');
    }
  });

/** @throws TypeError for what is no UTF-8 */
function bytesOf(escapes: string): string {
  const codes = escapes.slice(1).split('\\');
  const bytes = codes.map((code) =>
    code.startsWith('x') ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8),
  );
  return UTF8.decode(Uint8Array.from(bytes));
}

export const emptied: Compile<'null_values'> = (texts) => {
  const nulls = new Set(texts.map((text) => text.toLowerCase()));
  return ofText((text) => (nulls.has(text.toLowerCase()) ? '' : text));
};

export const trimmed: Compile<'trim'> = () => ofText((text) => text.trim());

export const withoutPrefix: Compile<'strip_prefix'> = (prefix) =>
  ofText((text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text));

export const replaced: Compile<'values'> = (values) => {
  const byText = new Map(Object.entries(values));
  // The longest first; "*" is the empty one, which all texts have.
  const prefixes = [...byText.keys()]
    .filter(isPrefix)
    .map((key) => key.slice(0, -1))
    .sort((one, other) => other.length - one.length);
  return ofText((text) => {
    if (byText.has(text)) return byText.get(text) ?? '';
    const prefix = prefixes.find((one) => text.startsWith(one));
    return prefix === undefined ? text : (byText.get(`${prefix}*`) ?? '');
  });
};

/** Whether a key of `values` stands for all texts that begin as it does. */
export function isPrefix(key: string): boolean {
  return key.endsWith('*');
}

export const inverted: Compile<'not'> =
  (_, { refuse }) =>
  (value) => {
    if (value === '') return value;
    const word = booleanWord(String(value));
    return word === null
      ? refuse('is neither yes nor no (true/false, yes/no, y/n, t/f, on/off, 1/0), so it has no opposite')
      : word === 'false';
  };

export const divided: Compile<'split'> = (split, { refuse }) => {
  const itemsOf = typeof split === 'string' ? plainItems(split) : (text: string) => LISTS[split.as](text, split.at);
  return ofText((text) => {
    const items = itemsOf(text);
    if (items === null) return refuse('is no list written as its column says ("split")');
    return items.length === 0 ? '' : items;
  });
};

function plainItems(separator: string): (text: string) => readonly string[] {
  return (text) =>
    text
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== '');
}

export const filled: Compile<'default'> = (value) => (given) => (given === '' ? value : given);

export const shortened: Compile<'too_long'> = (how, { bytesMax }) => {
  if (!Number.isFinite(bytesMax)) return null;
  const bytes = new Uint8Array(bytesMax);
  // `read` counts the UTF-16 units of whole characters.
  const shorten = (text: string): string => {
    if (bytesOver(text, bytesMax) === 0) return text;
    return how === 'omit' ? '' : text.slice(0, ENCODER.encodeInto(text, bytes).read);
  };
  return (value) => {
    if (typeof value === 'string') return shorten(value);
    if (typeof value !== 'object') return value;
    const items = value.map(shorten).filter((item) => item !== '');
    return items.length === 0 ? '' : items;
  };
};

export const hashed: Compile<'hash'> = (algorithm, { keepsMarkers }) => {
  const hashOf = (text: string): string =>
    isBlank(text) || (keepsMarkers && isNullMarker(text)) ? text : hash(algorithm, text.trim().toLowerCase());
  return (value) => (typeof value === 'object' ? value.map(hashOf) : hashOf(String(value)));
};

const ENCODER = new TextEncoder();

/** For what is a text still, and not empty. */
function ofText(step: Step<string>): Step {
  return (value) => (typeof value === 'string' && value !== '' ? step(value) : value);
}
