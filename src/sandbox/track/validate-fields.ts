import { invalid, isLongerThan, LIMITS, required, type Problem } from './limits.ts';
import { isObject, toName, type JsonObject } from '../store/json.ts';
import { pidOf } from '../store/people.ts';

/** Checks of single fields, shared by v1 and v2. Each returns the problems it found. */

const PERSON_IDENTIFIERS = ['id', 'email', 'phone', 'cio_id'] as const;
const E164 = /^\+[1-9]\d{6,14}$/;

export function personIdentifierProblems(identifiers: unknown, field: string): Problem[] {
  if (identifiers === undefined || identifiers === null) return [required(field)];
  if (!isObject(identifiers)) return [invalid(field, 'must be an object')];
  const names = Object.keys(identifiers);
  if (names.length === 0) return [required(field)];
  if (names.length > 1) return [invalid(field, 'exactly one identifier is allowed')];
  const kind = PERSON_IDENTIFIERS.find((kind) => kind === names[0]);
  if (kind === undefined) return [invalid(`${field}.${names[0]}`, `must be one of ${PERSON_IDENTIFIERS.join(', ')}`)];
  return identifierValueProblems(kind, identifiers[kind], `${field}.${kind}`);
}

function identifierValueProblems(kind: (typeof PERSON_IDENTIFIERS)[number], value: unknown, field: string): Problem[] {
  const text = toName(value);
  if (text === undefined) return [invalid(field, 'must be a string')];
  if (text.trim() === '') return [required(field)];
  if (isLongerThan(text, LIMITS.identifierBytes)) {
    return [invalid(field, `cannot be longer than ${LIMITS.identifierBytes} bytes`)];
  }
  if (kind === 'email' && !text.includes('@')) return [invalid(field, 'must be an email address')];
  if (kind === 'phone' && !E164.test(text)) return [invalid(field, 'must be an E.164 phone number')];
  if (kind === 'cio_id' && pidOf(text) === undefined) return [invalid(field, 'invalid identifier')];
  return [];
}

export function objectIdentifierProblems(identifiers: unknown, field: string): Problem[] {
  if (identifiers === undefined || identifiers === null) return [required(field)];
  if (!isObject(identifiers)) return [invalid(field, 'must be an object')];
  if (toName(identifiers['cio_object_id'])) return [];
  const problems: Problem[] = [];
  const typeId = toName(identifiers['object_type_id']);
  const objectId = toName(identifiers['object_id']);
  if (!typeId) problems.push(required(`${field}.object_type_id`));
  else if (!/^[1-9]\d*$/.test(typeId)) problems.push(invalid(`${field}.object_type_id`, 'must be an integer from 1'));
  if (!objectId) problems.push(required(`${field}.object_id`));
  else if (isLongerThan(objectId, LIMITS.identifierBytes)) {
    problems.push(invalid(`${field}.object_id`, `cannot be longer than ${LIMITS.identifierBytes} bytes`));
  }
  return problems;
}

export function eventNameProblems(name: unknown): Problem[] {
  if (name === undefined || name === null || name === '') return [required('name')];
  if (typeof name !== 'string') return [invalid('name', 'must be a string')];
  if (name.trim() === '') return [required('name')];
  if (isLongerThan(name, LIMITS.eventNameBytes))
    return [invalid('name', `cannot be longer than ${LIMITS.eventNameBytes} bytes`)];
  return [];
}

/** Unix seconds as a number or as digits. What the service does with anything else is unknown, so it is refused. */
export function timestampProblems(value: unknown, field: string): Problem[] {
  if (value === undefined || value === null) return [];
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
  return isNumber ? [] : [invalid(field, 'must be a unix timestamp in seconds')];
}

/** `key` is the field of the device token: `token` in v2, `id` in v1. */
export function deviceProblems(body: JsonObject, key: 'token' | 'id', needsPlatform: boolean): Problem[] {
  const device = body['device'];
  if (device === undefined || device === null) return [required('device')];
  if (!isObject(device)) return [invalid('device', 'must be an object')];
  const problems: Problem[] = [];
  if (!toName(device[key])) problems.push(required(`device.${key}`));
  if (!needsPlatform) return problems;
  if (!device['platform']) problems.push(required('device.platform'));
  else if (device['platform'] !== 'ios' && device['platform'] !== 'android') {
    problems.push(invalid('device.platform', 'must be one of ios, android'));
  }
  return [...problems, ...timestampProblems(device['last_used'], 'device.last_used')];
}
