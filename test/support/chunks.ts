import { chunkWithoutText, packOperations } from '../../src/domain/chunk.ts';
import type { Position, PreparedChunk, SingleRequest } from '../../src/domain/chunk.ts';
import { kindsOfSent } from '../../src/domain/kinds.ts';
import { hashPerson } from '../../src/domain/person.ts';
import type { WindowChunk } from '../../src/pipeline/batch.ts';

/** One operation of a made-up chunk. */
export interface MadeRow {
  /** Person texts such as `id:7`: they give the keys. */
  readonly persons: readonly string[];
  /** JSON of the operation; absent: an identify of the first person. */
  readonly body?: string;
  readonly single?: SingleRequest;
  readonly guarded?: boolean;
}

/** A chunk of consecutive rows after `startRow`, every one of them an operation. */
export function chunkOf(startRow: number, rows: readonly MadeRow[], rest: Partial<PreparedChunk> = {}): PreparedChunk {
  const operations = rows.map(({ persons, body, single, guarded }, row) => {
    const text = body ?? identify(persons, startRow + row + 1);
    return {
      row,
      bytes: Buffer.from(text),
      keys: persons.map(hashPerson),
      kinds: kindsOfSent(persons, () => text, single),
      single,
      isGuarded: guarded === true,
    };
  });
  return {
    ...chunkWithoutText(placeAt(startRow), placeAt(startRow + rows.length), packOperations(operations)),
    ...rest,
  };
}

function placeAt(row: number): Position {
  return { row, line: row, offset: row * 10, hash: `h${row}` };
}

export function windowChunkOf(startRow: number, rows: readonly MadeRow[]): WindowChunk {
  return { prepared: chunkOf(startRow, rows), unsettled: rows.length, leftOut: 0, invalid: [] };
}

/** An identify addressed to the first person, which sets the second one's identifier, and carries the row number. */
export function identify(persons: readonly string[], n: number): string {
  const [first = 'id:nobody', second] = persons;
  const attributes = { n, ...(second === undefined ? {} : identifierOf(second)) };
  return JSON.stringify({ type: 'person', action: 'identify', identifiers: identifierOf(first), attributes });
}

export function merge(persons: readonly string[]): string {
  return JSON.stringify({
    type: 'person',
    action: 'merge',
    primary: identifierOf(persons[0] ?? ''),
    secondary: identifierOf(persons[1] ?? ''),
  });
}

export function event(person: string, n: number): string {
  return JSON.stringify({
    type: 'person',
    action: 'event',
    name: 'happened',
    identifiers: identifierOf(person),
    attributes: { n },
  });
}

function identifierOf(person: string): Record<string, string> {
  const at = person.indexOf(':');
  return { [person.slice(0, at)]: person.slice(at + 1) };
}
