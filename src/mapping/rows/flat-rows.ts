/** Flat NDJSON rows: columns by name, values with their own types. */
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import type { PersonKind } from '../../domain/person.ts';
import { ATTRIBUTES_MAX } from '../../domain/limits.ts';
import { RawNumber } from '../../domain/raw-number.ts';
import { isUlid } from '../../domain/ulid.ts';
import { attributeTree } from './attribute-tree.ts';
import type { Emitter, Names } from './write-operation.ts';
import { part } from './event-id.ts';
import { createIdentifiers } from '../checks/identifiers.ts';
import { withConsent } from '../values/consent.ts';
import { canonicalText, jsonText, quote } from '../values/json-text.ts';
import { isAttributeOverLimits, isRecord, scalarText, timeOf } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import type { Packer } from './packer.ts';
import { booleanText, booleanWord, isBlank, isPlainDecimal } from '../values/values.ts';

type MutableRecord = Record<string, unknown>;

export function createFlatRows(plan: Plan, packer: Packer, emitter: Emitter): (json: JsonRecord) => void {
  const identifiers = createIdentifiers(plan, packer);
  const byName = new Map(plan.columns.map((column) => [column.name, column]));
  const nameOf = (role: ColumnPlan['role']): string | undefined => plan.columns.find((column) => column.role === role)?.name;
  const [id, email, cioId, eventName, eventId] = [nameOf('id'), nameOf('email'), nameOf('cio_id'), nameOf('event'), nameOf('event_id')];
  const time = plan.columns.find((column) => column.role === 'timestamp');
  const isEvents = plan.kind === 'events';
  const keyNames = plan.dedupeKey?.toSorted() ?? null;
  attributeTree(plan); // refuses a plan whose columns and constants clash

  /** The row's attributes; null when the row is invalid (and settled as such). */
  const attributesOf = (json: JsonRecord): MutableRecord | null => {
    const attributes: MutableRecord = Object.create(null) as MutableRecord;
    let count = 0;
    for (const name of Object.keys(json)) {
      const column = byName.get(name);
      if (column === undefined ? plan.extra === 'drop' : column.role !== 'attribute') continue;
      const value = column === undefined ? untypedValue(json[name], plan) : typedValue(json[name], column, plan, packer);
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

  const dedupeKeyOf = (json: JsonRecord): string | null => {
    let key = '';
    let isEmpty = true;
    for (const name of keyNames ?? []) {
      const value = at(json, name);
      if (value !== undefined && value !== null && value !== '') isEmpty = false;
      key += `c${part(name)}${part(canonicalText(value ?? ''))}`;
    }
    return isEmpty ? null : key;
  };

  const emitEvent = (kind: PersonKind, value: string, json: JsonRecord): void => {
    const name = scalarText(at(json, eventName)) || (plan.eventName ?? '');
    if (isBlank(name)) return packer.invalid('no_event_name', 'the event has no name', undefined, eventName);
    const timeMs = time === undefined ? Number.NaN : timeOf(at(json, time.name), time.name, time.format, time.timezone ?? plan.timezone, packer);
    if (timeMs === null) return;
    const attributes = attributesOf(json);
    if (attributes === null) return;
    const ownId = keyNames === null ? (scalarText(at(json, eventId)) ?? '') : '';
    const key = keyNames === null ? (ownId === '' ? null : part(quote(ownId))) : dedupeKeyOf(json);
    emitter.event(kind, value, 'event', name, timeMs, canonicalText(attributes), isUlid(ownId) ? ownId : '', key);
  };

  return (json) => {
    const cioValue = identifiers.of(at(json, cioId), 'cio_id', cioId ?? 'cio_id');
    const idValue = cioValue === null ? null : identifiers.of(at(json, id), 'id', id ?? 'id');
    // An event is addressed by one of them; people get them all.
    const emailValue = idValue === null ? null : isEvents && (cioValue || idValue) !== '' ? '' : identifiers.of(at(json, email), 'email', email ?? 'email');
    if (cioValue === null || idValue === null || emailValue === null) return;
    const kind: PersonKind = cioValue !== '' ? 'cio_id' : idValue !== '' ? 'id' : 'email';
    const value = cioValue || idValue || emailValue;
    if (value === '') return packer.invalid('no_identifier', 'the row has no identifier', undefined, id ?? email);
    if (isEvents) return emitEvent(kind, value, json);
    if (plan.action !== 'identify') return emitter.act(kind, value, plan.action);
    const given = attributesOf(json);
    if (given === null) return;
    const attributes = withConsent(given, packer);
    if (attributes === null) return;
    const others = kind === 'cio_id' && idValue !== '' ? `"id":${quote(idValue)}` : '';
    const first = kind === 'email' || emailValue === '' ? others : `${others === '' ? '' : `${others},`}"email":${quote(emailValue)}`;
    const rest = jsonText(attributes);
    const text = first === '' ? rest : rest === '{}' ? `{${first}}` : `{${first},${rest.slice(1)}`;
    emitter.identify(kind, value, text, namesOf(attributes, idValue, emailValue), '');
  };
}

/** The identifiers of a row: its own columns, and attributes that are some. */
function namesOf({ id, email, cio_id, phone, anonymous_id, _timestamp }: JsonRecord, ownId: string, ownEmail: string): Names {
  return { id: ownId || id, email: ownEmail || email, cio_id, phone, anonymous_id, _timestamp };
}

/** A field of the row itself; undefined when there is none. */
function at(json: JsonRecord, name: string | undefined): unknown {
  return name === undefined || !Object.hasOwn(json, name) ? undefined : json[name];
}

const INVALID = Symbol('invalid');

/** undefined = leave it out. */
function untypedValue(value: unknown, plan: Plan): unknown {
  if (value === null || value === '') return plan.emptyDefault === 'omit' ? undefined : plan.emptyDefault === 'null' ? null : value;
  return plan.typesDefault === 'string' ? (scalarText(value) ?? value) : value;
}

function typedValue(value: unknown, column: ColumnPlan, plan: Plan, packer: Packer): unknown {
  if (value === null || value === '') return column.empty === 'omit' ? undefined : column.empty === 'null' ? null : value;
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
      const timeMs = timeOf(value, column.name, column.format, column.timezone ?? plan.timezone, packer);
      return timeMs === null ? INVALID : Math.floor(timeMs / 1000);
    }
  }
  if (column.strict) {
    packer.invalid('bad_value', `"${column.name}" is no ${column.type}, which the mapping demands`, undefined, column.name);
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
