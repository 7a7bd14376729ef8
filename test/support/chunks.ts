import type { WindowChunk } from '../../src/domain/batch.ts';
import type { PreparedChunk, SingleRequest } from '../../src/domain/chunk.ts';
import { kindsOfSent } from '../../src/domain/kinds.ts';
import { hashPerson } from '../../src/domain/person.ts';

/** One operation of a made-up chunk. */
export interface MadeRow {
  /** Person texts such as `id:7`: they give the keys. */
  readonly persons: readonly string[];
  /** JSON of the operation; absent: an identify of the first person. */
  readonly body?: string;
  readonly single?: SingleRequest;
  readonly guarded?: boolean;
}

/** A chunk of consecutive rows behind `startRow`, every one of them an operation. */
export function chunkOf(startRow: number, rows: readonly MadeRow[], rest: Partial<PreparedChunk> = {}): PreparedChunk {
  const bodies = rows.map((row, i) => row.body ?? identify(row.persons, startRow + i + 1));
  const keys: number[] = [];
  const keyEnds = new Uint32Array(rows.length);
  const ends = new Uint32Array(rows.length);
  let end = -1;
  rows.forEach(({ persons }, i) => {
    keys.push(...persons.map(hashPerson));
    keyEnds[i] = keys.length;
    ends[i] = end += Buffer.byteLength(bodies[i] ?? '') + 1;
  });
  return {
    start: { row: startRow, line: startRow, offset: startRow * 10, hash: `h${startRow}` },
    end: { row: startRow + rows.length, line: startRow + rows.length, offset: (startRow + rows.length) * 10, hash: `h${startRow + rows.length}` },
    rows: rows.length,
    operations: {
      count: rows.length,
      rows: Uint32Array.from(rows, (_, i) => i),
      keys: Uint32Array.from(keys),
      keyEnds,
      kinds: rows.reduce((kinds, { persons, single }, i) => kinds | kindsOfSent(persons, () => bodies[i] ?? '', single), 0),
      ends,
      body: new TextEncoder().encode(bodies.join(',')),
      singles: new Map(rows.flatMap(({ single }, i) => (single ? [[i, single] as const] : []))),
      guarded: new Set(rows.flatMap(({ guarded }, i) => (guarded === true ? [i] : []))),
    },
    invalid: [],
    skipped: {},
    raw: new Uint8Array(),
    warnings: [],
    ...rest,
  };
}

export function windowChunkOf(startRow: number, rows: readonly MadeRow[]): WindowChunk {
  return { prepared: chunkOf(startRow, rows), unsettled: rows.length, invalid: [] };
}

/** An identify addressed to the first person, which sets the second one's identifier, and carries the row number. */
export function identify(persons: readonly string[], n: number): string {
  const [first = 'id:nobody', second] = persons;
  const attributes = { n, ...(second === undefined ? {} : identifierOf(second)) };
  return JSON.stringify({ type: 'person', action: 'identify', identifiers: identifierOf(first), attributes });
}

export function merge(persons: readonly string[]): string {
  return JSON.stringify({ type: 'person', action: 'merge', primary: identifierOf(persons[0] ?? ''), secondary: identifierOf(persons[1] ?? '') });
}

export function event(person: string, n: number): string {
  return JSON.stringify({ type: 'person', action: 'event', name: 'happened', identifiers: identifierOf(person), attributes: { n } });
}

function identifierOf(person: string): Record<string, string> {
  const at = person.indexOf(':');
  return { [person.slice(0, at)]: person.slice(at + 1) };
}
