import type { Position } from '../domain/chunk.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Tally } from '../domain/outcome.ts';
import type { Journal } from './journal.ts';

export type RunState = 'open' | 'finished' | 'abandoned';

/**
 * The states from which a run comes into each state. A new run is open.
 *
 *     open → finished      its source was read to the end, and every row is settled
 *     finished → open      its source has become longer
 *     open → abandoned     --restart, or its source changed before anything was sent
 *     finished → abandoned --restart, with undelivered rows
 */
const MOVES: Readonly<Record<RunState, readonly RunState[]>> = {
  open: ['finished'],
  finished: ['open'],
  abandoned: ['open', 'finished'],
};

/** A run as the journal holds it. Times are milliseconds since 1970. */
export interface Run {
  readonly id: number;
  readonly type: 'import' | 'cleanup';
  /** As shown to people: the file's path, or `stdin`. */
  readonly source: string;
  readonly sourceKey: string;
  /** SHA-256 of the site id, which itself is not stored. */
  readonly workspace: string;
  readonly environmentId: number | null;
  /** Of the plan. A different plan means a different run. */
  readonly fingerprint: string;
  /** What the run was started with, as JSON. Its type belongs to the command. */
  readonly spec: string;
  readonly state: RunState;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly checkpoint: Position | null;
  /** The last row that an intent or a settlement names by its number. The text up to there must not change before the run is resumed. */
  readonly reach: Position | null;
  /** The place before a last row that had no line end when it was read. The source may continue from there, with that row completed. */
  readonly unended: Position | null;
  readonly rowsRead: number;
  readonly tally: Tally;
}

export type NewRun = Pick<
  Run,
  'type' | 'source' | 'sourceKey' | 'workspace' | 'environmentId' | 'fingerprint' | 'spec'
> & {
  /** The place before the first row, with the hash of the header; absent for a run without a source. */
  readonly start?: Position;
};

interface RunRow extends Tally {
  readonly id: number;
  readonly type: 'import' | 'cleanup';
  readonly source: string;
  readonly source_key: string;
  readonly workspace: string;
  readonly environment_id: number | null;
  readonly fingerprint: string;
  readonly spec: string;
  readonly state: RunState;
  readonly started_at: number;
  readonly updated_at: number;
  readonly row: number;
  readonly line: number;
  readonly offset: number;
  readonly hash: string | null;
  readonly reach_row: number;
  readonly reach_offset: number;
  readonly reach_hash: string | null;
  readonly unended_line: number;
  readonly unended_offset: number;
  readonly unended_hash: string | null;
  readonly rows_read: number;
}

function toRun(row: RunRow): Run {
  const { delivered, rejected, failed, invalid, skipped, unclear } = row;
  return {
    id: row.id,
    type: row.type,
    source: row.source,
    sourceKey: row.source_key,
    workspace: row.workspace,
    environmentId: row.environment_id,
    fingerprint: row.fingerprint,
    spec: row.spec,
    state: row.state,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    checkpoint: row.hash === null ? null : { row: row.row, line: row.line, offset: row.offset, hash: row.hash },
    reach:
      row.reach_hash === null ? null : { row: row.reach_row, line: 0, offset: row.reach_offset, hash: row.reach_hash },
    unended:
      row.unended_hash === null
        ? null
        : { row: row.row, line: row.unended_line, offset: row.unended_offset, hash: row.unended_hash },
    rowsRead: row.rows_read,
    tally: { delivered, rejected, failed, invalid, skipped, unclear },
  };
}

/** Unix seconds at which a run of the workspace was last active. No update that was sent carries a later time. */
export function secondsUsed(journal: Journal, workspace: string): number {
  const lastMs = journal
    .prepare<[string], number | null>('SELECT max(updated_at) FROM runs WHERE workspace = ?')
    .pluck()
    .get(workspace);
  return Math.floor((lastMs ?? 0) / 1000);
}

export function createRun(journal: Journal, run: NewRun, now: number): Run {
  const { lastInsertRowid } = journal
    .prepare(
      `INSERT INTO runs (type, source, source_key, workspace, environment_id, fingerprint, spec, state, started_at, updated_at, line, offset, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?)`,
    )
    .run(
      run.type,
      run.source,
      run.sourceKey,
      run.workspace,
      run.environmentId,
      run.fingerprint,
      run.spec,
      now,
      now,
      run.start?.line ?? 0,
      run.start?.offset ?? 0,
      run.start?.hash ?? null,
    );
  const created = findRun(journal, Number(lastInsertRowid));
  if (!created) throw new Error('a run that was just created is not there');
  return created;
}

export function findRun(journal: Journal, id: number): Run | undefined {
  const row = journal.prepare<[number], RunRow>('SELECT * FROM runs WHERE id = ?').get(id);
  return row && toRun(row);
}

/** Runs of a source for a workspace, latest first, without abandoned ones. */
export function runsOfSource(journal: Journal, sourceKey: string, workspace: string): Run[] {
  return journal
    .prepare<[string, string], RunRow>(
      "SELECT * FROM runs WHERE source_key = ? AND workspace = ? AND state != 'abandoned' ORDER BY id DESC",
    )
    .all(sourceKey, workspace)
    .map(toRun);
}

/** All runs, latest first. */
export function listRuns(journal: Journal): Run[] {
  return journal.prepare<[], RunRow>('SELECT * FROM runs ORDER BY id DESC').all().map(toRun);
}

/**
 * For a source that ended in half a row and has become longer: moves the checkpoint before that row. Half a row that could not be sent was
 * nothing: the whole one takes its number. One that went out stays counted, and the whole one is a new row. True for the former.
 */
export function goOnBeforeUnended(journal: Journal, { id, unended }: Run): boolean {
  if (!unended) return false;
  return journal.transaction(() => {
    const { changes: invalid } = journal
      .prepare("DELETE FROM undelivered WHERE run = ? AND row = ? AND state = 'invalid'")
      .run(id, unended.row);
    journal
      .prepare(
        `UPDATE runs SET row = row - ?, rows_read = rows_read - ?, invalid = invalid - ?, line = ?, offset = ?, hash = ?, unended_hash = NULL, reach_row = 0, reach_hash = NULL
         WHERE id = ? AND state = 'finished'`,
      )
      .run(invalid, invalid, invalid, unended.line, unended.offset, unended.hash, id);
    return invalid > 0;
  })();
}

/** Moves a run to another state. Throws when it is in none of the states that this move may start from. */
export function setRunState(journal: Journal, id: number, to: RunState, now: number): void {
  const from = MOVES[to].map((state) => `'${state}'`).join(', ');
  const { changes } = journal
    .prepare(`UPDATE runs SET state = ?, updated_at = ? WHERE id = ? AND state IN (${from})`)
    .run(to, now, id);
  if (changes !== 1)
    throw new CioBulkError(
      'tally_mismatch',
      `run ${id} cannot become ${to}: the journal has it in another state, or not at all`,
    );
}

/** Records the workspace id, once the API has reported it. */
export function setEnvironment(journal: Journal, id: number, environmentId: number): void {
  journal.prepare('UPDATE runs SET environment_id = ? WHERE id = ? AND environment_id IS NULL').run(environmentId, id);
}

/** Rows sent but not known to have arrived: intents without a settlement. */
export function inDoubtOf(journal: Journal, id: number): string[] {
  return journal
    .prepare<[number], string>("SELECT rows FROM beyond WHERE run = ? AND state = 'intent'")
    .pluck()
    .all(id);
}
