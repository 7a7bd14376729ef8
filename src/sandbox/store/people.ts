import type { Db } from './open.ts';

export type IdentifierKind = 'id' | 'email' | 'phone' | 'cio_id';

/** How a call names a person. `cio_id` values come without their `cio_` prefix. */
export interface PersonKey {
  readonly kind: IdentifierKind;
  readonly value: string;
}

export interface Person {
  readonly pid: number;
  readonly id: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  /** JSON object. */
  readonly attributes: string;
  /** Time of the latest attribute change that carried one, unix seconds. */
  readonly stamp: number | null;
  readonly created_ms: number;
}

export type NewPerson = Omit<Person, 'pid' | 'created_ms'>;

export interface People {
  find(key: PersonKey): Person | undefined;
  findPid(key: PersonKey): number | undefined;
  create(person: NewPerson): number;
  /** Creates all of them, or none if one of their identifiers is taken. */
  createAll(people: readonly NewPerson[]): boolean;
  save(person: Person): void;
  remove(pid: number): void;
  count(): number;
}

/** First `cio_id`; the reference's example is a3000001. */
const CIO_ID_BASE = 0xa3000000;
/** People per INSERT statement. Measured: half the time per row of single inserts. */
const ROWS_PER_INSERT = 50;

/** The immutable identifier of a person (`cio_id`). */
export function cioIdOf(pid: number): string {
  return (CIO_ID_BASE + pid).toString(16);
}

export function pidOf(cioId: string): number | undefined {
  return /^[0-9a-f]{8,12}$/.test(cioId) ? Number.parseInt(cioId, 16) - CIO_ID_BASE : undefined;
}

export function createPeople(db: Db, now: () => number): People {
  const columns = 'pid, id, email, phone, attributes, stamp, created_ms';
  const select = {
    id: db.prepare<[string], Person>(`SELECT ${columns} FROM people WHERE id = ?`),
    email: db.prepare<[string], Person>(`SELECT ${columns} FROM people WHERE email = ?`),
    phone: db.prepare<[string], Person>(`SELECT ${columns} FROM people WHERE phone = ?`),
  };
  const pluck = {
    id: db.prepare<[string], number>('SELECT pid FROM people WHERE id = ?').pluck(),
    email: db.prepare<[string], number>('SELECT pid FROM people WHERE email = ?').pluck(),
    phone: db.prepare<[string], number>('SELECT pid FROM people WHERE phone = ?').pluck(),
  };
  const byPid = db.prepare<[number], Person>(`SELECT ${columns} FROM people WHERE pid = ?`);
  const into = 'INSERT INTO people (id, email, phone, attributes, stamp, created_ms) VALUES ';
  const insert = db.prepare(`${into} (?,?,?,?,?,?)`);
  const insertMany = db.prepare(into + Array.from({ length: ROWS_PER_INSERT }, () => '(?,?,?,?,?,?)').join(','));
  const update = db.prepare('UPDATE people SET id = ?, email = ?, phone = ?, attributes = ?, stamp = ? WHERE pid = ?');
  const remove = db.prepare('DELETE FROM people WHERE pid = ?');
  const count = db.prepare<[], number>('SELECT count(*) FROM people').pluck();

  function find(key: PersonKey): Person | undefined {
    if (key.kind !== 'cio_id') return select[key.kind].get(key.value);
    const pid = pidOf(key.value);
    return pid === undefined ? undefined : byPid.get(pid);
  }

  function create(person: NewPerson): number {
    const { id, email, phone, attributes, stamp } = person;
    return Number(insert.run(id, email, phone, attributes, stamp, now()).lastInsertRowid);
  }

  return {
    find,
    findPid(key) {
      return key.kind === 'cio_id' ? find(key)?.pid : pluck[key.kind].get(key.value);
    },
    create,
    createAll(people) {
      if (people.length !== ROWS_PER_INSERT) return false;
      const values: (string | number | null)[] = [];
      const created = now();
      for (const p of people) values.push(p.id, p.email, p.phone, p.attributes, p.stamp, created);
      return unlessTaken(() => insertMany.run(values));
    },
    save(p) {
      update.run(p.id, p.email, p.phone, p.attributes, p.stamp, p.pid);
    },
    remove(pid) {
      remove.run(pid);
    },
    count: () => count.get() ?? 0,
  };
}

/** Runs an INSERT. False if a unique index refused it; nothing is written then. */
export function unlessTaken(insert: () => void): boolean {
  try {
    insert();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CONSTRAINT')) return false;
    throw error;
  }
}

export { ROWS_PER_INSERT };
