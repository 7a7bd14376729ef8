/** Which Track v2 operations there are and what each needs (API reference, sections 3.2 and 3.3). */
import { isRecord } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';

export type OperationType = 'person' | 'object' | 'delivery';

const ACTIONS: Readonly<Record<OperationType, ReadonlySet<string>>> = {
  person: new Set([
    'identify',
    'delete',
    'event',
    'page',
    'screen',
    'add_relationships',
    'delete_relationships',
    'add_device',
    'delete_device',
    'merge',
    'suppress',
    'unsuppress',
  ]),
  object: new Set(['identify', 'identify_anonymous', 'delete', 'add_relationships', 'delete_relationships']),
  delivery: new Set(['event']),
};
const DELIVERY_EVENTS = new Set(['opened', 'converted', 'delivered']);
const PERSON_KEYS = ['id', 'email', 'phone', 'cio_id'] as const;

export interface OperationFault {
  readonly field: string;
  readonly message: string;
}

/** What is wrong with an operation apart from its identifiers' values; null when nothing is. */
export function operationFault(operation: JsonRecord): OperationFault | null {
  const action = operation['action'];
  const type = operation['type'] ?? 'person';
  if (typeof action !== 'string' || action === '') return missing('action', 'the operation');
  if (type !== 'person' && type !== 'object' && type !== 'delivery')
    return { field: 'type', message: '"type" must be person, object or delivery' };
  if (!ACTIONS[type].has(action))
    return { field: 'action', message: `a ${type} has no such action; it has ${[...ACTIONS[type]].join(', ')}` };
  if (action === 'merge') return mergeFault(operation);
  const attributes = operation['attributes'];
  if (attributes !== undefined && !isRecord(attributes))
    return { field: 'attributes', message: '"attributes" must be an object' };
  return (
    identifiersFault(operation['identifiers'], type, action, 'identifiers') ?? fieldsFault(operation, type, action)
  );
}

function mergeFault(operation: JsonRecord): OperationFault | null {
  if (operation['identifiers'] !== undefined)
    return { field: 'identifiers', message: 'merge has "primary" and "secondary" instead of "identifiers"' };
  return (
    identifiersFault(operation['primary'], 'person', 'merge', 'primary') ??
    identifiersFault(operation['secondary'], 'person', 'merge', 'secondary')
  );
}

function identifiersFault(
  identifiers: unknown,
  type: OperationType,
  action: string,
  field: string,
): OperationFault | null {
  if (!isRecord(identifiers)) return missing(field, action);
  const keys = Object.keys(identifiers);
  if (type === 'object') {
    const isNamed = keys.includes('object_type_id') && keys.includes('object_id') && keys.length === 2;
    if (isNamed || (keys.length === 1 && keys[0] === 'cio_object_id')) return null;
    return { field, message: `"${field}" of an object must be "object_type_id" and "object_id", or "cio_object_id"` };
  }
  const allowed: readonly string[] =
    type === 'delivery' ? ['id'] : isEventAction(action) ? [...PERSON_KEYS, 'anonymous_id'] : PERSON_KEYS;
  const key = keys[0];
  if (keys.length === 1 && key !== undefined && allowed.includes(key)) return null;
  return { field, message: `"${field}" must have exactly one of ${allowed.join(', ')}` };
}

function fieldsFault(operation: JsonRecord, type: OperationType, action: string): OperationFault | null {
  const device = operation['device'];
  if (action === 'add_device' || action === 'delete_device') {
    if (!isRecord(device) || !isText(device['token'])) return missing('device.token', action);
    return action === 'delete_device' || isText(device['platform']) ? null : missing('device.platform', action);
  }
  if (action === 'add_relationships' || action === 'delete_relationships')
    return relationshipsFault(operation, type, action);
  if (action === 'identify' && operation['cio_relationships'] !== undefined)
    return relationshipsFault(operation, type, action);
  if (action === 'identify_anonymous') {
    const first: unknown = Array.isArray(operation['cio_relationships'])
      ? operation['cio_relationships'][0]
      : undefined;
    const identifiers = isRecord(first) ? first['identifiers'] : undefined;
    const inside = isRecord(identifiers) ? identifiers['anonymous_id'] : undefined;
    return isText(inside) || isText(operation['anonymous_id'])
      ? null
      : missing('cio_relationships[0].identifiers.anonymous_id', action);
  }
  if (type === 'delivery') {
    const attributes = operation['attributes'];
    if (!DELIVERY_EVENTS.has(String(operation['name'])))
      return { field: 'name', message: `"name" of a delivery's event must be ${[...DELIVERY_EVENTS].join(', ')}` };
    return isRecord(attributes) && isText(attributes['device_token'])
      ? null
      : missing('attributes.device_token', "a delivery's event");
  }
  return null;
}

function relationshipsFault(operation: JsonRecord, type: OperationType, action: string): OperationFault | null {
  const relationships = operation['cio_relationships'];
  if (!Array.isArray(relationships))
    return { field: 'cio_relationships', message: `${action} needs "cio_relationships" as an array` };
  for (const [index, relationship] of (relationships as unknown[]).entries()) {
    const identifiers = isRecord(relationship) ? relationship['identifiers'] : undefined;
    const fault = identifiersFault(
      identifiers,
      type === 'object' ? 'person' : 'object',
      action,
      `cio_relationships[${index}].identifiers`,
    );
    if (fault !== null) return fault;
  }
  return null;
}

export function isEventAction(action: unknown): action is 'event' | 'page' | 'screen' {
  return action === 'event' || action === 'page' || action === 'screen';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function missing(field: string, what: string): OperationFault {
  return { field, message: `${what} needs "${field}"` };
}
