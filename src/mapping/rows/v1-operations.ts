/** The v2 operations that the Track API v1 has a request for, beyond the common ones of v1.ts. */
import type { SingleRequest } from '../../domain/chunk.ts';
import { PERSON_KINDS } from '../../domain/person.ts';
import { jsonText } from '../values/json-text.ts';
import { isRecord, scalarText } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { customerPath, v1Fault } from './v1.ts';

/** What an operation looks like through v1. */
export interface V1Request {
  readonly single: SingleRequest & { readonly method: 'PUT' | 'POST' | 'DELETE' };
  readonly body: string;
}

/** The request of a validated operation, or why v1 has none. */
export function v1Operation(operation: JsonRecord): V1Request | string {
  const { action, device } = operation;
  if (action === 'merge') {
    return {
      single: { method: 'POST', path: '/api/v1/merge_customers' },
      body: jsonText({ primary: operation['primary'], secondary: operation['secondary'] }),
    };
  }
  if ((action !== 'add_device' && action !== 'delete_device') || !isRecord(device)) {
    return `${String(operation['type'])} ${String(action)} is only available through v2: use --api v2`;
  }
  const identifiers = isRecord(operation['identifiers']) ? operation['identifiers'] : {};
  const kind = PERSON_KINDS.find((candidate) => Object.hasOwn(identifiers, candidate)) ?? 'id';
  const value = scalarText(identifiers[kind]) ?? '';
  if (value === '') return 'the operation has no usable identifier';
  const fault = v1Fault(kind, value);
  if (fault !== null) return `${fault}: use --api v2`;
  const path = `${customerPath(kind, value)}/devices`;
  const { token, ...rest } = device;
  // What v2 calls a device's token is its id in v1 (docs/customerio.md 3.2).
  if (action === 'add_device')
    return { single: { method: 'PUT', path }, body: jsonText({ device: { id: token, ...rest } }) };
  return { single: { method: 'DELETE', path: `${path}/${encodeURIComponent(scalarText(token) ?? '')}` }, body: '' };
}
