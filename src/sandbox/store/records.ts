import type { Db } from './open.ts';
import { toJson } from './json.ts';

/** What an operation did when it was received. */
export type Effect = 'applied' | 'duplicate' | 'ignored' | 'refused';

export interface Records {
  readonly isLogged: boolean;
  /** Notes an operation in the order it was received, when the operation log is on. */
  operation(person: string, effect: Effect, operation: unknown): void;
  /** Notes a delivery metric. */
  delivery(deliveryId: string, metric: string, body: unknown): void;
  deliveryCount(): number;
}

/** Records that change no person: delivery metrics, and the operation log for tests of order. */
export function createRecords(db: Db, now: () => number, isLogged: boolean): Records {
  const log = db.prepare('INSERT INTO operation_log (person, received_ms, effect, operation) VALUES (?, ?, ?, ?)');
  const delivery = db.prepare('INSERT INTO deliveries (delivery_id, metric, received_ms, body) VALUES (?, ?, ?, ?)');
  const count = db.prepare<[], number>('SELECT count(*) FROM deliveries').pluck();
  return {
    isLogged,
    operation(person, effect, operation) {
      if (isLogged) log.run(person, now(), effect, toJson(operation));
    },
    delivery: (deliveryId, metric, body) => void delivery.run(deliveryId, metric, now(), toJson(body)),
    deliveryCount: () => count.get() ?? 0,
  };
}
