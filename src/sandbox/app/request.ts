import type { Call } from '../http/call.ts';
import { isObject, parseJson, type JsonObject } from '../store/json.ts';
import { cioIdOf, type IdentifierKind, type Person, type PersonKey } from '../store/people.ts';

const KINDS = ['id', 'email', 'phone', 'cio_id'] as const satisfies readonly IdentifierKind[];

/** The person in `/customers/:identifier`, by `id_type` (default id); undefined if the id_type is unknown. */
export function keyInPath(call: Call): PersonKey | undefined {
  const wanted = call.query.get('id_type') ?? 'id';
  const kind = KINDS.find((kind) => kind === wanted);
  return kind === undefined ? undefined : { kind, value: call.params['identifier'] ?? '' };
}

export interface Page {
  /** The last row of the previous page. */
  readonly after: number;
  readonly limit: number;
}

/** `start` is the `next` of the previous page; it is opaque to clients. */
export function pageOf(call: Call, limitDefault: number, limitMax: number): Page {
  const limit = Math.floor(Number(call.query.get('limit') ?? limitDefault)) || limitDefault;
  const after = Number.parseInt(call.query.get('start') ?? '', 36) || 0;
  return { after, limit: Math.min(Math.max(limit, 1), limitMax) };
}

export function toNext(lastRow: number | undefined, isMore: boolean): string {
  return isMore && lastRow !== undefined ? lastRow.toString(36) : '';
}

export function bodyOf(call: Call): JsonObject | undefined {
  try {
    const body = parseJson(call.body.toString('utf8'));
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

export function identifiersOf(person: Pick<Person, 'pid' | 'id' | 'email'>): JsonObject {
  return { cio_id: cioIdOf(person.pid), id: person.id ?? '', email: person.email ?? '' };
}
