import type { Db } from './open.ts';

/** How a call names an object: its type and id, or the id that Customer.io gave it. */
export type ObjectKey =
  { readonly object_type_id: string; readonly object_id: string } | { readonly cio_object_id: string };

export interface StoredObject {
  readonly oid: number;
  readonly object_type_id: string;
  readonly object_id: string;
  /** JSON object. */
  readonly attributes: string;
}

export interface Objects {
  find(key: ObjectKey): StoredObject | undefined;
  create(typeId: string, objectId: string): StoredObject;
  save(oid: number, attributes: string): void;
  remove(oid: number): void;
  relate(pid: number, oid: number, attributes: string): void;
  relationship(pid: number, oid: number): string | undefined;
  unrelate(pid: number, oid: number): void;
  count(): number;
  relationshipCount(): number;
}

const CIO_OBJECT_PREFIX = 'ob';

/** Objects and who is related to them (docs/customerio.md 3.2, 3.3). */
export function createObjects(db: Db): Objects {
  const columns = 'oid, object_type_id, object_id, attributes';
  const byId = db.prepare<[string, string], StoredObject>(
    `SELECT ${columns} FROM objects WHERE object_type_id = ? AND object_id = ?`,
  );
  const byOid = db.prepare<[number], StoredObject>(`SELECT ${columns} FROM objects WHERE oid = ?`);
  const insert = db.prepare('INSERT INTO objects (object_type_id, object_id, attributes) VALUES (?, ?, ?)');
  const save = db.prepare('UPDATE objects SET attributes = ? WHERE oid = ?');
  const remove = db.prepare('DELETE FROM objects WHERE oid = ?');
  const removeRelations = db.prepare('DELETE FROM relationships WHERE oid = ?');
  const relate = db.prepare('INSERT OR REPLACE INTO relationships (pid, oid, attributes) VALUES (?, ?, ?)');
  const relation = db
    .prepare<[number, number], string>('SELECT attributes FROM relationships WHERE pid = ? AND oid = ?')
    .pluck();
  const unrelate = db.prepare('DELETE FROM relationships WHERE pid = ? AND oid = ?');
  const count = db.prepare<[], number>('SELECT count(*) FROM objects').pluck();
  const relationCount = db.prepare<[], number>('SELECT count(*) FROM relationships').pluck();

  return {
    find(key) {
      if ('object_id' in key) return byId.get(key.object_type_id, key.object_id);
      return byOid.get(Number(key.cio_object_id.slice(CIO_OBJECT_PREFIX.length)) || 0);
    },
    create(typeId, objectId) {
      const oid = Number(insert.run(typeId, objectId, '{}').lastInsertRowid);
      return { oid, object_type_id: typeId, object_id: objectId, attributes: '{}' };
    },
    save: (oid, attributes) => void save.run(attributes, oid),
    remove(oid) {
      removeRelations.run(oid);
      remove.run(oid);
    },
    relate: (pid, oid, attributes) => void relate.run(pid, oid, attributes),
    relationship: (pid, oid) => relation.get(pid, oid),
    unrelate: (pid, oid) => void unrelate.run(pid, oid),
    count: () => count.get() ?? 0,
    relationshipCount: () => relationCount.get() ?? 0,
  };
}
