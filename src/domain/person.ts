/**
 * Who an operation is about. Order is kept per person, so two operations that may touch the same person must have a
 * person text in common: `id:7`, `email:a@b.c`, `cio_id:a3000001`, `object:1:acme`.
 */
import type { SingleRequest } from './chunk.ts';

/** Keys of `identifiers` that name one person. */
export const PERSON_KINDS = ['id', 'email', 'cio_id', 'phone', 'anonymous_id'] as const;
export type PersonKind = (typeof PERSON_KINDS)[number];

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The one text of a person: e-mails are case-insensitive as identifiers (API reference 2.4), ids are not. */
export function personText(kind: PersonKind, value: string): string {
  return `${kind}:${foldIdentifier(kind, value)}`;
}

/** 32 bits, never 0, of a person text. Two persons may share them. */
export function hashPerson(text: string): number {
  return finish(mix(FNV_START, text));
}

const STARTS = {
  id: mix(FNV_START, 'id:'),
  email: mix(FNV_START, 'email:'),
  cio_id: mix(FNV_START, 'cio_id:'),
  phone: mix(FNV_START, 'phone:'),
  anonymous_id: mix(FNV_START, 'anonymous_id:'),
} satisfies Record<PersonKind, number>;

/** `hashPerson(personText(kind, value))` without building the text. */
export function hashIdentifier(kind: PersonKind, value: string): number {
  return finish(mix(STARTS[kind], foldIdentifier(kind, value)));
}

/**
 * Every person text of an operation as it is sent (JSON text; for a single with its path). The keys of
 * `PackedOperations` are hashes of the first two. Empty when the operation names nobody.
 */
export function personsOf(operation: string, single?: SingleRequest): string[] {
  const parsed: unknown = operation === '' ? {} : JSON.parse(operation);
  const body = recordOf(parsed);
  return single === undefined ? operationPersons(body) : singlePersons(single, body);
}

/** As `personsOf`, for a v2 operation that is parsed already. */
export function operationPersons(operation: Readonly<Record<string, unknown>>): string[] {
  const type = operation['type'];
  const persons: string[] = [];
  if (operation['action'] === 'merge') {
    add(persons, identifiersText('person', operation['primary']));
    add(persons, identifiersText('person', operation['secondary']));
    return persons;
  }
  add(persons, identifiersText(type, operation['identifiers']));
  if (type === 'person' && operation['action'] === 'identify') addAliases(persons, recordOf(operation['attributes']));
  for (const relationship of listOf(operation['cio_relationships'])) {
    add(persons, identifiersText(type === 'object' ? 'person' : 'object', recordOf(relationship)['identifiers']));
  }
  return persons;
}

/** The persons of a v1 request: the path's identifier, then what the body adds. */
function singlePersons(single: SingleRequest, body: Readonly<Record<string, unknown>>): string[] {
  const persons: string[] = [];
  const match = /^\/api\/v1\/customers\/([^/]+)(\/.*)?$/.exec(single.path);
  if (match === null) {
    for (const side of ['primary', 'secondary']) add(persons, identifiersText('person', body[side]));
    add(persons, identifiersText('person', { anonymous_id: body['anonymous_id'] }));
    return persons;
  }
  const identifier = decodeURIComponent(match[1] ?? '');
  const kind = identifier.startsWith('cio_') ? 'cio_id' : identifier.includes('@') ? 'email' : 'id';
  add(persons, personText(kind, identifier));
  if (single.method === 'PUT' && match[2] === undefined) addAliases(persons, body);
  return persons;
}

/** An identify may also set the identifiers that it is not addressed by: those are the same person from then on. */
function addAliases(persons: string[], attributes: Readonly<Record<string, unknown>>): void {
  for (const kind of ['id', 'email', 'cio_id', 'phone', 'anonymous_id'] as const) {
    const value = attributes[kind];
    if (typeof value === 'string' && value !== '') add(persons, personText(kind, value));
  }
}

function identifiersText(type: unknown, identifiers: unknown): string | null {
  const record = recordOf(identifiers);
  const text = (key: string): string | null => {
    const value = record[key];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  if (type === 'delivery') return text('id') === null ? null : `delivery:${text('id')}`;
  if (type === 'object') {
    const cioObjectId = text('cio_object_id');
    if (cioObjectId !== null) return `cio_object_id:${cioObjectId}`;
    return text('object_id') === null ? null : `object:${text('object_type_id') ?? '1'}:${text('object_id')}`;
  }
  for (const kind of PERSON_KINDS) {
    const value = text(kind);
    if (value !== null) return personText(kind, value);
  }
  return null;
}

function add(persons: string[], person: string | null): void {
  if (person !== null && !persons.includes(person)) persons.push(person);
}

function foldIdentifier(kind: PersonKind, value: string): string {
  if (kind === 'email') return value.toLowerCase();
  return kind === 'cio_id' && value.startsWith('cio_') ? value.slice(4) : value;
}

/** FNV-1a over UTF-16 units: quick, and not kept anywhere, so that it may change. */
function mix(start: number, text: string): number {
  let hash = start;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return hash;
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return mixed === 0 ? 1 : mixed >>> 0;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
