import { randomBytes, randomInt } from 'node:crypto';
import type { Db } from './open.ts';

/** Who a workspace is. Made up when its database is made, and the same as long as there is that file. */
export interface Identity {
  readonly siteId: string;
  readonly environmentId: number;
}

interface IdentityRow {
  readonly site_id: string;
  readonly environment_id: number;
}

export function identityOf(db: Db): Identity {
  // Two sandboxes may open a new file at once: the first to write names it.
  db.prepare('INSERT OR IGNORE INTO identity (one, site_id, environment_id) VALUES (1, ?, ?)').run(`sandbox-${randomBytes(6).toString('hex')}`, randomInt(100_000, 1_000_000));
  const row = db.prepare<[], IdentityRow>('SELECT site_id, environment_id FROM identity').get();
  if (!row) throw new Error('the sandbox has no identity');
  return { siteId: row.site_id, environmentId: row.environment_id };
}
