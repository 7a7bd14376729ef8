import { chunkWithoutText, packOperations } from '../domain/chunk.ts';
import type { LooseOperation, Position, PreparedChunk } from '../domain/chunk.ts';
import { CioBulkError } from '../domain/errors.ts';
import { PERSON_PREFIX, personId } from '../domain/loadtest.ts';
import { addressMask, kindsOfMask } from '../domain/kinds.ts';
import { hashIdentifier } from '../domain/person.ts';

const CHUNK_PEOPLE = 5_000;
/** Everybody is addressed by id. */
const KINDS = kindsOfMask(addressMask('id'));
const RUN_ID = /^[a-z0-9]{4,40}$/;

/** In place of a file's hash: these rows are counted, not read. */
const GENERATED = 'generated';

/**
 * Delete operations for the test people n = `from` to `maxN` of a load test, as chunks for the pipeline. Row n+1 is person n.
 * Never suppresses, which would block the ids for good. It cannot produce an id without our prefix.
 */
export async function* deleteChunks(run: string, from: number, maxN: number): AsyncGenerator<PreparedChunk> {
  if (!RUN_ID.test(run)) throw new CioBulkError('guard', `${JSON.stringify(run)} is not the id of a load test`);
  for (let first = from; first <= maxN; first += CHUNK_PEOPLE)
    yield deleteChunk(run, first, Math.min(maxN, first + CHUNK_PEOPLE - 1));
}

function deleteChunk(run: string, first: number, last: number): PreparedChunk {
  const encoder = new TextEncoder();
  const deletions = Array.from({ length: last - first + 1 }, (_, row): LooseOperation => {
    const id = personId(run, first + row);
    if (!id.startsWith(PERSON_PREFIX))
      throw new CioBulkError('guard', 'an id without the prefix of test people is never deleted');
    const bytes = encoder.encode(`{"type":"person","identifiers":{"id":"${id}"},"action":"delete"}`);
    return { row, bytes, keys: [hashIdentifier('id', id)], kinds: KINDS };
  });
  return chunkWithoutText(placeOf(first), placeOf(last + 1), packOperations(deletions));
}

function placeOf(row: number): Position {
  return { row, line: 0, offset: row, hash: GENERATED };
}
