/** NDJSON lines that are Track v2 operations: validated, then sent as they are (events with an id). */
import type { Plan } from '../../domain/plan.ts';
import { PERSON_KINDS } from '../../domain/person.ts';
import type { PersonKind } from '../../domain/person.ts';
import { isUlid } from '../../domain/ulid.ts';
import type { Emitter, EventAction } from './writer.ts';
import { part } from './event-id.ts';
import { withConsent } from '../values/consent.ts';
import { createIdentifiers, type Identifiers } from '../checks/identifiers.ts';
import { canonicalText, quote } from '../values/json-text.ts';
import { isRecord, scalarText } from '../values/json-values.ts';
import { areOverLimits, timeOf, type TimePlace } from './json-limits.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { isEventAction, operationFault } from '../checks/operation-rules.ts';
import type { Packer } from './packer.ts';
import { isBlank } from '../values/values.ts';

const EVENT_FIELDS = new Set(['type', 'identifiers', 'action', 'name', 'id', 'timestamp', 'attributes']);
const IDENTIFY_FIELDS = new Set(['type', 'identifiers', 'action', 'timestamp', 'attributes']);

export function createOperationRows(plan: Plan, packer: Packer, emitter: Emitter): (operation: JsonRecord) => void {
  const tools: Tools = {
    packer,
    emitter,
    identifiers: createIdentifiers(plan, packer),
    time: { field: 'timestamp', format: 'auto', zone: plan.timezone },
  };

  return (operation) => {
    const fault = operationFault(operation);
    if (fault !== null) return packer.invalid('bad_operation', fault.message, undefined, fault.field);
    const { type, action, attributes } = operation;
    if (type === 'person' && isEventAction(action)) return event(tools, operation, action);
    if (action === 'identify' && isRecord(attributes) && areOverLimits(attributes, packer)) return;
    if (type !== 'person') return other(tools, operation);
    if (action === 'identify') {
      const settled = withConsent(isRecord(attributes) ? attributes : {}, packer);
      if (settled === null) return;
      const sent =
        settled === attributes || attributes === undefined ? operation : { ...operation, attributes: settled };
      return Object.keys(operation).every((field) => IDENTIFY_FIELDS.has(field))
        ? identify(tools, sent)
        : other(tools, sent);
    }
    if (action !== 'delete' && action !== 'suppress' && action !== 'unsuppress') return other(tools, operation);
    const person = personOf(tools, operation['identifiers']);
    if (person !== null) emitter.act(person.kind, person.value, action);
  };
}

interface Tools {
  readonly packer: Packer;
  readonly emitter: Emitter;
  readonly identifiers: Identifiers;
  readonly time: TimePlace;
}

/** The one person of `identifiers`; null when it is unusable (and the row settled as invalid). */
function personOf({ packer, identifiers }: Tools, given: unknown): { kind: PersonKind; value: string } | null {
  if (!isRecord(given)) return null;
  const kind = PERSON_KINDS.find((candidate) => Object.hasOwn(given, candidate)) ?? 'id';
  const value = identifiers.of(given[kind], kind, `identifiers.${kind}`);
  if (value === '') packer.invalid('no_identifier', `"identifiers.${kind}" is empty`, undefined, `identifiers.${kind}`);
  return value === null || value === '' ? null : { kind, value };
}

function event(tools: Tools, operation: JsonRecord, action: EventAction): void {
  const { packer, emitter, time } = tools;
  const person = personOf(tools, operation['identifiers']);
  if (person === null) return;
  const name = typeof operation['name'] === 'string' ? operation['name'] : '';
  if (isBlank(name)) return packer.invalid('no_event_name', `${action} needs "name"`, undefined, 'name');
  const timeMs = timeOf(operation['timestamp'], time, packer);
  if (timeMs === null) return;
  for (const field of Object.keys(operation)) if (!EVENT_FIELDS.has(field)) packer.warn('unknown_field', field);
  const ownId = scalarText(operation['id']) ?? '';
  const { kind, value } = person;
  const data = canonicalText(operation['attributes'] ?? {});
  emitter.event({
    kind,
    value,
    action,
    name,
    timeMs,
    data,
    id: isUlid(ownId) ? ownId : '',
    key: ownId === '' ? null : part(quote(ownId)),
  });
}

/** An identify with nothing but attributes: the common one, which can be recognised as a repeat. */
function identify(tools: Tools, operation: JsonRecord): void {
  const { packer, emitter, time } = tools;
  const person = personOf(tools, operation['identifiers']);
  if (person === null) return;
  const attributes = isRecord(operation['attributes']) ? operation['attributes'] : {};
  const timeMs = timeOf(operation['timestamp'], time, packer);
  if (timeMs === null) return;
  const seconds = Number.isNaN(timeMs) ? null : Math.floor(timeMs / 1000);
  emitter.identify({
    kind: person.kind,
    value: person.value,
    attributes: emitter.attributesText(attributes, seconds),
    names: attributes,
    seconds,
  });
}

function other(tools: Tools, operation: JsonRecord): void {
  const isPerson = operation['type'] === undefined || operation['type'] === 'person';
  for (const given of [operation['identifiers'], operation['primary'], operation['secondary']])
    if (isPerson && given !== undefined && personOf(tools, given) === null) return;
  tools.emitter.other(operation);
}
