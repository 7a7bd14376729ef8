/** The table `tracks` of a warehouse, and the table of one event, as JSON lines and as CSV. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importWithPreset, seconds } from '../../support/presets-events.ts';
import { openWorkspace } from '../../support/workspace.ts';

it('takes events by the name that people gave them', async (test) => {
  const arrived = await importWithPreset(test, 'rudderstack-warehouse', 'rudderstack-warehouse.ndjson');
  expect(arrived.code, arrived.stderr).toBe(0);
  expect(arrived.counts).toEqual({ read: 20, delivered: 19, invalid: 0, skipped: 1 });
  expect(arrived.skippedBy).toEqual({ duplicate_event: 1 });
  expect(arrived.event('Order Completed ✓')).toMatchObject({
    type: 'event',
    person_id: '7004',
    timestamp: seconds('2026-04-04T03:21:09Z'),
    data: { order_id: '9007199254740996', revenue: 29.85 },
  });
  for (const { data } of arrived.events) expect(Object.keys(data).toSorted()).toEqual(['order_id', 'revenue']);
  const ofRow = (order: string) => arrived.events.find(({ data }) => data['order_id'] === order);
  expect(ofRow('9007199254740998')).toMatchObject({ person_id: null, anonymous_id: 'rs-anon-0005' });
  expect(ofRow('9007199254741002')?.data).toEqual({ order_id: '9007199254741002', revenue: null });
});

it('takes the CSV of a table, whose times have no zone, with properties as columns', async (test) => {
  const workspace = await openWorkspace(test);
  const rows = [
    'id,received_at,user_id,anonymous_id,event,event_text,original_timestamp,timestamp,context_ip,email,seats',
    'm-1,2026-01-01 10:00:01,7,a-1,trial_started,Trial Started,2026-01-01 10:00:00,2026-01-01 10:00:00.5,203.0.113.1,x@example.com,5',
    'm-2,2026-01-01 10:00:01,,a-2,trial_started,Trial Started,2026-01-01 10:00:00,2026-01-01 10:00:00 UTC,203.0.113.1,,',
    'm-3,2026-01-01 10:00:01,,,trial_started,Trial Started,2026-01-01 10:00:00,2026-01-01 10:00:00,203.0.113.1,,',
  ];
  writeFileSync(join(workspace.folder, 'trials.csv'), `${rows.join('\n')}\n`);
  const result = await workspace.run(['import', 'trials.csv', '--preset', 'rudderstack-warehouse']);
  expect(result.code, result.stderr).toBe(6);
  expect(result.stderr).toContain('trials.csv:4:3: invalid: the row has no identifier');
  const events = await workspace.events();
  expect(events).toHaveLength(2);
  const at = seconds('2026-01-01T10:00:00Z');
  expect(events.find(({ person_id: id }) => id === '7')).toMatchObject({
    name: 'Trial Started',
    timestamp: at,
    data: { email: 'x@example.com', seats: 5 },
  });
  expect(events.find(({ anonymous_id: id }) => id === 'a-2')).toMatchObject({ timestamp: at, data: {} });
});
