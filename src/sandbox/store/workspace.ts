import { createActivities, type Activities } from './activities.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { identityOf, type Identity } from './identity.ts';
import { createObjects, type Objects } from './objects.ts';
import { openDatabase, type Db } from './open.ts';
import { createPeople, type People } from './people.ts';
import { createPossessions, type Possessions } from './possessions.ts';
import { createRecords, type Records } from './records.ts';
import { TABLES } from './schema.ts';
import { createSuppression, type Suppression } from './suppression.ts';

/** One Customer.io workspace: everything the sandbox remembers, in one SQLite file. */
export interface Workspace {
  readonly db: Db;
  readonly identity: Identity;
  readonly people: People;
  readonly activities: Activities;
  readonly suppression: Suppression;
  readonly possessions: Possessions;
  readonly objects: Objects;
  readonly records: Records;
  readonly transaction: GroupCommit;
  /** Milliseconds since 1970. */
  now(): number;
  /** Forgets everything. */
  reset(): void;
  close(): void;
}

export interface WorkspaceOptions {
  /** Path of the database; without one it is temporary. */
  readonly file: string | undefined;
  readonly logOperations: boolean;
  readonly now: () => number;
}

export function openWorkspace(options: WorkspaceOptions): Workspace {
  const { now } = options;
  const db = openDatabase(options.file);
  const transaction = createGroupCommit(db);
  return {
    db,
    identity: identityOf(db),
    people: createPeople(db, now),
    activities: createActivities(db, now),
    suppression: createSuppression(db),
    possessions: createPossessions(db),
    objects: createObjects(db),
    records: createRecords(db, now, options.logOperations),
    transaction,
    now,
    reset() {
      transaction.flush();
      db.exec(TABLES.map((table) => `DELETE FROM ${table};`).join(''));
    },
    close() {
      transaction.flush();
      db.close();
    },
  };
}
