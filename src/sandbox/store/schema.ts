/**
 * The tables of a sandbox workspace. Unique indexes are partial, so that identifiers that are not set cost nothing. `pid` and `seq`
 * are never reused (AUTOINCREMENT): the `pid` of a deleted person's events matches no person, so deleting a person need not touch
 * their events.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS identity (one INTEGER PRIMARY KEY CHECK (one = 1), site_id TEXT NOT NULL, environment_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS people (
  pid INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT,
  email TEXT COLLATE NOCASE,
  phone TEXT,
  attributes TEXT NOT NULL,
  stamp INTEGER,
  created_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS people_id ON people (id) WHERE id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS people_email ON people (email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS people_phone ON people (phone) WHERE phone IS NOT NULL;

CREATE TABLE IF NOT EXISTS activities (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT,
  pid INTEGER,
  anonymous_id TEXT,
  type TEXT NOT NULL,
  name TEXT,
  at INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS activities_uid ON activities (uid) WHERE uid IS NOT NULL;
CREATE INDEX IF NOT EXISTS activities_anonymous ON activities (anonymous_id) WHERE anonymous_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS anonymous (anonymous_id TEXT PRIMARY KEY, pid INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS suppressed (
  kind TEXT NOT NULL, value TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (kind, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (
  pid INTEGER NOT NULL, token TEXT NOT NULL, platform TEXT NOT NULL, last_used INTEGER, attributes TEXT NOT NULL,
  PRIMARY KEY (pid, token)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
  oid INTEGER PRIMARY KEY AUTOINCREMENT, object_type_id TEXT NOT NULL, object_id TEXT NOT NULL, attributes TEXT NOT NULL,
  UNIQUE (object_type_id, object_id)
);
CREATE TABLE IF NOT EXISTS relationships (
  pid INTEGER NOT NULL, oid INTEGER NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (pid, oid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (sid INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS memberships (
  sid INTEGER NOT NULL, pid INTEGER NOT NULL, PRIMARY KEY (sid, pid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
  seq INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL, metric TEXT NOT NULL, received_ms INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS operation_log (
  seq INTEGER PRIMARY KEY, person TEXT NOT NULL, received_ms INTEGER NOT NULL, effect TEXT NOT NULL, operation TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS operation_log_person ON operation_log (person);
`;

/** The tables that a reset empties. `identity` is not among them: it is still the same workspace. */
export const TABLES = [
  'people',
  'activities',
  'anonymous',
  'suppressed',
  'devices',
  'objects',
  'relationships',
  'segments',
  'memberships',
  'deliveries',
  'operation_log',
] as const;
