/** The attributes of a flat NDJSON row: each field goes where its column says, with the type that its column has. */
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import { ATTRIBUTES_MAX } from '../../domain/limits.ts';
import { RawNumber } from '../../domain/raw-number.ts';
import { attributeTree } from './attribute-tree.ts';
import { isRecord, scalarText } from '../values/json-values.ts';
import { isAttributeOverLimits, timeOf } from './json-limits.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { createLaterColumns } from './later-columns.ts';
import type { Packer } from './packer.ts';
import { booleanText, booleanWord, isPlainDecimal } from '../values/values.ts';

type MutableRecord = Record<string, unknown>;

/** A row's attributes; null when the row is invalid (and settled as such). */
export function createFlatAttributes(plan: Plan, packer: Packer): (json: JsonRecord) => JsonRecord | null {
  attributeTree(plan); // refuses a plan whose columns and constants clash
  const byName = new Map(plan.columns.map((column) => [column.name, column]));
  const laterColumn = createLaterColumns(plan);
  const isEvents = plan.kind === 'events';

  return (json) => {
    const attributes: MutableRecord = Object.create(null) as MutableRecord;
    let count = 0;
    for (const name of Object.keys(json)) {
      const column = byName.get(name) ?? laterColumn?.(name);
      if (column === undefined ? plan.extra === 'drop' : column.role !== 'attribute') continue;
      const value =
        column === undefined ? untypedValue(json[name], plan) : typedValue(json[name], column, plan, packer);
      if (value === undefined) continue;
      if (value === INVALID) return null;
      if (!isEvents && isAttributeOverLimits(column?.path.at(-1) ?? name, value, packer)) return null;
      if (!putAt(attributes, column?.path ?? [name], value)) {
        packer.invalid('bad_value', `"${name}" goes where another field of this row goes already`, undefined, name);
        return null;
      }
      count += 1;
    }
    if (!isEvents && count > ATTRIBUTES_MAX) {
      packer.invalid('too_many', `${count} attributes; the limit is ${ATTRIBUTES_MAX}`);
      return null;
    }
    mergeConstants(attributes, plan.constants);
    return attributes;
  };
}

const INVALID = Symbol('invalid');

/** undefined = leave it out. */
function untypedValue(value: unknown, plan: Plan): unknown {
  if (value === null || value === '')
    return plan.emptyDefault === 'omit' ? undefined : plan.emptyDefault === 'null' ? null : value;
  return plan.typesDefault === 'string' ? (scalarText(value) ?? value) : value;
}

function typedValue(value: unknown, column: ColumnPlan, plan: Plan, packer: Packer): unknown {
  if (value === null || value === '')
    return column.empty === 'omit' ? undefined : column.empty === 'null' ? null : value;
  const text = scalarText(value);
  switch (column.type) {
    case 'json':
      return value;
    case 'string':
      if (text !== null) return text;
      break;
    case 'number':
      if (typeof value === 'number' || value instanceof RawNumber) return value;
      if (typeof value === 'string' && isPlainDecimal(value)) return new RawNumber(value);
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      if (text !== null) {
        const word = column.strict ? booleanWord(text) : booleanText(text);
        if (word !== null) return word === 'true';
      }
      break;
    case 'timestamp': {
      const timeMs = timeOf(
        value,
        { field: column.name, format: column.format, zone: column.timezone ?? plan.timezone },
        packer,
      );
      return timeMs === null ? INVALID : Math.floor(timeMs / 1000);
    }
  }
  if (column.strict) {
    packer.invalid(
      'bad_value',
      `"${column.name}" is no ${column.type}, which the mapping demands`,
      undefined,
      column.name,
    );
    return INVALID;
  }
  packer.warn(`not_${column.type}`, column.name);
  return value;
}

/** false when something else is in the way. */
function putAt(target: MutableRecord, path: readonly string[], value: unknown): boolean {
  let record = target;
  for (const [depth, name] of path.entries()) {
    const found = record[name];
    if (depth === path.length - 1) {
      if (found !== undefined) return false;
      record[name] = value;
    } else if (found === undefined) {
      record = record[name] = Object.create(null) as MutableRecord;
    } else if (isRecord(found) && Object.getPrototypeOf(found) === null) {
      record = found;
    } else return false;
  }
  return true;
}

/** Constants beside the row's own values; a value of the row wins over a constant of the same name. */
function mergeConstants(target: MutableRecord, constants: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(constants)) {
    const found = target[name];
    if (found === undefined) target[name] = value;
    else if (isRecord(value) && isRecord(found) && Object.getPrototypeOf(found) === null) mergeConstants(found, value);
  }
}
