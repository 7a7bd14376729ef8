/** Requests of the Track API v1: one operation each, the person in the path (API reference, section 2). */
import type { SingleRequest } from '../../domain/chunk.ts';
import type { PersonKind } from '../../domain/person.ts';

/**
 * Why v1 cannot address this person, or null when it can. The service guesses from the shape of the path what kind of
 * identifier it is (2.4): one that looks like another kind would reach somebody else.
 */
export function v1Fault(kind: PersonKind, value: string): string | null {
  if (kind === 'phone') return 'v1 cannot address a person by phone';
  if (value === '.' || value === '..') return `an ${kind} of dots cannot stand in a v1 path`;
  if (kind === 'id' && value.includes('@')) return 'an id that looks like an e-mail cannot be addressed through v1';
  if (kind === 'email' && !value.includes('@')) return 'an e-mail without @ cannot be addressed through v1';
  if ((kind === 'id' || kind === 'email') && value.startsWith('cio_')) {
    return `an ${kind} that begins with cio_ cannot be addressed through v1`;
  }
  return null;
}

/** `/api/v1/customers/<identifier>`, encoded as the vendor's SDK does. */
export function customerPath(kind: PersonKind, value: string): string {
  return `/api/v1/customers/${encodeURIComponent(kind === 'cio_id' ? `cio_${value}` : value)}`;
}

export function v1Identify(kind: PersonKind, value: string): SingleRequest {
  return { method: 'PUT', path: customerPath(kind, value) };
}

export function v1Event(kind: PersonKind, value: string): SingleRequest {
  return { method: 'POST', path: kind === 'anonymous_id' ? '/api/v1/events' : `${customerPath(kind, value)}/events` };
}

export function v1Action(action: 'delete' | 'suppress' | 'unsuppress', kind: PersonKind, value: string): SingleRequest {
  const path = customerPath(kind, value);
  return action === 'delete' ? { method: 'DELETE', path } : { method: 'POST', path: `${path}/${action}` };
}
