import { randomBytes, randomInt } from 'node:crypto';
import type { Db } from './open.ts';

/** The identity of a workspace. It is made up when the database is created, and lasts as long as the file. */
export interface Identity {
  readonly siteId: string;
  readonly environmentId: number;
}

interface IdentityRow {
  readonly site_id: string;
  readonly environment_id: number;
}

export function identityOf(db: Db): Identity {
  // Two sandboxes may open a new file at once. The first to write decides.
  db.prepare('INSERT OR IGNORE INTO identity (one, site_id, environment_id) VALUES (1, ?, ?)').run(
    `sandbox-${randomBytes(6).toString('hex')}`,
    randomInt(100_000, 1_000_000),
  );
  const row = db.prepare<[], IdentityRow>('SELECT site_id, environment_id FROM identity').get();
  if (!row) throw new Error('the sandbox has no identity');
  return { siteId: row.site_id, environmentId: row.environment_id };
}
