import { attributeProblems, invalid, LIMITS, required, type Problem } from './limits.ts';
import { isObject, toJson, type JsonObject } from '../store/json.ts';
import {
  deviceProblems,
  eventNameProblems,
  objectIdentifierProblems,
  personIdentifierProblems,
  timestampProblems,
} from './validate-fields.ts';

/** The operation matrix of docs/customerio.md 3.2. */
export const ACTIONS = {
  person: [
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
  ],
  object: ['add_relationships', 'delete', 'delete_relationships', 'identify', 'identify_anonymous'],
  delivery: ['event'],
} as const;

const DELIVERY_METRICS = ['opened', 'converted', 'delivered'];

/** Everything wrong with one v2 operation; empty if it is accepted. */
export function operationProblems(operation: unknown): Problem[] {
  if (!isObject(operation)) return [invalid('body', 'must be an object')];
  const { action } = operation;
  const type = operation['type'] ?? (action === 'merge' ? 'person' : undefined);
  const problems: Problem[] = [];
  if (type === undefined || type === '') problems.push(required('type'));
  else if (type !== 'person' && type !== 'object' && type !== 'delivery') {
    problems.push(invalid('type', `must be one of ${Object.keys(ACTIONS).join(', ')}`));
  }
  if (action === undefined || action === '') problems.push(required('action'));
  if (problems.length > 0) return problems;
  const actions: readonly string[] = ACTIONS[type === 'object' || type === 'delivery' ? type : 'person'];
  if (typeof action !== 'string' || !actions.includes(action)) {
    return [invalid('action', `must be one of ${actions.join(', ')}`)];
  }
  if (type === 'object') return objectProblems(operation, action);
  return type === 'delivery' ? deliveryProblems(operation) : personProblems(operation, action);
}

function personProblems(operation: JsonObject, action: string): Problem[] {
  if (action === 'merge') {
    return [
      ...personIdentifierProblems(operation['primary'], 'primary'),
      ...personIdentifierProblems(operation['secondary'], 'secondary'),
    ];
  }
  const problems = isAnonymousEvent(operation, action)
    ? []
    : personIdentifierProblems(operation['identifiers'], 'identifiers');
  switch (action) {
    case 'identify':
      return [...problems, ...changeProblems(operation)];
    case 'event':
    case 'page':
    case 'screen':
      return [...problems, ...eventProblems(operation)];
    case 'add_device':
    case 'delete_device':
      return [...problems, ...deviceProblems(operation, 'token', action === 'add_device')];
    case 'add_relationships':
    case 'delete_relationships':
      return [...problems, ...relationshipProblems(operation, objectIdentifierProblems, true)];
    default:
      return problems;
  }
}

/** Undocumented, but sent by two large integrations (docs/customerio.md 3.3). */
export function isAnonymousEvent(operation: JsonObject, action: string): boolean {
  const identifiers = operation['identifiers'];
  return (
    ['event', 'page', 'screen'].includes(action) &&
    isObject(identifiers) &&
    typeof identifiers['anonymous_id'] === 'string' &&
    Object.keys(identifiers).length === 1
  );
}

function changeProblems(operation: JsonObject): Problem[] {
  const { attributes } = operation;
  const timestamps = timestampProblems(operation['timestamp'], 'timestamp');
  const related = relationshipProblems(operation, objectIdentifierProblems, false);
  if (attributes === undefined || attributes === null) return [...timestamps, ...related];
  if (!isObject(attributes)) return [invalid('attributes', 'must be an object'), ...timestamps, ...related];
  return [...attributeProblems(attributes), ...timestamps, ...related];
}

function eventProblems(operation: JsonObject): Problem[] {
  const { attributes, id } = operation;
  const problems = [...eventNameProblems(operation['name']), ...timestampProblems(operation['timestamp'], 'timestamp')];
  if (attributes !== undefined && attributes !== null && !isObject(attributes)) {
    problems.push(invalid('attributes', 'must be an object'));
  }
  if (id !== undefined && id !== null && typeof id !== 'string') problems.push(invalid('id', 'must be a ULID'));
  return problems;
}

function objectProblems(operation: JsonObject, action: string): Problem[] {
  const problems = objectIdentifierProblems(operation['identifiers'], 'identifiers');
  const { attributes } = operation;
  if (isObject(attributes)) {
    problems.push(...attributeProblems(attributes));
    if (Buffer.byteLength(toJson(attributes)) > LIMITS.objectAttributesBytes) {
      problems.push(invalid('attributes', `cannot be longer than ${LIMITS.objectAttributesBytes} bytes in all`));
    }
  } else if (attributes !== undefined && attributes !== null) problems.push(invalid('attributes', 'must be an object'));
  const isRelating = action === 'add_relationships' || action === 'delete_relationships';
  const check = action === 'identify_anonymous' ? () => [] : personIdentifierProblems;
  if (action !== 'delete') problems.push(...relationshipProblems(operation, check, isRelating));
  return problems;
}

function relationshipProblems(
  operation: JsonObject,
  check: (identifiers: unknown, field: string) => Problem[],
  isRequired: boolean,
): Problem[] {
  const list = operation['cio_relationships'];
  if (list === undefined || list === null) return isRequired ? [required('cio_relationships')] : [];
  if (!Array.isArray(list)) return [invalid('cio_relationships', 'must be an array')];
  return list.flatMap((entry: unknown, index) => {
    const field = `cio_relationships[${index}]`;
    return isObject(entry)
      ? check(entry['identifiers'], `${field}.identifiers`)
      : [invalid(field, 'must be an object')];
  });
}

function deliveryProblems(operation: JsonObject): Problem[] {
  const { identifiers, name } = operation;
  const problems: Problem[] = [];
  if (!isObject(identifiers) || !identifiers['id']) problems.push(required('identifiers.id'));
  if (!name) problems.push(required('name'));
  else if (typeof name !== 'string' || !DELIVERY_METRICS.includes(name)) {
    problems.push(invalid('name', `must be one of ${DELIVERY_METRICS.join(', ')}`));
  }
  return problems;
}
