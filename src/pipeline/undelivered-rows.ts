import { operationBytes } from '../domain/chunk.ts';
import type { PreparedChunk } from '../domain/chunk.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import type { Undelivered } from '../domain/outcome.ts';
import { linkedText } from '../domain/person.ts';
import { keysInto, rowNumber, type WindowChunk } from './batch.ts';
import type { UndeliveredOperation } from './deliver.ts';
import { personsAt } from './held.ts';
import type { Links } from './links.ts';

/** Finds the text and the physical line of rows again, by their index in the chunk. The indexes ascend. */
export type RecordFinder = (
  chunk: PreparedChunk,
  indexes: readonly number[],
) => readonly { readonly text: string; readonly line: number }[];

/** Turns rows that did not arrive into what the journal keeps of them. Their text is looked up only here, a chunk at a time. */
export function createUndelivered(
  findRecords: RecordFinder,
  links: Links,
): {
  ofItems(items: readonly UndeliveredOperation[]): UndeliveredRow[];
  /** Rows of the chunk that can never be sent. To be asked while the chunk still has its text; it remembers them. */
  invalidOf(chunk: WindowChunk): readonly UndeliveredRow[];
} {
  function ofChunk(chunk: WindowChunk, items: readonly UndeliveredOperation[]): UndeliveredRow[] {
    const { rows } = chunk.prepared.operations;
    // In a batch, the rows of a chunk may be in another order than in the chunk.
    const ascending = items.toSorted((a, b) => a.index - b.index);
    const records = findRecords(
      chunk.prepared,
      ascending.map(({ index }) => rows[index] ?? 0),
    );
    return ascending.map(({ index, outcome }, i) => {
      const persons = [...personsAt(chunk, index), ...links.of(keysInto([], chunk, index)).map(linkedText)];
      return { ...toRow(chunk, index, outcome, records[i]), persons };
    });
  }

  return {
    ofItems(items) {
      const byChunk = new Map<WindowChunk, UndeliveredOperation[]>();
      for (const item of items) {
        const group = byChunk.get(item.chunk);
        if (group) group.push(item);
        else byChunk.set(item.chunk, [item]);
      }
      return [...byChunk].flatMap(([chunk, group]) => ofChunk(chunk, group));
    },
    invalidOf(chunk) {
      const { prepared } = chunk;
      if (prepared.invalid.length === 0 || chunk.invalid.length > 0) return chunk.invalid;
      const records = findRecords(
        prepared,
        prepared.invalid.map(({ index }) => index),
      );
      return prepared.invalid.map((fault, i) => ({
        row: prepared.start.row + fault.index + 1,
        line: records[i]?.line ?? 0,
        state: 'invalid',
        code: fault.code,
        reason: fault.message,
        column: fault.column ?? null,
        field: fault.field ?? null,
        persons: [],
        payload: null,
        single: null,
        record: records[i]?.text ?? '',
      }));
    },
  };
}

function toRow(
  chunk: WindowChunk,
  index: number,
  outcome: Undelivered,
  record: { readonly text: string; readonly line: number } | undefined,
): Omit<UndeliveredRow, 'persons'> {
  const single = chunk.prepared.operations.singles.get(index);
  return {
    row: rowNumber(chunk, index),
    line: record?.line ?? 0,
    state: outcome.state,
    code: outcome.code,
    reason: outcome.reason,
    column: null,
    field: null,
    payload: operationBytes(chunk.prepared.operations, index).slice(),
    single: single ? `${single.method} ${single.path}` : null,
    record: record?.text ?? '',
  };
}
