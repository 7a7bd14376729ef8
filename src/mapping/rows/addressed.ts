import { addressMask, aliasMask, kindsOfMask, kindsOfSubjects } from '../../domain/kinds.ts';
import {
  hashIdentifier,
  hashPerson,
  nameText,
  operationSubjects,
  type PersonKind,
  type Subject,
} from '../../domain/person.ts';
import type { JsonRecord } from '../values/json-values.ts';
import type { Packer } from './packer.ts';
import type { Names } from './writer.ts';

/** Whom an operation is about, as the lanes need to know it (`PackedOperations`). */
export interface Addressed {
  /** Hashes of all names. */
  readonly keys: readonly number[];
  readonly kinds: number;
}

/** The person of the operation at work. One object serves all rows, so that none allocates one. */
export interface Person extends Addressed {
  readonly keys: number[];
  kinds: number;
  /** The kinds of its names, as a mask of domain/kinds.ts. */
  mask: number;
  /** Of `keys`, while names are added: those behind belong to the row before, and are cut off at the end. */
  keyCount: number;
}

export function createPerson(): Person {
  return { keys: [], kinds: 0, mask: 0, keyCount: 0 };
}

/** A person by its address alone. */
export function address(person: Person, kind: PersonKind, value: string): void {
  begin(person, kind, value);
  end(person);
}

/** A person by its address and by all names that an identify sets. */
export function addressAll(person: Person, kind: PersonKind, value: string, names: Names): void {
  begin(person, kind, value);
  addName(person, 'id', names.id);
  addName(person, 'email', names.email);
  addName(person, 'cio_id', names.cio_id);
  addName(person, 'phone', names.phone);
  addName(person, 'anonymous_id', names.anonymous_id);
  end(person);
}

function begin(person: Person, kind: PersonKind, value: string): void {
  person.keys[0] = hashIdentifier(kind, value);
  person.keyCount = 1;
  person.mask = addressMask(kind);
}

function addName(person: Person, kind: PersonKind, name: unknown): void {
  if (name === undefined || name === '') return;
  const text = nameText(name);
  if (text === '') return;
  const key = hashIdentifier(kind, text);
  const known = person.keys.indexOf(key);
  if (known === -1 || known >= person.keyCount) person.keys[person.keyCount++] = key;
  person.mask |= aliasMask(kind);
}

function end(person: Person): void {
  // Only when it changes, which it hardly ever does in a file: setting a length costs as much as a hash.
  if (person.keys.length !== person.keyCount) person.keys.length = person.keyCount;
  person.kinds = kindsOfMask(person.mask);
}

/** The persons and objects of any operation of v2; null when none of them can be told (and the row is settled as invalid). */
export function subjectsOrInvalid(operation: JsonRecord, packer: Packer): readonly Subject[] | null {
  const subjects = operationSubjects(operation).filter((subject) => subject.length > 0);
  if (subjects.length > 0) return subjects;
  packer.invalid('no_identifier', 'the operation has no usable identifier', undefined, 'identifiers');
  return null;
}

export function addressedBy(subjects: readonly Subject[]): Addressed {
  return { keys: [...new Set(subjects.flat().map(hashPerson))], kinds: kindsOfSubjects(subjects) };
}
