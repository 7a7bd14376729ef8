/** Batch exports of PostHog: the model events as JSON lines. */
import { expect, it } from 'vitest';
import { importWithPreset, seconds } from '../../support/presets-events.ts';

it("takes the product's own events, with their own properties", async (test) => {
  const arrived = await importWithPreset(test, 'posthog', 'posthog.ndjson');
  expect(arrived.code, arrived.stderr).toBe(6);
  expect(arrived.counts).toEqual({ read: 20, delivered: 7, invalid: 1, skipped: 12 });
  expect(arrived.invalid).toEqual(['19: no_identifier']); // distinct_id is the text "null"
  expect(arrived.skippedBy).toEqual({ skip_rows: 11, duplicate_event: 1 });
  const orders = arrived.events.filter(({ name }) => name === 'order_completed');
  expect(orders).toHaveLength(2);
  expect(orders.find(({ person_id: id }) => id === '7002-ph')).toMatchObject({
    type: 'event',
    timestamp: seconds('2026-02-02T01:07:03Z'),
    data: { order_id: 'o-1', total: 99.5, products: [{ sku: 'c-1', quantity: 2 }] },
  });
  const data = (name: string) => arrived.event(name).data;
  expect(data('note_saved')).toEqual({ note: 'two\nlines "and" quotes', emoji: '🌸' });
  expect(data('nulls')).toEqual({ a: null, b: '', c: [] });
  expect(data('survey sent')).toEqual({});
  expect(arrived.event('trial_started').person_id).toBe('greta.mueller@example.com');
  const stored = await (await fetch(`${arrived.workspace.sandbox.url}/_sandbox/events`)).text();
  expect(stored).toContain('"order_id":9007199254740993');
});
