import type { PreparedChunk } from '../domain/chunk.ts';
import { CioBulkError } from '../domain/errors.ts';
import { PERSON_PREFIX, personId } from '../domain/loadtest.ts';
import { addressMask, kindsOfMask } from '../domain/kinds.ts';
import { hashIdentifier } from '../domain/person.ts';

const CHUNK_PEOPLE = 5_000;
const RUN_ID = /^[a-z0-9]{4,40}$/;

/** In place of a file's hash: these rows are counted, not read. */
const GENERATED = 'generated';

/**
 * Delete operations for the test people n = `from` to `maxN` of a load test, as chunks for the pipeline. Row n+1 is person n.
 * Never suppresses, which would block the ids for good. It cannot produce an id without our prefix.
 */
export async function* deleteChunks(run: string, from: number, maxN: number): AsyncGenerator<PreparedChunk> {
  if (!RUN_ID.test(run)) throw new CioBulkError('guard', `${JSON.stringify(run)} is not the id of a load test`);
  for (let first = from; first <= maxN; first += CHUNK_PEOPLE) yield deleteChunk(run, first, Math.min(maxN, first + CHUNK_PEOPLE - 1));
}

function deleteChunk(run: string, first: number, last: number): PreparedChunk {
  const count = last - first + 1;
  const keys = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const operations: string[] = [];
  let end = -1;
  for (let i = 0; i < count; i++) {
    const id = personId(run, first + i);
    if (!id.startsWith(PERSON_PREFIX)) throw new CioBulkError('guard', 'an id without the prefix of test people is never deleted');
    const operation = `{"type":"person","identifiers":{"id":"${id}"},"action":"delete"}`;
    operations.push(operation);
    end += operation.length + 1; // ids are ASCII: characters are bytes
    ends[i] = end;
    keys[i] = hashIdentifier('id', id);
  }
  return {
    start: { row: first, line: 0, offset: first, hash: GENERATED },
    end: { row: last + 1, line: 0, offset: last + 1, hash: GENERATED },
    rows: count,
    operations: { count, rows: Uint32Array.from({ length: count }, (_, i) => i), keys, keyEnds: Uint32Array.from({ length: count }, (_, i) => i + 1), kinds: kindsOfMask(addressMask('id')), ends, body: new TextEncoder().encode(operations.join(',')), singles: new Map(), guarded: new Set() },
    invalid: [],
    skipped: {},
    raw: new Uint8Array(),
    warnings: [],
  };
}
