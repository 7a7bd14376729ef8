/** The raw export of Mixpanel: whose events they are, what is told of them, and what is Mixpanel's own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importWithPreset } from '../../support/presets-events.ts';

const row = (event: string, properties: Readonly<Record<string, unknown>>) => ({
  event,
  properties: { time: 1_602_611_311, ...properties },
});

it('takes events of known people and of visitors, with their own properties alone', async (test) => {
  const arrived = await importWithPreset(test, 'mixpanel', 'mixpanel.ndjson');
  expect(arrived.code, arrived.stderr).toBe(0);
  expect(arrived.counts).toEqual({ read: 20, delivered: 16, invalid: 0, skipped: 4 });
  expect(arrived.skippedBy).toEqual({ skip_rows: 3, duplicate_event: 1 });
  expect(arrived.events).toHaveLength(16);
  expect(arrived.event('Signed Up')).toMatchObject({
    type: 'event',
    timestamp: 1_767_225_600,
    person_id: '7001-mp',
    anonymous_id: null,
    data: { plan: 'pro', referred_by: 'Friend' },
  });
  expect(arrived.event('Order Completed').data).toEqual({
    order_id: 'o-1',
    total: 99.5,
    products: [{ sku: 'c-1', quantity: 2 }],
  });
  expect(arrived.event('$mp_web_page_view').data).toEqual({ current_page_title: 'Docs' });
  expect(arrived.event('Note Saved').data).toEqual({ note: 'two\nlines "and" quotes', emoji: '🌸' });
  expect(arrived.event('Nulls').data).toEqual({ a: null, b: '', c: [] });
  expect(arrived.event('Dates').data).toEqual({ due: '2026-02-01T10:00:00', created: 1_767_225_600 });
  expect(arrived.event('Milliseconds').timestamp).toBe(1_768_089_610);
  const ids = await (await fetch(`${arrived.workspace.sandbox.url}/_sandbox/events`)).text();
  expect(ids).toContain('"order_id":9007199254740993'); // all digits
});

it('goes by $user_id, then by distinct_id, then by the device', async (test) => {
  const arrived = await importWithPreset(test, 'mixpanel', 'mixpanel.ndjson');
  const whose = (name: string) => [arrived.event(name).person_id, arrived.event(name).anonymous_id];
  expect(whose('Trial Started')).toEqual(['7002-mp', null]); // not its distinct_id, an e-mail address
  expect(whose('Number as id')).toEqual(['7004-mp', null]);
  expect(whose('Empty id')).toEqual(['7004-mp', null]);
  expect(whose('Id that is a marker')).toEqual(['7004-mp', null]);
  expect(whose('Page Viewed')).toEqual([null, '1990000000000004']);
  expect(whose('Legacy anonymous')).toEqual(['19905f1c2a3e-0c1', null]); // nothing tells it from an id
});

it('takes files without what newer libraries add, and clicks and the like for nothing', async (test) => {
  const arrived = await importWithPreset(test, 'mixpanel', [
    row('Old', { distinct_id: 8_993_819, plan: 'pro' }),
    row('Old device', { distinct_id: '$device:abc', $device_id: 'abc' }),
    row('Nobody', { $insert_id: 'n' }),
    row('$mp_click', { distinct_id: '7' }),
    row('$mp_session_record', { distinct_id: '7' }),
  ]);
  expect(arrived.code).toBe(6);
  expect(arrived.counts).toEqual({ read: 5, delivered: 2, invalid: 1, skipped: 2 });
  expect(arrived.invalid).toEqual(['3: no_identifier']);
  expect(arrived.event('Old')).toMatchObject({ person_id: '8993819', timestamp: 1_602_611_311, data: { plan: 'pro' } });
  expect(arrived.event('Old device')).toMatchObject({ person_id: null, anonymous_id: 'abc', data: {} });
});

it('counts an event once, however often its file is imported', async (test) => {
  const { workspace } = await importWithPreset(test, 'mixpanel', 'mixpanel.ndjson');
  const again = await workspace.run(['import', 'mixpanel.ndjson', '--preset', 'mixpanel', '--journal', 'other.db']);
  expect(again.code, again.stderr).toBe(0);
  expect(await workspace.events()).toHaveLength(16);
});

it('reads the local clock of an old project where a copy of the preset says so', async (test) => {
  const { workspace } = await importWithPreset(test, 'mixpanel', [row('Old', { distinct_id: '7' })]);
  const written = await workspace.run(['validate', 'rows.ndjson', '--preset', 'mixpanel', '--write-map', 'map.json']);
  expect(written.code, written.stderr).toBe(0);
  const path = join(workspace.folder, 'map.json');
  const map = JSON.parse(readFileSync(path, 'utf8')) as { readonly columns: Record<string, object> };
  map.columns['properties.time'] = { format: 'unix_local' };
  writeFileSync(path, JSON.stringify(map));
  const args = [
    'import',
    'rows.ndjson',
    '--map',
    'map.json',
    '--timezone',
    'America/Los_Angeles',
    '--dataset',
    'local',
  ];
  const result = await workspace.run(args);
  expect(result.code, result.stderr).toBe(0);
  const times = (await workspace.events()).map(({ timestamp }) => timestamp);
  expect(times).toEqual([1_602_611_311, 1_602_611_311 + 7 * 3600]);
});
