/**
 * Who an operation is about. Order is kept per person, so two operations that may touch the same person must have a
 * person text in common: `id:7`, `email:a@b.c`, `cio_id:a3000001`, `object:1:acme`.
 */
import type { SingleRequest } from './chunk.ts';
import { RawNumber } from './raw-number.ts';

/** Keys of `identifiers` that name one person. */
export const PERSON_KINDS = ['id', 'email', 'cio_id', 'phone', 'anonymous_id'] as const;
export type PersonKind = (typeof PERSON_KINDS)[number];

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The one text of a person: e-mails are case-insensitive as identifiers (docs/customerio.md 2.4), ids are not. */
export function personText(kind: PersonKind, value: string): string {
  return `${kind}:${foldIdentifier(kind, value)}`;
}

/** A name of which only the hash is known: one that an earlier row tied to the person. It stands among person texts, which never begin so. */
export function linkedText(hash: number): string {
  return `#${hash}`;
}

export function isLinkedText(text: string): boolean {
  return text.startsWith('#');
}

/** 32 bits, never 0, of a person text, as a signed number: V8 keeps those without an object. Two persons may share them. */
export function hashPerson(text: string): number {
  if (isLinkedText(text)) return Number(text.slice(1)) | 0;
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
  return finish(kind === 'email' ? mixFolded(STARTS.email, value) : mix(STARTS[kind], foldIdentifier(kind, value)));
}

/** The texts of one person or object: what addresses it, and what an identify sets beside that. */
export type Subject = readonly string[];

/**
 * Every person text of an operation as it is sent (JSON text; for a single with its path). The keys of
 * `PackedOperations` are their hashes. Empty when the operation names nobody.
 */
export function personsOf(operation: string, single?: SingleRequest): string[] {
  return [...new Set(subjectsOf(operation, single).flat())];
}

/** The persons and objects that an operation is about. */
export function subjectsOf(operation: string, single?: SingleRequest): Subject[] {
  const parsed: unknown = operation === '' ? {} : JSON.parse(operation);
  const body = recordOf(parsed);
  return (single === undefined ? operationSubjects(body) : singleSubjects(single, body)).filter(
    (subject) => subject.length > 0,
  );
}

/** As `subjectsOf`, for a v2 operation that is parsed already. */
export function operationSubjects(operation: Readonly<Record<string, unknown>>): Subject[] {
  const { type, action } = operation;
  if (action === 'merge') return [namesIn('person', operation['primary']), namesIn('person', operation['secondary'])];
  const own = namesIn(type, operation['identifiers']);
  const aliases = type === 'person' && action === 'identify' ? personNames(recordOf(operation['attributes'])) : [];
  const others = listOf(operation['cio_relationships']).map((one) =>
    namesIn(type === 'object' ? 'person' : 'object', recordOf(one)['identifiers']),
  );
  return [[...own, ...aliases], ...others];
}

/** The persons of a v1 request: the path's identifier, then what the body adds. */
function singleSubjects(single: SingleRequest, body: Readonly<Record<string, unknown>>): Subject[] {
  const match = /^\/api\/v1\/customers\/([^/]+)(\/.*)?$/.exec(single.path);
  if (match === null)
    return [
      namesIn('person', body['primary']),
      namesIn('person', body['secondary']),
      personNames({ anonymous_id: body['anonymous_id'] }),
    ];
  const identifier = decodeURIComponent(match[1] ?? '');
  const kind = identifier.startsWith('cio_') ? 'cio_id' : identifier.includes('@') ? 'email' : 'id';
  return [
    [personText(kind, identifier), ...(single.method === 'PUT' && match[2] === undefined ? personNames(body) : [])],
  ];
}

/** An identify may also set identifiers that it is not addressed by: those are the same person from then on. */
function personNames(record: Readonly<Record<string, unknown>>): string[] {
  return PERSON_KINDS.flatMap((kind) => {
    const value = nameText(record[kind]);
    return value === '' ? [] : [personText(kind, value)];
  });
}

function namesIn(type: unknown, identifiers: unknown): string[] {
  const record = recordOf(identifiers);
  const text = (key: string): string => nameText(record[key]);
  if (type === 'delivery') return text('id') === '' ? [] : [`delivery:${text('id')}`];
  if (type !== 'object') return personNames(record);
  const names = text('cio_object_id') === '' ? [] : [`cio_object_id:${text('cio_object_id')}`];
  if (text('object_id') !== '') names.push(`object:${text('object_type_id') || '1'}:${text('object_id')}`);
  return names;
}

/** '' when it is no name. */
export function nameText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof RawNumber) return value.text;
  return typeof value === 'number' ? String(value) : '';
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

/** `mix(start, text.toLowerCase())`, without a second text where all characters are ASCII. */
function mixFolded(start: number, text: string): number {
  let hash = start;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return mix(start, text.toLowerCase());
    hash = Math.imul(hash ^ (code >= 0x41 && code <= 0x5a ? code + 0x20 : code), FNV_PRIME);
  }
  return hash;
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return mixed === 0 ? 1 : mixed;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
