import type Database from 'better-sqlite3';
import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError } from '../domain/errors.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** The schema version of a journal; 0 for an empty file. Refuses a file that is not ours, or that a newer version has written. */
export function schemaVersion(db: Database.Database, path: string): number {
  // In one transaction: another process may be creating the journal between two looks.
  const { version, owner, isEmpty } = db.transaction(() => {
    const [version, owner] = [numberPragma(db, 'user_version'), numberPragma(db, 'application_id')];
    return {
      version,
      owner,
      isEmpty: version === 0 && owner === 0 && db.prepare('SELECT count(*) FROM sqlite_master').pluck().get() === 0,
    };
  })();
  if (!isEmpty && owner !== APPLICATION_ID)
    throw new CioBulkError('journal_damaged', `${path} is not a journal of cio-bulk`, {
      hint: 'choose another file with --journal',
    });
  if (version > MIGRATIONS.length)
    throw new CioBulkError(
      'journal_newer',
      `${path} was written by a newer cio-bulk (schema ${version}, this one knows ${MIGRATIONS.length})`,
      {
        hint: 'update cio-bulk, or choose another file with --journal',
      },
    );
  return version;
}

/** Brings the schema up to date, in one transaction. */
export function migrate(db: Database.Database, from: number): void {
  if (from === MIGRATIONS.length) return;
  db.transaction(() => {
    // Another process may have been faster: the version is read again under the write lock.
    for (let version = numberPragma(db, 'user_version'); version < MIGRATIONS.length; version++) {
      db.exec(MIGRATIONS[version] ?? '');
      crashPoint('in migration');
      db.pragma(`user_version = ${version + 1}`);
    }
    db.pragma(`application_id = ${APPLICATION_ID}`);
  }).immediate();
  crashPoint('after migration');
}

export function numberPragma(db: Database.Database, name: string): number {
  return Number(db.pragma(name, { simple: true }));
}
