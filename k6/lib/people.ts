/** Test people: marked, unreachable by e-mail, and numbered without gaps, so that cleanup needs no list. */

/** Same as `personId` in src/domain/loadtest.ts. */
export function personId(run: string, n: number): string {
  return `cio-bulk-lt-${run}-${n}`;
}

/** Attributes of every test person: three marks to find them by, and an e-mail address that cannot be delivered to (RFC 2606). */
export function attributesOf(run: string, n: number): Record<string, unknown> {
  return {
    email: `${personId(run, n)}@cio-bulk.invalid`,
    _load_test: true,
    cio_bulk_run: run,
    unsubscribed: true,
    plan: n % 3 === 0 ? 'free' : 'pro',
    seats: n % 50,
    created_at: 1_700_000_000 + n,
  };
}

export const EVENT_NAME = 'cio_bulk_loadtest';

/** Data of an event: the size of a typical one, no personal data. */
export function eventData(run: string, iteration: number): Record<string, unknown> {
  return {
    cio_bulk_run: run,
    iteration,
    amount: (iteration % 10_000) / 100,
    currency: 'EUR',
    source: 'cio-bulk loadtest',
  };
}
