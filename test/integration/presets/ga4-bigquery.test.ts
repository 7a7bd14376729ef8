/** Tables of Google Analytics 4 in BigQuery, extracted as JSON lines: lists of keys and values, and whole numbers as texts. */
import { expect, it } from 'vitest';
import { importWithPreset, seconds } from '../../support/presets-events.ts';

const SESSION = { ga_session_id: 1_767_225_600, ga_session_number: 3 };
const PAGE = { page_location: 'https://www.example.com/pricing?plan=pro&x=1', page_title: 'Pricing <new>' };
const row = (fields: Readonly<Record<string, unknown>>) => ({
  event_date: '20200101',
  event_timestamp: '1577836800000000',
  event_name: 'visited',
  event_params: [],
  user_pseudo_id: '1.2',
  ...fields,
});
const param = (value: Readonly<Record<string, unknown>>) => [{ key: 'note', value }];

it('makes data of parameters, with numbers where there were numbers', async (test) => {
  const arrived = await importWithPreset(test, 'ga4-bigquery', 'ga4-bigquery.ndjson');
  expect(arrived.code, arrived.stderr).toBe(6);
  expect(arrived.counts).toEqual({ read: 20, delivered: 13, invalid: 1, skipped: 6 });
  expect(arrived.skippedBy).toEqual({ skip_rows: 5, duplicate_event: 1 });
  expect(arrived.invalid).toEqual(['19: no_identifier']); // user_id is the text "undefined"
  const [purchase, freePurchase] = arrived.events.filter(({ name }) => name === 'purchase');
  expect(purchase).toMatchObject({ person_id: '7002', timestamp: seconds('2026-01-02T00:00:00Z') });
  expect(purchase?.data).toEqual({
    ...SESSION,
    ...PAGE,
    currency: 'EUR',
    transaction_id: 'o-1',
    value: 99.5,
    items: [expect.objectContaining({ item_id: 'c-1', item_name: 'Cheese, blue', price: 9.95, quantity: '2' })],
    ecommerce: { total_item_quantity: 2, unique_items: 1, purchase_revenue: 99.5, transaction_id: 'o-1' },
  });
  expect(freePurchase?.data).toMatchObject({ value: 0, ecommerce: { purchase_revenue: 0, transaction_id: 'o-2' } });
  const data = (name: string) => arrived.event(name).data;
  expect(data('note_saved')).toMatchObject({ note: 'two\nlines "and" quotes', emoji: '🌸' });
  expect(data('search')).toMatchObject({ search_term: '<b>&cheese</b>' });
  expect(data('click')).toMatchObject({ outbound: 'true', link_url: 'https://example.org/?a=1&b=2' });
  expect(data('empty_param')).not.toHaveProperty('coupon');
  expect(data('twice_the_same_key')).toMatchObject({ label: 'first' });
  expect(data('add_to_cart')['items']).toHaveLength(2);
  const stored = await (await fetch(`${arrived.workspace.sandbox.url}/_sandbox/events`)).text();
  expect(stored).toContain('"order_id":"9007199254740993"'); // all digits, as a text
});

it('goes by user_id, then by the cookie, and skips those who refused analytics', async (test) => {
  const arrived = await importWithPreset(test, 'ga4-bigquery', [
    row({
      event_name: 'known',
      user_id: '7',
      event_params: [{ key: 'batch_ordering_id', value: { int_value: '4' } }], // where older tables have it
    }),
    row({ event_name: 'visitor', user_id: null }),
    row({ event_name: 'refused', user_pseudo_id: null, privacy_info: { analytics_storage: 'No' } }),
    row({ event_name: 'nobody', user_pseudo_id: null }),
  ]);
  expect(arrived.counts).toEqual({ read: 4, delivered: 2, invalid: 1, skipped: 1 });
  expect(arrived.invalid).toEqual(['4: no_identifier']);
  expect(arrived.event('known')).toMatchObject({ person_id: '7', anonymous_id: null, data: {} });
  expect(arrived.event('visitor')).toMatchObject({ person_id: null, anonymous_id: '1.2' });
});

it('tells the events of one batch apart, also where they say the same', async (test) => {
  const batch = { batch_page_id: '1', batch_ordering_id: '1' };
  const arrived = await importWithPreset(test, 'ga4-bigquery', [
    row({ ...batch, batch_event_index: '1', event_params: param({ string_value: '(not set)' }) }),
    row({ ...batch, batch_event_index: '2', event_params: param({ double_value: 0.5 }) }),
    row({ ...batch, batch_event_index: '2', event_params: param({ string_value: 'set later' }) }),
  ]);
  expect(arrived.skippedBy).toEqual({ duplicate_event: 1 });
  expect(arrived.events.map(({ data }) => data)).toEqual([{}, { note: 0.5 }]);
});
