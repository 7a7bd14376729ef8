/** Rows of NDJSON whose nested fields have become fields of their own: `properties.plan` for `plan` in `properties`. */
import type { RawRow } from '../../domain/block.ts';
import { RawNumber } from '../../domain/raw-number.ts';
import type { Lift, Plan } from '../../domain/plan.ts';
import { jsonForm } from './json-form.ts';
import { isRecord } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { isPlainDecimal } from '../values/values.ts';

export type Lifting = (json: JsonRecord) => JsonRecord;

/** Of a source: only flat rows have anything to lift. */
export function liftedRow(row: RawRow, lift: Lifting, isAmongTyped: boolean): RawRow {
  return !Array.isArray(row) && 'json' in row && jsonForm(row.json, isAmongTyped) === 'flat'
    ? { json: lift(row.json) }
    : row;
}

/** null when nothing is lifted. A field that is no object, or no list of pairs, stays as it is. */
export function createLift({ lift }: Pick<Plan, 'lift'>): Lifting | null {
  const fields = Object.entries(lift ?? {});
  if (fields.length === 0) return null;
  return (given) => {
    const json = Object.assign(Object.create(null) as Record<string, unknown>, given);
    for (const [name, how] of fields) liftField(json, name, how);
    return json;
  };
}

function liftField(json: Record<string, unknown>, name: string, how: Lift[string]): void {
  const value = objectIn(json[name]);
  const inner = how === 'fields' ? (isRecord(value) ? Object.entries(value) : null) : pairsOf(value);
  if (inner === null) return;
  delete json[name];
  const left: [string, unknown][] = [];
  for (const [key, one] of inner) {
    const place = `${name}.${key}`;
    // Nothing is written over: what the row has in this place already is another field.
    if (place in json) left.push([key, one]);
    else json[place] = one;
  }
  if (left.length > 0) json[name] = Object.fromEntries(left);
}

/** Some exports write objects and lists as texts. Those with numbers that would lose digits stay texts. */
function objectIn(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value) || LONG_NUMBER.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const LONG_NUMBER = /\d[\d.]{15}|\d[eE][+-]?\d|\.\d*0[,}\]\s]/;

/** `[{key, value}]`, as BigQuery has it; the value may be the one that is there of several, one for each type. */
function pairsOf(value: unknown): [string, unknown][] | null {
  if (!Array.isArray(value)) return null;
  const pairs: [string, unknown][] = [];
  for (const pair of value as unknown[]) {
    if (!isRecord(pair) || typeof pair['key'] !== 'string') return null;
    pairs.push([pair['key'], valueOf(pair['value'])]);
  }
  return pairs;
}

function valueOf(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const [type, one] = Object.entries(value).find(([, each]) => each !== null && each !== undefined) ?? ['', null];
  // Whole numbers are written as texts, since JavaScript cannot hold all of them.
  return type === 'int_value' && typeof one === 'string' && isPlainDecimal(one) ? new RawNumber(one) : one;
}
