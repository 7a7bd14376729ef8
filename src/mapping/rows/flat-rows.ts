/** Flat NDJSON rows: columns by name, values with their own types. */
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import type { PersonKind } from '../../domain/person.ts';
import { isUlid } from '../../domain/ulid.ts';
import { createIdentifiers } from '../checks/identifiers.ts';
import { withConsent } from '../values/consent.ts';
import { canonicalText, jsonText, quote } from '../values/json-text.ts';
import { scalarText } from '../values/json-values.ts';
import { timeOf } from './json-limits.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { isBlank } from '../values/values.ts';
import { part } from './event-id.ts';
import { createFlatAttributes } from './flat-attributes.ts';
import type { Packer } from './packer.ts';
import type { Emitter, Names } from './writer.ts';

export function createFlatRows(plan: Plan, packer: Packer, emitter: Emitter): (json: JsonRecord) => void {
  const identifiers = createIdentifiers(plan, packer);
  const [id, email, cioId] = [nameOf(plan, 'id'), nameOf(plan, 'email'), nameOf(plan, 'cio_id')];
  const anonymousId = nameOf(plan, 'anonymous_id');
  const attributesOf = createFlatAttributes(plan, packer);
  const isEvents = plan.kind === 'events';
  const emitEvent = createFlatEvents(plan, packer, emitter, attributesOf);

  const identify = (
    kind: PersonKind,
    value: string,
    json: JsonRecord,
    own: { readonly id: string; readonly email: string },
  ): void => {
    const given = attributesOf(json);
    if (given === null) return;
    const attributes = withConsent(given, packer);
    if (attributes === null) return;
    const others = kind === 'cio_id' && own.id !== '' ? `"id":${quote(own.id)}` : '';
    const first =
      kind === 'email' || own.email === '' ? others : `${others === '' ? '' : `${others},`}"email":${quote(own.email)}`;
    const rest = jsonText(attributes);
    const text = first === '' ? rest : rest === '{}' ? `{${first}}` : `{${first},${rest.slice(1)}`;
    emitter.identify({ kind, value, attributes: text, names: namesOf(attributes, own), seconds: null });
  };

  /** An event may be nobody's yet. */
  const withoutPerson = (json: JsonRecord): void => {
    const value = identifiers.of(at(json, anonymousId), 'anonymous_id', anonymousId ?? 'anonymous_id');
    if (value === '')
      packer.invalid('no_identifier', 'the row has no identifier', undefined, id ?? email ?? anonymousId);
    else if (value !== null) emitEvent('anonymous_id', value, json);
  };

  return (json) => {
    const cioValue = identifiers.of(at(json, cioId), 'cio_id', cioId ?? 'cio_id');
    const idValue = cioValue === null ? null : identifiers.of(at(json, id), 'id', id ?? 'id');
    // An event is addressed by one of them; people get them all.
    const emailValue =
      idValue === null
        ? null
        : isEvents && (cioValue || idValue) !== ''
          ? ''
          : identifiers.of(at(json, email), 'email', email ?? 'email');
    if (cioValue === null || idValue === null || emailValue === null) return;
    const kind: PersonKind = cioValue !== '' ? 'cio_id' : idValue !== '' ? 'id' : 'email';
    const value = cioValue || idValue || emailValue;
    if (value === '') return withoutPerson(json);
    if (isEvents) return emitEvent(kind, value, json);
    if (plan.action !== 'identify') return emitter.act(kind, value, plan.action);
    identify(kind, value, json, { id: idValue, email: emailValue });
  };
}

function createFlatEvents(
  plan: Plan,
  packer: Packer,
  emitter: Emitter,
  attributesOf: (json: JsonRecord) => JsonRecord | null,
): (kind: PersonKind, value: string, json: JsonRecord) => void {
  const [nameField, idField] = [nameOf(plan, 'event'), nameOf(plan, 'event_id')];
  const time = plan.columns.find((column) => column.role === 'timestamp');
  const place =
    time === undefined ? null : { field: time.name, format: time.format, zone: time.timezone ?? plan.timezone };
  const keyNames = plan.dedupeKey?.toSorted() ?? null;

  return (kind, value, json) => {
    const name = scalarText(at(json, nameField)) || (plan.eventName ?? '');
    if (isBlank(name)) return packer.invalid('no_event_name', 'the event has no name', undefined, nameField);
    const timeMs = place === null ? Number.NaN : timeOf(at(json, place.field), place, packer);
    if (timeMs === null) return;
    const attributes = attributesOf(json);
    if (attributes === null) return;
    const ownId = keyNames === null ? (scalarText(at(json, idField)) ?? '') : '';
    const key = keyNames !== null ? dedupeKeyOf(json, keyNames) : ownId === '' ? null : part(quote(ownId));
    emitter.event({
      kind,
      value,
      action: 'event',
      name,
      timeMs,
      data: canonicalText(attributes),
      id: isUlid(ownId) ? ownId : '',
      key,
    });
  };
}

/** What the fields of --dedupe-key say of a row; null when all of them are empty. */
function dedupeKeyOf(json: JsonRecord, names: readonly string[]): string | null {
  let key = '';
  let isEmpty = true;
  for (const name of names) {
    const value = at(json, name);
    if (value !== undefined && value !== null && value !== '') isEmpty = false;
    key += `c${part(name)}${part(canonicalText(value ?? ''))}`;
  }
  return isEmpty ? null : key;
}

function nameOf(plan: Plan, role: ColumnPlan['role']): string | undefined {
  return plan.columns.find((column) => column.role === role)?.name;
}

/** The identifiers of a row: its own columns, and attributes that are some. */
function namesOf(
  { id, email, cio_id, phone, anonymous_id, _timestamp }: JsonRecord,
  own: { readonly id: string; readonly email: string },
): Names {
  return { id: own.id || id, email: own.email || email, cio_id, phone, anonymous_id, _timestamp };
}

/** A field of the row itself; undefined when there is none. */
function at(json: JsonRecord, name: string | undefined): unknown {
  return name === undefined || !Object.hasOwn(json, name) ? undefined : json[name];
}
