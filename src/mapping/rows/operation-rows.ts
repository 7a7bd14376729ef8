/** NDJSON lines that are Track v2 operations: validated, then sent as they are (events with an id). */
import type { Plan } from '../../domain/plan.ts';
import { operationSubjects, PERSON_KINDS } from '../../domain/person.ts';
import type { PersonKind } from '../../domain/person.ts';
import { isUlid } from '../../domain/ulid.ts';
import type { Emitter, EventAction, V1Request } from './write-operation.ts';
import { part } from './event-id.ts';
import { withConsent } from '../values/consent.ts';
import { createIdentifiers } from '../checks/identifiers.ts';
import { canonicalText, jsonText, quote } from '../values/json-text.ts';
import { areOverLimits, isRecord, scalarText, timeOf } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { isEventAction, operationFault } from '../checks/operation-rules.ts';
import type { Packer } from './packer.ts';
import { v1Operation } from './v1-operations.ts';
import { isBlank } from '../values/values.ts';

const EVENT_FIELDS = new Set(['type', 'identifiers', 'action', 'name', 'id', 'timestamp', 'attributes']);
const IDENTIFY_FIELDS = new Set(['type', 'identifiers', 'action', 'timestamp', 'attributes']);

export function createOperationRows(plan: Plan, packer: Packer, emitter: Emitter): (operation: JsonRecord) => void {
  const identifiers = createIdentifiers(plan, packer);
  /** The one person of `identifiers`; null when it is unusable (and the row settled as invalid). */
  const personOf = (given: unknown): { kind: PersonKind; value: string } | null => {
    if (!isRecord(given)) return null;
    const kind = PERSON_KINDS.find((candidate) => Object.hasOwn(given, candidate)) ?? 'id';
    const value = identifiers.of(given[kind], kind, `identifiers.${kind}`);
    if (value === '') packer.invalid('no_identifier', `"identifiers.${kind}" is empty`, undefined, `identifiers.${kind}`);
    return value === null || value === '' ? null : { kind, value };
  };

  const event = (operation: JsonRecord, action: EventAction): void => {
    const person = personOf(operation['identifiers']);
    if (person === null) return;
    const name = typeof operation['name'] === 'string' ? operation['name'] : '';
    if (isBlank(name)) return packer.invalid('no_event_name', `${action} needs "name"`, undefined, 'name');
    const timeMs = timeOf(operation['timestamp'], 'timestamp', 'auto', plan.timezone, packer);
    if (timeMs === null) return;
    for (const field of Object.keys(operation)) if (!EVENT_FIELDS.has(field)) packer.warn('unknown_field', field);
    const ownId = scalarText(operation['id']) ?? '';
    const key = ownId === '' ? null : part(quote(ownId));
    emitter.event(person.kind, person.value, action, name, timeMs, canonicalText(operation['attributes'] ?? {}), isUlid(ownId) ? ownId : '', key);
  };

  /** An identify with nothing but attributes: the common one, which can be recognised as a repeat. */
  const identify = (operation: JsonRecord): void => {
    const person = personOf(operation['identifiers']);
    if (person === null) return;
    const attributes = isRecord(operation['attributes']) ? operation['attributes'] : {};
    const timeMs = timeOf(operation['timestamp'], 'timestamp', 'auto', plan.timezone, packer);
    if (timeMs === null) return;
    const seconds = Number.isNaN(timeMs) ? null : Math.floor(timeMs / 1000);
    const isV1 = plan.api === 'v1';
    const own = isV1 && seconds !== null ? { ...attributes, _timestamp: seconds } : attributes;
    const extra = isV1 || seconds === null ? '' : `,"timestamp":${seconds}`;
    emitter.identify(person.kind, person.value, jsonText(own), own, extra);
  };

  const other = (operation: JsonRecord): void => {
    const isPerson = operation['type'] === undefined || operation['type'] === 'person';
    for (const given of [operation['identifiers'], operation['primary'], operation['secondary']]) if (isPerson && given !== undefined && personOf(given) === null) return;
    let v1: V1Request | null = null;
    if (plan.api === 'v1') {
      const result = v1Operation(operation);
      if (typeof result === 'string') return packer.invalid('bad_operation', result, undefined, 'action');
      v1 = result;
    }
    const subjects = operationSubjects(operation).filter((subject) => subject.length > 0);
    if (subjects.length === 0) return packer.invalid('no_identifier', 'the operation has no usable identifier', undefined, 'identifiers');
    const isMerge = operation['action'] === 'merge';
    const typed = operation['type'] === undefined ? { type: 'person', ...operation } : operation;
    const isUntimed = typed.type === 'person' && operation['action'] === 'identify' && operation['timestamp'] === undefined;
    emitter.other(jsonText(isUntimed ? { ...typed, timestamp: emitter.timeOf(subjects) } : typed), subjects, isMerge, v1);
  };

  return (operation) => {
    const fault = operationFault(operation);
    if (fault !== null) return packer.invalid('bad_operation', fault.message, undefined, fault.field);
    const { type, action, attributes } = operation;
    if (type === 'person' && isEventAction(action)) return event(operation, action);
    if (action === 'identify' && isRecord(attributes) && areOverLimits(attributes, packer)) return;
    if (type !== 'person') return other(operation);
    if (action === 'identify') {
      const settled = withConsent(isRecord(attributes) ? attributes : {}, packer);
      if (settled === null) return;
      const sent = settled === attributes || attributes === undefined ? operation : { ...operation, attributes: settled };
      return Object.keys(operation).every((field) => IDENTIFY_FIELDS.has(field)) ? identify(sent) : other(sent);
    }
    if (action !== 'delete' && action !== 'suppress' && action !== 'unsuppress') return other(operation);
    const person = personOf(operation['identifiers']);
    if (person !== null) emitter.act(person.kind, person.value, action);
  };
}
