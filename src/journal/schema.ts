/** Marks the file as ours: "ciob" in ASCII. */
export const APPLICATION_ID = 0x63696f62;

/**
 * One entry per schema version. Each is run once, in the transaction that raises `user_version`.
 *
 * runs         a source, its plan and its target, the checkpoint, and the counters
 * beyond       batches past the checkpoint: `intent` before their bytes leave, `settled` once every row has an outcome.
 *              Few rows: they are deleted when the checkpoint passes them.
 * undelivered  rows that did not arrive, with what is needed to send them again
 * senders      who sends, or sent last, to a workspace
 * run_notes    the command that started a run and its folder, where it sends, from which time on it skipped events as recent, and
 *              how long its file must be again
 * loadtests    load test runs and the people they may have created
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL CHECK (type IN ('import', 'cleanup')),
    source TEXT NOT NULL,
    source_key TEXT NOT NULL,
    workspace TEXT NOT NULL,
    environment_id INTEGER,
    fingerprint TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'finished', 'abandoned')),
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    row INTEGER NOT NULL DEFAULT 0,
    line INTEGER NOT NULL DEFAULT 0,
    offset INTEGER NOT NULL DEFAULT 0,
    hash TEXT,
    rows_read INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    invalid INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    unclear INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX runs_by_source ON runs (source_key, workspace);

  CREATE TABLE beyond (
    run INTEGER NOT NULL REFERENCES runs (id),
    batch INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'settled')),
    rows TEXT NOT NULL,
    last_row INTEGER NOT NULL,
    PRIMARY KEY (run, batch)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE undelivered (
    run INTEGER NOT NULL REFERENCES runs (id),
    row INTEGER NOT NULL,
    line INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('rejected', 'failed', 'invalid', 'unclear')),
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    column_number INTEGER,
    field TEXT,
    persons TEXT NOT NULL,
    payload BLOB,
    single TEXT,
    record TEXT NOT NULL,
    intent INTEGER,
    PRIMARY KEY (run, row)
  ) STRICT;
  CREATE INDEX undelivered_by_state ON undelivered (run, state, row);

  CREATE TABLE senders (
    workspace TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    command TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    recent_starts TEXT NOT NULL DEFAULT '[]'
  ) STRICT;

  CREATE TABLE loadtests (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'running', 'finished', 'cleaned')),
    max_n INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  `,
  // The last row that an intent or a settlement names by its number, and the place before a last row without a line end.
  `
  ALTER TABLE runs ADD COLUMN reach_row INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN reach_offset INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN reach_hash TEXT;
  ALTER TABLE runs ADD COLUMN unended_line INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN unended_offset INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN unended_hash TEXT;
  `,
  `
  CREATE TABLE run_notes (
    run INTEGER PRIMARY KEY REFERENCES runs (id),
    argv TEXT NOT NULL,
    folder TEXT NOT NULL,
    target TEXT NOT NULL,
    skipped_since INTEGER
  ) STRICT;
  `,
  `
  ALTER TABLE run_notes ADD COLUMN bytes_wanted INTEGER;
  `,
];
