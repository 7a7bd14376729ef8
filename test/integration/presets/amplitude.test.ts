/** The Export API of Amplitude: 55 fields a line, of which few are about the event. */
import { expect, it } from 'vitest';
import { importWithPreset, seconds } from '../../support/presets-events.ts';

const event = (fields: Readonly<Record<string, unknown>>) => ({
  amplitude_id: 1,
  user_id: '7',
  event_type: 'visited',
  event_time: '2026-01-01 10:00:00.000000',
  event_properties: {},
  event_id: 1,
  ...fields,
});

it('takes events with their own properties, under the corrected time', async (test) => {
  const arrived = await importWithPreset(test, 'amplitude', 'amplitude.ndjson');
  expect(arrived.code, arrived.stderr).toBe(6);
  expect(arrived.counts).toEqual({ read: 20, delivered: 14, invalid: 1, skipped: 5 });
  expect(arrived.skippedBy).toEqual({ skip_rows: 4, duplicate_event: 1 });
  expect(arrived.invalid).toEqual(['19: no_identifier']); // user_id is the text "null"
  expect(arrived.events.find(({ name }) => name === 'Order Completed')).toMatchObject({
    type: 'event',
    timestamp: seconds('2026-02-02T01:07:03Z'),
    person_id: '7002-amp',
    anonymous_id: null,
    data: { order_id: 'o-1', products: [{ quantity: 2, sku: 'c-1' }], total: 99.5 },
  });
  const data = (name: string) => arrived.event(name).data;
  expect(data('[Amplitude] Page Viewed')).toEqual({
    '[Amplitude] Page Domain': 'www.example.com',
    '[Amplitude] Page Path': '/docs',
    '[Amplitude] Page Title': 'Docs',
  });
  expect(data('Note Saved')).toEqual({ emoji: '🌸', name: '江見', note: 'two\nlines "and" quotes' });
  expect(data('revenue_amount')).toEqual({ productId: 'c-1', quantity: 1, revenue: 19.9 });
  expect(data('Nulls')).toEqual({ a: null, b: '', c: '(none)' });
  expect(data('Trial Started')).toEqual({});
  expect(data('[Amplitude] Element Clicked')).toEqual({ '[Amplitude] Element Text': 'Buy <now> & save' });
  expect(arrived.event('Clock behind').timestamp).toBe(seconds('2026-06-15T14:38:42Z')); // and not 2019
  const stored = await (await fetch(`${arrived.workspace.sandbox.url}/_sandbox/events`)).text();
  expect(stored).toContain('"order_id":9007199254740993');
  expect(arrived.events.filter(({ name }) => name.startsWith('$') || name.startsWith('session'))).toEqual([]);
});

it('goes by user_id, and by the device where nobody has signed in', async (test) => {
  const arrived = await importWithPreset(test, 'amplitude', 'amplitude.ndjson');
  const whose = (name: string) => [arrived.event(name).person_id, arrived.event(name).anonymous_id];
  expect(whose('Signed Up')).toEqual([null, '4289c8b4-0000-4000-8000-000000000002']);
  expect(whose('Server Event')).toEqual(['7004-amp', null]); // it has no device
  expect(whose('Trial Started')).toEqual(['greta.mueller@example.com', null]);
});

it('tells events by $insert_id, and by uuid where there is none', async (test) => {
  const arrived = await importWithPreset(test, 'amplitude', [
    event({ $insert_id: 'a', uuid: 'u-1' }),
    event({ $insert_id: 'b', uuid: 'u-2' }),
    event({ $insert_id: 'a', uuid: 'u-3' }),
    event({ $insert_id: null, uuid: 'u-4' }),
    event({ uuid: 'u-5', groups: { company: ['Acme, Inc.'] }, event_properties: { revenue: 1, $revenue: 2 } }),
    event({ uuid: 'u-6', event_time: '2026-01-01T10:00:00.5Z', event_type: 'older export' }),
    event({ uuid: 'u-7', user_id: null }),
  ]);
  expect(arrived.counts).toEqual({ read: 7, delivered: 5, invalid: 1, skipped: 1 });
  expect(arrived.invalid).toEqual(['7: no_identifier']);
  expect(arrived.events.map(({ data }) => data)).toContainEqual({
    groups: { company: ['Acme, Inc.'] },
    revenue: 1,
    event_properties_revenue: 2,
  });
  expect(arrived.event('older export').timestamp).toBe(seconds('2026-01-01T10:00:00Z'));
});
