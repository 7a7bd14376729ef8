import { CioBulkError } from '../domain/errors.ts';
import type { LoadtestLedger, LoadtestRun, LoadtestState } from '../domain/loadtest.ts';
import { journalError } from './errors.ts';
import type { Journal } from './journal.ts';

interface LoadtestRow {
  readonly id: string;
  readonly workspace: string;
  readonly state: LoadtestState;
  readonly max_n: number;
  readonly started_at: number;
  /** JSON: the fields that no query asks for. */
  readonly record: string;
}

/** Load tests in the journal. Each move is one statement that names the states it may start from. */
export function createLoadtestLedger(journal: Journal): LoadtestLedger {
  const insert = journal.prepare(
    `INSERT INTO loadtests (id, workspace, state, max_n, started_at, record) VALUES (?, ?, 'planned', ?, ?, ?)`,
  );
  const start = journal.prepare(
    `UPDATE loadtests SET state = 'running', record = json_set(record, '$.k6_pid', ?) WHERE id = ? AND state = 'planned'`,
  );
  const finish = journal.prepare(
    `UPDATE loadtests SET state = 'finished', record = json_set(record, '$.verdict', ?, '$.finished_at', ?) WHERE id = ? AND state IN ('planned', 'running')`,
  );
  const clean = journal.prepare(`UPDATE loadtests SET state = 'cleaned' WHERE id = ?`);
  const move = (id: string, to: LoadtestState, run: () => { changes: number }): void => {
    try {
      if (run().changes === 1) return;
    } catch (error) {
      throw journalError(error, journal.path);
    }
    throw new CioBulkError(
      'tally_mismatch',
      `load test ${id} cannot become ${to}: the journal has it in another state, or not at all`,
    );
  };
  return {
    plan({ id, workspace, max_n, started_at, ...rest }) {
      const record = JSON.stringify({ ...rest, verdict: null, finished_at: null, k6_pid: null });
      move(id, 'planned', () => insert.run(id, workspace, max_n, started_at, record));
    },
    started: (id, k6Pid) => move(id, 'running', () => start.run(k6Pid, id)),
    finish: (id, verdict, finishedAt) => move(id, 'finished', () => finish.run(verdict, finishedAt, id)),
    markCleaned: (id) => move(id, 'cleaned', () => clean.run(id)),
    uncleaned: (workspace) =>
      journal
        .prepare<[string], LoadtestRow>(
          `SELECT * FROM loadtests WHERE workspace = ? AND state != 'cleaned' ORDER BY started_at, id`,
        )
        .all(workspace)
        .map(toLoadtest),
    list: () =>
      journal.prepare<[], LoadtestRow>('SELECT * FROM loadtests ORDER BY started_at, id').all().map(toLoadtest),
  };
}

function toLoadtest({ record, ...row }: LoadtestRow): LoadtestRun {
  return { ...(JSON.parse(record) as Omit<LoadtestRun, keyof LoadtestRow>), ...row };
}
