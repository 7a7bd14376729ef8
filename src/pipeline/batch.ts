import { COMMA, keysEnd, keysStart, operationBytes } from '../domain/chunk.ts';
import type { PreparedChunk, SingleRequest } from '../domain/chunk.ts';
import { ENVELOPE_BYTES, ENVELOPE_CLOSE, ENVELOPE_OPEN } from '../domain/envelope.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';

/** A chunk while its rows are under way. */
export interface WindowChunk {
  /** Loses its buffers when the last of its rows is settled. */
  prepared: PreparedChunk;
  /** All its rows go one after the other: any two may be about the same person without having a name in common. */
  readonly isInOneLane?: boolean;
  /** Operations not yet settled. */
  unsettled: number;
  /** Rows left out and counted before the chunk has passed. */
  leftOut: number;
  /** Rows that can never be sent, ready for the journal. Filled in when the chunk loses its buffers. */
  invalid: readonly UndeliveredRow[];
}

/** Operations `from` to `to` (exclusive) of a chunk, side by side in its buffer. */
export interface Segment {
  readonly chunk: WindowChunk;
  readonly from: number;
  readonly to: number;
}

/** One request: operations in the order in which they must take effect. */
export interface Batch {
  readonly id: number;
  readonly segments: readonly Segment[];
  readonly count: number;
  /** Set when the only operation of this batch is a request of its own. */
  readonly single: SingleRequest | undefined;
}

const BATCH_PATH = '/api/v2/batch';

/** Row number in the source, 1 for the first data row. */
export function rowNumber(chunk: WindowChunk, index: number): number {
  return chunk.prepared.start.row + (chunk.prepared.operations.rows[index] ?? 0) + 1;
}

/** A key that all rows of chunks in one lane share. */
const EVERYBODY = -1;

/** Writes the keys of an operation into `keys`, each once, and returns it. */
export function keysInto(keys: number[], chunk: WindowChunk, index: number): readonly number[] {
  const operations = chunk.prepared.operations;
  const end = keysEnd(operations, index);
  let count = 0; // written over, and cut at the end: an emptied array would get a new store for every row
  for (let at = keysStart(operations, index); at < end; at++) {
    const key = operations.keys[at] ?? 0;
    const known = keys.indexOf(key);
    if (known === -1 || known >= count) keys[count++] = key;
  }
  if (chunk.isInOneLane === true) keys[count++] = EVERYBODY;
  if (keys.length !== count) keys.length = count;
  return keys;
}

/** Calls `visit` for every operation, in the order of the batch. */
export function eachOperation(
  batch: Pick<Batch, 'segments'>,
  visit: (chunk: WindowChunk, index: number) => void,
): void {
  for (const { chunk, from, to } of batch.segments) for (let index = from; index < to; index++) visit(chunk, index);
}

/**
 * Method, path and bytes of a batch. Each operation was serialised once, so a retry is byte-identical. The bytes are a copy: the
 * network may still be reading them after the answer, when the chunk's buffers already hold other rows.
 */
export function requestOf(batch: Batch): { method: 'PUT' | 'POST' | 'DELETE'; path: string; body: Uint8Array } {
  const slices = batch.segments.map(({ chunk, from, to }) => operationBytes(chunk.prepared.operations, from, to));
  if (batch.single) return { ...batch.single, body: slices[0]?.slice() ?? new Uint8Array() };
  const size = slices.reduce((sum, slice) => sum + slice.length + 1, ENVELOPE_BYTES - 1);
  const body = new Uint8Array(size);
  body.set(ENVELOPE_OPEN, 0);
  let at = ENVELOPE_OPEN.length;
  slices.forEach((slice, i) => {
    if (i > 0) body[at++] = COMMA;
    body.set(slice, at);
    at += slice.length;
  });
  body.set(ENVELOPE_CLOSE, at);
  return { method: 'POST', path: BATCH_PATH, body };
}

/** The first `count` operations of a batch, and the rest; both keep its id. */
export function splitBatch(batch: Batch, count: number): [Batch, Batch] {
  const head: Segment[] = [];
  const tail: Segment[] = [];
  let left = count;
  for (const segment of batch.segments) {
    const length = segment.to - segment.from;
    if (left >= length) head.push(segment);
    else if (left <= 0) tail.push(segment);
    else {
      head.push({ ...segment, to: segment.from + left });
      tail.push({ ...segment, from: segment.from + left });
    }
    left -= length;
  }
  return [
    { ...batch, segments: head, count },
    { ...batch, segments: tail, count: batch.count - count },
  ];
}

/** The batch without the operations for which `leave` returns true. */
export function withoutOperations(batch: Batch, leave: (chunk: WindowChunk, index: number) => boolean): Batch {
  const segments: Segment[] = [];
  eachOperation(batch, (chunk, index) => {
    if (leave(chunk, index)) return;
    const last = segments.at(-1);
    if (last && last.chunk === chunk && last.to === index) segments[segments.length - 1] = { ...last, to: index + 1 };
    else segments.push({ chunk, from: index, to: index + 1 });
  });
  return { ...batch, segments, count: segments.reduce((sum, s) => sum + s.to - s.from, 0) };
}
