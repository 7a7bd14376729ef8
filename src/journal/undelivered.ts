import { chunkWithoutText, packOperations } from '../domain/chunk.ts';
import type { PreparedChunk, SingleRequest } from '../domain/chunk.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import { kindsOfSent } from '../domain/kinds.ts';
import { hashPerson } from '../domain/person.ts';
import type { Journal } from './open.ts';

const PAGE_ROWS = 1000;
const NO_BYTES = new Uint8Array();
const NO_POSITION = { row: 0, line: 0, offset: 0, hash: '' };

interface StoredRow {
  readonly row: number;
  readonly line: number;
  readonly state: UndeliveredState;
  readonly code: string;
  readonly reason: string;
  readonly column_number: number | null;
  readonly field: string | null;
  readonly persons: string;
  readonly payload: Buffer | null;
  readonly single: string | null;
  readonly record: string;
  readonly intent: number | null;
}

/** As the journal holds it: `isInDoubt` when it was sent since, and the answer was never heard. */
export interface StoredUndelivered extends UndeliveredRow {
  readonly isInDoubt: boolean;
}

/** Undelivered rows of a run in source order, page by page. Reads short: no transaction stays open between pages. */
export function* undeliveredRows(journal: Journal, runId: number, states: readonly UndeliveredState[], afterRow = 0): Generator<StoredUndelivered> {
  const page = journal.prepare<unknown[], StoredRow>(
    `SELECT * FROM undelivered WHERE run = ? AND row > ? AND state IN (${states.map(() => '?').join(',')}) ORDER BY row LIMIT ${PAGE_ROWS}`,
  );
  for (let after = afterRow; ; ) {
    const rows = page.all(runId, after, ...states);
    for (const stored of rows) {
      const { column_number: column, persons, intent, ...row } = stored;
      yield { ...row, column, persons: JSON.parse(persons) as string[], isInDoubt: intent !== null };
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_ROWS) return;
    after = last.row;
  }
}

/** How many undelivered rows there are, by state and code. */
export function countUndelivered(journal: Journal, runId: number): { state: UndeliveredState; code: string; count: number }[] {
  return journal
    .prepare<[number], { state: UndeliveredState; code: string; count: number }>(
      'SELECT state, code, count(*) AS count FROM undelivered WHERE run = ? GROUP BY state, code ORDER BY count DESC, code',
    )
    .all(runId);
}

/** Whether nothing of a run's failed rows can go out before recent events are allowed: they are such events, or wait behind one. */
export function waitsForLeave(journal: Journal, runId: number): boolean {
  const failed = countUndelivered(journal, runId).filter(({ state }) => state === 'failed');
  return failed.some(({ code }) => code === 'would_trigger') && failed.every(({ code }) => code === 'would_trigger' || code === 'behind_failed');
}

/** The latest run (of a workspace, if one is named) that has undelivered rows in one of these states. What --restart gave up is left out. */
export function latestRunWithUndelivered(journal: Journal, workspace: string | undefined, states: readonly UndeliveredState[]): number | undefined {
  const counted = states.map((state) => `${state} > 0`).join(' OR '); // of a closed set of names
  return journal
    .prepare<[string | null, string | null], number>(`SELECT id FROM runs WHERE (? IS NULL OR workspace = ?) AND state != 'abandoned' AND (${counted}) ORDER BY id DESC LIMIT 1`)
    .pluck()
    .get(workspace ?? null, workspace ?? null);
}

/**
 * Undelivered rows as chunks for the pipeline: the stored bytes go out unchanged, with the same ULIDs, in source order.
 * Rows without a payload (invalid ones) are left out. `isGuarded` rows hold back their person's later rows.
 */
export async function* retryChunks(
  journal: Journal,
  runId: number,
  states: readonly UndeliveredState[],
  isGuarded: (row: UndeliveredRow) => boolean,
  isWanted: (row: number) => boolean = () => true,
): AsyncGenerator<PreparedChunk> {
  let page: UndeliveredRow[] = [];
  for (const row of undeliveredRows(journal, runId, states)) {
    if (row.payload === null || !isWanted(row.row)) continue;
    page.push(row);
    if (page.length < PAGE_ROWS) continue;
    yield packRows(page, isGuarded);
    page = [];
  }
  if (page.length > 0) yield packRows(page, isGuarded);
}

/** A chunk of stored operations. Its rows keep their numbers in the source. */
function packRows(rows: readonly UndeliveredRow[], isGuarded: (row: UndeliveredRow) => boolean): PreparedChunk {
  const operations = rows.map((row) => {
    const bytes = row.payload ?? NO_BYTES;
    const single = row.single === null ? undefined : parseSingle(row.single);
    const kinds = kindsOfSent(row.persons, () => Buffer.from(bytes).toString(), single);
    return { row: row.row - 1, bytes, keys: row.persons.map(hashPerson), kinds, single, isGuarded: isGuarded(row) };
  });
  return chunkWithoutText(NO_POSITION, NO_POSITION, packOperations(operations));
}

/** Where a row of the run stands in its source, and its text; for chunks of `retryChunks`, whose rows are numbered by the run. */
export function storedRecords(journal: Journal, runId: number): (chunk: PreparedChunk, indexes: readonly number[]) => { readonly text: string; readonly line: number }[] {
  const find = journal.prepare<[number, number], { text: string; line: number }>('SELECT record AS text, line FROM undelivered WHERE run = ? AND row = ?');
  return (_chunk, indexes) => indexes.map((index) => find.get(runId, index + 1) ?? { text: '', line: 0 });
}

function parseSingle(text: string): SingleRequest | undefined {
  const [method, path] = text.split(' ');
  return (method === 'PUT' || method === 'POST' || method === 'DELETE') && path !== undefined ? { method, path } : undefined;
}
