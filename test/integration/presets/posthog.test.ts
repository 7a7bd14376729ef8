/** Batch exports of PostHog: the model events as JSON lines. */
import { expect, it } from 'vitest';
import { importWithPreset, seconds } from '../../support/presets-events.ts';

const EVENT = { timestamp: '2026-01-01T10:00:00.000000+00:00', created_at: '2026-01-02T10:00:00.000000+00:00' };

it("takes the product's own events, with their own properties", async (test) => {
  const arrived = await importWithPreset(test, 'posthog', 'posthog.ndjson');
  expect(arrived.code, arrived.stderr).toBe(6);
  expect(arrived.counts).toEqual({ read: 20, delivered: 8, invalid: 1, skipped: 11 });
  expect(arrived.invalid).toEqual(['19: no_identifier']); // distinct_id is the text "null"
  expect(arrived.skippedBy).toEqual({ skip_rows: 10, duplicate_event: 1 });
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
  expect(arrived.event('signed_up')).toMatchObject({
    person_id: null,
    anonymous_id: '0190bbbb-0004-7000-8000-000000000004',
  });
  const stored = await (await fetch(`${arrived.workspace.sandbox.url}/_sandbox/events`)).text();
  expect(stored).toContain('"order_id":9007199254740993');
});

it('sends the events of visitors without a profile as anonymous ones', async (test) => {
  const row = { ...EVENT, distinct_id: 'v-1', event: 'looked' };
  const arrived = await importWithPreset(test, 'posthog', [
    { ...row, uuid: 'u-1', properties: { $process_person_profile: false } },
    { ...row, uuid: 'u-2', event: 'bought', distinct_id: '7', properties: { $process_person_profile: true } },
    { ...row, uuid: 'u-3', event: 'called', distinct_id: '7', properties: { n: 1, distinct_id: 'x' } },
    { ...row, uuid: 'u-3', event: 'called', distinct_id: '7', properties: { n: 1, distinct_id: 'x' } },
    { ...row, uuid: 'u-4', distinct_id: '', properties: {} },
    { ...row, uuid: 'u-5', event: '$ai_trace', properties: {} },
  ]);
  expect(arrived.counts).toEqual({ read: 6, delivered: 3, invalid: 1, skipped: 2 });
  expect(arrived.invalid).toEqual(['5: no_identifier']);
  expect(arrived.event('looked')).toMatchObject({ person_id: null, anonymous_id: 'v-1', data: {} });
  expect(arrived.event('bought')).toMatchObject({ person_id: '7', anonymous_id: null, data: {} });
  expect(arrived.event('called').data).toEqual({ n: 1, distinct_id: 'x' });
});
