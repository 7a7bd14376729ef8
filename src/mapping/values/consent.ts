/**
 * Whether somebody wants messages. The service takes every text but `true` and `1` for "subscribed": a word that it does not know
 * would write to people who have opted out. So consent is sent as true or false, or its row is not sent.
 */
import { RawNumber } from '../../domain/raw-number.ts';
import { isRecord } from './json-values.ts';
import type { JsonRecord } from './json-values.ts';
import type { Packer } from '../rows/packer.ts';
import { booleanWord } from './values.ts';

const UNSUBSCRIBED = 'unsubscribed';
const PREFERENCES = 'cio_subscription_preferences';
const CAN_BEGIN: ReadonlySet<number> = new Set([UNSUBSCRIBED, PREFERENCES].map((name) => name.charCodeAt(0)));

/** For messages: what was wrong with the value, never the value. */
export const NO_CONSENT =
  'is neither yes nor no (true/false, yes/no, y/n, t/f, on/off, 1/0), and whether somebody wants messages is never guessed';

export type ConsentShape = 'word' | 'preferences';

/** Whether an attribute's path is about consent, and what its value must be; null when it is not. */
export function consentShape(path: readonly string[]): ConsentShape | null {
  const [first = ''] = path;
  if (first === UNSUBSCRIBED && path.length === 1) return 'word';
  if (first === PREFERENCES)
    return path.length === 1 || (path.length === 2 && path[1] === 'topics') ? 'preferences' : 'word';
  return first.startsWith(`${PREFERENCES}.`) ? (first === `${PREFERENCES}.topics` ? 'preferences' : 'word') : null;
}

/** Whether a path leads below a value that is true or false. */
export function isBelowConsent([first, ...rest]: readonly string[]): boolean {
  return first === UNSUBSCRIBED && rest.length > 0;
}

/** The cell of a CSV column as JSON text, or null when it says nothing clear. */
export function consentText(cell: string, shape: ConsentShape): string | null {
  if (shape === 'word') return booleanWord(cell);
  try {
    const settled = booleansOf(JSON.parse(cell));
    return isRecord(settled) ? JSON.stringify(settled) : null;
  } catch {
    return null;
  }
}

/**
 * Attributes of a person with consent as booleans; the same object when there is none in it. A value that is null or empty says
 * nothing and is left out. A text is the name of the field at fault.
 */
export function settleConsent(attributes: JsonRecord): JsonRecord | string {
  let result: Record<string, unknown> | undefined;
  for (const name of Object.keys(attributes)) {
    if (!CAN_BEGIN.has(name.charCodeAt(0))) continue; // for every field of every row: a look at one letter
    const shape = consentShape([name]);
    if (shape === null) continue;
    const settled = booleansOf(attributes[name]);
    if (settled === UNCLEAR || (settled !== undefined && isRecord(settled) !== (shape === 'preferences'))) return name;
    result ??= Object.assign(Object.create(null) as Record<string, unknown>, attributes);
    if (settled === undefined) delete result[name];
    else result[name] = settled;
  }
  return result ?? attributes;
}

/** The same for a row: null when it is invalid (and settled as such). */
export function withConsent(attributes: JsonRecord, packer: Packer): JsonRecord | null {
  const settled = settleConsent(attributes);
  if (typeof settled !== 'string') return settled;
  packer.invalid('bad_value', `"${settled}" ${NO_CONSENT}`, undefined, settled);
  return null;
}

const UNCLEAR = Symbol('unclear');

/** true or false, or an object of such values; undefined for nothing. */
function booleansOf(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' || typeof value === 'number' || value instanceof RawNumber) {
    const word = booleanWord(value instanceof RawNumber ? value.text : String(value));
    return word === null ? UNCLEAR : word === 'true';
  }
  if (!isRecord(value)) return UNCLEAR;
  const entries = Object.entries(value).map(([name, inner]) => [name, booleansOf(inner)] as const);
  return entries.some(([, inner]) => inner === UNCLEAR)
    ? UNCLEAR
    : Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}
