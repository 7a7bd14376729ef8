import { chunkWithoutText, packOperations } from '../domain/chunk.ts';
import type { PreparedChunk, SingleRequest } from '../domain/chunk.ts';
import type { UndeliveredRow } from '../domain/ledger.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import { kindsOfSent } from '../domain/kinds.ts';
import { hashPerson } from '../domain/person.ts';
import type { Journal } from './journal.ts';

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

/** A row as stored. `isInDoubt` if a retry has sent it and died before it recorded the answer. */
export interface StoredUndelivered extends UndeliveredRow {
  readonly isInDoubt: boolean;
}

/** Undelivered rows of a run in source order, read page by page: no transaction stays open between pages. */
export function* undeliveredRows(
  journal: Journal,
  runId: number,
  states: readonly UndeliveredState[],
  afterRow = 0,
): Generator<StoredUndelivered> {
  const page = journal.prepare<unknown[], StoredRow>(
    `SELECT * FROM undelivered WHERE run = ? AND row > ? AND state IN (${states.map(() => '?').join(',')}) ORDER BY row LIMIT ${PAGE_ROWS}`,
  );
  for (let after = afterRow; ;) {
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

export type InsertUndelivered = (row: UndeliveredRow) => void;

export function undeliveredInsert(journal: Journal, runId: number): InsertUndelivered {
  const insert = journal.prepare(
    `INSERT INTO undelivered (run, row, line, state, code, reason, column_number, field, persons, payload, single, record)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return ({ row, line, state, code, reason, column, field, persons, payload, single, record }) =>
    void insert.run(
      runId,
      row,
      line,
      state,
      code,
      reason,
      column,
      field,
      JSON.stringify(persons),
      payload,
      single,
      record,
    );
}

/** The persons of failed rows. Their later rows are held back. */
export function failedPersons(journal: Journal, runId: number): string[] {
  const lists = journal
    .prepare<[number], string>("SELECT DISTINCT persons FROM undelivered WHERE run = ? AND state = 'failed'")
    .pluck()
    .all(runId);
  return lists.flatMap((text) => JSON.parse(text) as string[]);
}

/** How many undelivered rows there are, by state and code. */
export function countUndelivered(
  journal: Journal,
  runId: number,
): { state: UndeliveredState; code: string; count: number }[] {
  return journal
    .prepare<[number], { state: UndeliveredState; code: string; count: number }>(
      'SELECT state, code, count(*) AS count FROM undelivered WHERE run = ? GROUP BY state, code ORDER BY count DESC, code',
    )
    .all(runId);
}

/** Whether none of a run's failed rows can be sent until recent events are allowed: each is such an event, or waits for one. */
export function waitsForLeave(journal: Journal, runId: number): boolean {
  const failed = countUndelivered(journal, runId).filter(({ state }) => state === 'failed');
  return (
    failed.some(({ code }) => code === 'would_trigger') &&
    failed.every(({ code }) => code === 'would_trigger' || code === 'behind_failed')
  );
}

/** The latest run (of a workspace, if one is given) that has undelivered rows in one of these states. Abandoned runs are left out. */
export function latestRunWithUndelivered(
  journal: Journal,
  workspace: string | undefined,
  states: readonly UndeliveredState[],
): number | undefined {
  const counted = states.map((state) => `${state} > 0`).join(' OR '); // from a closed set of names
  return journal
    .prepare<[string | null, string | null], number>(
      `SELECT id FROM runs WHERE (? IS NULL OR workspace = ?) AND state != 'abandoned' AND (${counted}) ORDER BY id DESC LIMIT 1`,
    )
    .pluck()
    .get(workspace ?? null, workspace ?? null);
}

export interface RowChoice {
  /** Guarded rows are not sent, and hold back their person's later rows. */
  readonly isGuarded: (row: UndeliveredRow) => boolean;
  /** By its number in the source. */
  readonly isWanted: (row: number) => boolean;
}

/**
 * Undelivered rows as chunks for the pipeline: the stored bytes go out unchanged, with the same ULIDs, in source order.
 * Rows without a payload (invalid ones) are left out.
 */
export async function* retryChunks(
  journal: Journal,
  runId: number,
  states: readonly UndeliveredState[],
  { isGuarded, isWanted }: RowChoice,
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

/** Line and text of rows in the source, for chunks of `retryChunks`, whose rows keep their numbers in the run. */
export function storedRecords(
  journal: Journal,
  runId: number,
): (chunk: PreparedChunk, indexes: readonly number[]) => { readonly text: string; readonly line: number }[] {
  const find = journal.prepare<[number, number], { text: string; line: number }>(
    'SELECT record AS text, line FROM undelivered WHERE run = ? AND row = ?',
  );
  return (_chunk, indexes) => indexes.map((index) => find.get(runId, index + 1) ?? { text: '', line: 0 });
}

function parseSingle(text: string): SingleRequest | undefined {
  const [method, path] = text.split(' ');
  return (method === 'PUT' || method === 'POST' || method === 'DELETE') && path !== undefined
    ? { method, path }
    : undefined;
}
