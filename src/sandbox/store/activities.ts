import type { Db } from './open.ts';
import { ROWS_PER_INSERT, unlessTaken } from './people.ts';

/** What a person's history is made of (docs/customerio.md 7.3). The first three are events; they are their own activity. */
export type ActivityType =
  | 'event'
  | 'page'
  | 'screen'
  | 'failed_event'
  | 'failed_attribute_change'
  | 'skipped_update'
  | 'profile_delete'
  | 'profile_merge'
  | 'anon_merge';

export interface NewActivity {
  readonly type: ActivityType;
  /** Dedupe key of an event (a ULID); null = none. */
  readonly uid: string | null;
  readonly pid: number | null;
  readonly anonymousId: string | null;
  readonly name: string | null;
  /** Unix seconds. */
  readonly at: number;
  /** JSON: an event's data, or what failed. */
  readonly body: string;
}

export interface Activity {
  readonly seq: number;
  readonly uid: string | null;
  readonly pid: number | null;
  readonly anonymous_id: string | null;
  readonly type: ActivityType;
  readonly name: string | null;
  readonly at: number;
  readonly received_ms: number;
  readonly body: string;
}

export interface ActivityCounts {
  /** Events, pages and screens. */
  readonly events: number;
  readonly failed: number;
  readonly skipped: number;
  readonly deleted: number;
}

export interface Activities {
  /** False if the dedupe key has been seen before; nothing is stored then. */
  add(activity: NewActivity): boolean;
  /** Stores all of them, or none if one of their dedupe keys has been seen before. */
  addAll(activities: readonly NewActivity[]): boolean;
  isKnown(uid: string): boolean;
  /** Events received under an anonymous id since `sinceSeconds` become the person's. Returns how many. */
  claim(anonymousId: string, pid: number, sinceSeconds: number): number;
  move(fromPid: number, toPid: number): void;
  /** All counts in one pass, which takes a tenth of a second per million activities. */
  counts(): ActivityCounts;
  /** Makes reading one person's history cheap. Created on demand, so that an import does not pay for it. */
  indexByPerson(): void;
}

export function createActivities(db: Db, now: () => number): Activities {
  const into = 'INTO activities (uid, pid, anonymous_id, type, name, at, received_ms, body) VALUES ';
  const row = '(?,?,?,?,?,?,?,?)';
  const insert = db.prepare(`INSERT OR IGNORE ${into} ${row}`);
  const insertMany = db.prepare(`INSERT ${into} ${Array.from({ length: ROWS_PER_INSERT }, () => row).join(',')}`);
  const known = db.prepare<[string], number>('SELECT 1 FROM activities WHERE uid = ?').pluck();
  const claim = db.prepare('UPDATE activities SET pid = ? WHERE anonymous_id = ? AND pid IS NULL AND at >= ?');
  const move = db.prepare('UPDATE activities SET pid = ? WHERE pid = ?');
  const counts = db.prepare<[], ActivityCounts>(
    `SELECT count(*) FILTER (WHERE type IN ('event', 'page', 'screen')) AS events,
       count(*) FILTER (WHERE type IN ('failed_attribute_change', 'failed_event')) AS failed,
       count(*) FILTER (WHERE type = 'skipped_update') AS skipped, count(*) FILTER (WHERE type = 'profile_delete') AS deleted
     FROM activities`,
  );

  function valuesOf(a: NewActivity): (string | number | null)[] {
    return [a.uid, a.pid, a.anonymousId, a.type, a.name, a.at, now(), a.body];
  }
  function indexByPerson(): void {
    db.exec('CREATE INDEX IF NOT EXISTS activities_pid ON activities (pid, seq)');
  }

  return {
    add: (activity) => insert.run(valuesOf(activity)).changes === 1,
    addAll(activities) {
      if (activities.length !== ROWS_PER_INSERT) return false;
      return unlessTaken(() => insertMany.run(activities.flatMap(valuesOf)));
    },
    isKnown: (uid) => known.get(uid) !== undefined,
    claim: (anonymousId, pid, sinceSeconds) => claim.run(pid, anonymousId, sinceSeconds).changes,
    move(fromPid, toPid) {
      indexByPerson();
      move.run(toPid, fromPid);
    },
    counts: () => counts.get() ?? { events: 0, failed: 0, skipped: 0, deleted: 0 },
    indexByPerson,
  };
}
