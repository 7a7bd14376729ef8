import type { Db } from './open.ts';
import type { PersonKey } from './people.ts';

export interface Suppression {
  /** False while nobody is suppressed, which is the common case and needs no further checks. */
  isUsed(): boolean;
  has(key: PersonKey): boolean;
  /** Blocks all identifiers of one person together. */
  add(keys: readonly PersonKey[]): void;
  /** Frees the identifier and those that were blocked with it. */
  remove(key: PersonKey): void;
  /** People, not identifiers. */
  count(): number;
}

/** The blocked identifiers (docs/customerio.md 2.8). `person` groups those of one person. */
export function createSuppression(db: Db): Suppression {
  const used = db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM suppressed)').pluck();
  const find = db
    .prepare<[string, string], string>('SELECT person FROM suppressed WHERE kind = ? AND value = ?')
    .pluck();
  const insert = db.prepare('INSERT OR IGNORE INTO suppressed (kind, value, person) VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM suppressed WHERE person = ?');
  const count = db.prepare<[], number>('SELECT count(DISTINCT person) FROM suppressed').pluck();

  return {
    isUsed: () => used.get() === 1,
    has: (key) => find.get(key.kind, valueOf(key)) !== undefined,
    add(keys) {
      const first = keys[0];
      if (first === undefined) return;
      const person = keys.map((key) => find.get(key.kind, valueOf(key))).find((known) => known !== undefined);
      for (const key of keys) insert.run(key.kind, valueOf(key), person ?? `${first.kind}:${valueOf(first)}`);
    },
    remove(key) {
      const person = find.get(key.kind, valueOf(key));
      if (person !== undefined) remove.run(person);
    },
    count: () => count.get() ?? 0,
  };
}

function valueOf(key: PersonKey): string {
  return key.kind === 'email' ? key.value.toLowerCase() : key.value;
}
