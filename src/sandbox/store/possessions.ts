import type { Db } from './open.ts';

export interface Device {
  readonly token: string;
  readonly platform: string;
  readonly last_used: number | null;
  /** JSON object. */
  readonly attributes: string;
}

export interface Segment {
  readonly sid: number;
  readonly name: string;
  readonly description: string;
}

/** What belongs to a person besides attributes and history: devices, memberships of manual segments, claimed anonymous ids. */
export interface Possessions {
  addDevice(pid: number, device: Device): void;
  removeDevice(pid: number, token: string): void;
  devices(pid: number): readonly Device[];
  addSegment(name: string, description: string): Segment;
  segment(sid: number): Segment | undefined;
  segments(): readonly Segment[];
  join(sid: number, pid: number): void;
  leave(sid: number, pid: number): void;
  memberCount(sid: number): number;
  /** The person who claimed an anonymous id, if any. */
  claimant(anonymousId: string): number | undefined;
  claim(anonymousId: string, pid: number): void;
  removeAllOf(pid: number): void;
  move(fromPid: number, toPid: number): void;
}

const TABLES_BY_PERSON = ['devices', 'memberships', 'relationships'] as const;

export function createPossessions(db: Db): Possessions {
  const addDevice = db.prepare(
    'INSERT OR REPLACE INTO devices (pid, token, platform, last_used, attributes) VALUES (?,?,?,?,?)',
  );
  const removeDevice = db.prepare('DELETE FROM devices WHERE pid = ? AND token = ?');
  const devices = db.prepare<[number], Device>(
    'SELECT token, platform, last_used, attributes FROM devices WHERE pid = ?',
  );
  const addSegment = db.prepare('INSERT INTO segments (name, description) VALUES (?, ?)');
  const segment = db.prepare<[number], Segment>('SELECT sid, name, description FROM segments WHERE sid = ?');
  const segments = db.prepare<[], Segment>('SELECT sid, name, description FROM segments ORDER BY sid');
  const join = db.prepare('INSERT OR IGNORE INTO memberships (sid, pid) VALUES (?, ?)');
  const leave = db.prepare('DELETE FROM memberships WHERE sid = ? AND pid = ?');
  const members = db.prepare<[number], number>('SELECT count(*) FROM memberships WHERE sid = ?').pluck();
  const claimant = db.prepare<[string], number>('SELECT pid FROM anonymous WHERE anonymous_id = ?').pluck();
  const claim = db.prepare('INSERT OR IGNORE INTO anonymous (anonymous_id, pid) VALUES (?, ?)');
  const anyOf = TABLES_BY_PERSON.map((table) => ({
    isUsed: db.prepare<[], number>(`SELECT EXISTS (SELECT 1 FROM ${table})`).pluck(),
    remove: db.prepare(`DELETE FROM ${table} WHERE pid = ?`),
    move: db.prepare(`UPDATE OR IGNORE ${table} SET pid = ? WHERE pid = ?`),
  }));
  const moveClaims = db.prepare('UPDATE anonymous SET pid = ? WHERE pid = ?');

  function removeAllOf(pid: number): void {
    for (const table of anyOf) if (table.isUsed.get() === 1) table.remove.run(pid);
  }

  return {
    addDevice: (pid, d) => void addDevice.run(pid, d.token, d.platform, d.last_used, d.attributes),
    removeDevice: (pid, token) => void removeDevice.run(pid, token),
    devices: (pid) => devices.all(pid),
    addSegment(name, description) {
      return { sid: Number(addSegment.run(name, description).lastInsertRowid), name, description };
    },
    segment: (sid) => segment.get(sid),
    segments: () => segments.all(),
    join: (sid, pid) => void join.run(sid, pid),
    leave: (sid, pid) => void leave.run(sid, pid),
    memberCount: (sid) => members.get(sid) ?? 0,
    claimant: (anonymousId) => claimant.get(anonymousId),
    claim: (anonymousId, pid) => void claim.run(anonymousId, pid),
    removeAllOf,
    move(fromPid, toPid) {
      for (const table of anyOf) table.move.run(toPid, fromPid);
      moveClaims.run(toPid, fromPid);
      removeAllOf(fromPid);
    },
  };
}
