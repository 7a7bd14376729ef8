import { operationBytes } from '../domain/chunk.ts';
import { hashPerson, isLinkedText, personsOf } from '../domain/person.ts';
import { keysInto, type WindowChunk } from './batch.ts';
import type { Links } from './links.ts';

/** Persons with a failed row. Their later rows are held back, so that a retry of the failed one never overwrites newer values. */
export interface HeldPersons {
  /** What rows have said about names of one person. */
  readonly links: Links;
  add(chunk: WindowChunk, index: number): void;
  has(chunk: WindowChunk, index: number): boolean;
}

/** Persons held in addition, until it is known whether their rows have failed for good. */
export interface HeldForNow extends HeldPersons {
  keep(): void;
}

const decoder = new TextDecoder();

/** The exact persons of one operation, parsed from its bytes: only rows that fail, or may share a person with one that did, pay for this. */
export function personsAt(chunk: WindowChunk, index: number): string[] {
  const { operations } = chunk.prepared;
  const orderingKey = operations.orderingKeys?.[index];
  if (orderingKey !== undefined) return [orderingKey];
  return personsOf(decoder.decode(operationBytes(operations, index)), operations.singles.get(index));
}

/** A set of hashes rules out almost every row; the exact strings decide the rest, except for names known by a link alone. */
export function createHeldPersons(known: readonly string[], links: Links): HeldPersons {
  const exact = new Set<string>(known);
  const hashes = new Set<number>(known.map(hashPerson));
  const linked = new Set<number>(known.filter(isLinkedText).map(hashPerson));
  const keys: number[] = [];
  return {
    links,
    add(chunk, index) {
      for (const key of links.of(keysInto(keys, chunk, index))) {
        hashes.add(key);
        linked.add(key);
      }
      for (const person of personsAt(chunk, index)) {
        exact.add(person);
        hashes.add(hashPerson(person));
      }
    },
    has(chunk, index) {
      if (hashes.size === 0) return false;
      if (!keysInto(keys, chunk, index).some((key) => hashes.has(key))) return false;
      return keys.some((key) => linked.has(key)) || personsAt(chunk, index).some((person) => exact.has(person));
    },
  };
}

export function holdForNow(held: HeldPersons): HeldForNow {
  const added: [WindowChunk, number][] = [];
  const own = createHeldPersons([], held.links);
  return {
    links: held.links,
    add(chunk, index) {
      added.push([chunk, index]);
      own.add(chunk, index);
    },
    has: (chunk, index) => own.has(chunk, index) || held.has(chunk, index),
    keep() {
      for (const [chunk, index] of added) held.add(chunk, index);
    },
  };
}
