/** User profiles of Mixpanel, as its Engage API has them in `results`, one per line. */
import { expect, it } from 'vitest';
import { importWithPreset, seconds } from '../../support/presets-events.ts';

it('takes people by their distinct id, with names as Customer.io has them', async (test) => {
  const arrived = await importWithPreset(test, 'mixpanel-people', 'mixpanel-people.ndjson');
  expect(arrived.code, arrived.stderr).toBe(0);
  expect(arrived.counts).toEqual({ read: 20, delivered: 19, invalid: 0, skipped: 1 });
  expect(arrived.skippedBy).toEqual({ skip_rows: 1 }); // $device:1990-0004 is a visitor
  const people = await arrived.workspace.attributes();
  expect(Object.keys(people)).toHaveLength(17);
  expect(people['7000-mp']).toEqual({
    created_at: seconds('2025-01-01T11:20:00Z'),
    first_name: 'Ada',
    last_name: 'Lindqvist',
    phone: '+12125550101',
    timezone: 'Europe/Vienna',
    plan: 'pro',
    seats: 0,
  });
  expect(people['7001-mp']).toMatchObject({ first_name: 'Béla', last_name: "O'Connor", unsubscribed: true });
  expect(people['7007-mp']).toMatchObject({ first_name: 'Hanna "Hank"', tags: ['vip', 'a,b'] });
  expect(people['7007-mp']).not.toHaveProperty('$android_devices');
  // Two profiles of one e-mail address are one person, who keeps the first id. The second has a time with an offset.
  expect(people).not.toHaveProperty('7010-mp');
  expect(people['7009-mp']).toMatchObject({ created_at: seconds('2025-11-11T11:20:10+01:00'), seats: 10 });
  expect(people).not.toHaveProperty('emi@example.com');
  for (const id of ['7000-mp', '7002-mp', '7014-mp']) expect(people[id]).not.toHaveProperty('unsubscribed');
});

it('has e-mail addresses where there are some', async (test) => {
  const { workspace } = await importWithPreset(test, 'mixpanel-people', 'mixpanel-people.ndjson');
  const emails = Object.fromEntries((await workspace.people()).map(({ id, email }) => [id, email]));
  expect(emails).toMatchObject({
    '7000-mp': 'ada.lindqvist@example.com',
    '7003-mp': null,
    '5': 'fadi@example.org',
    '7008-mp': null,
    'greta.mueller@example.com': 'greta.mueller@example.com',
  });
});

it('takes nothing away from people of whom a profile knows nothing', async (test) => {
  const profile = { $distinct_id: '7', $properties: { $phone: null, $last_name: '', plan: null, id: 'x', email: 'y' } };
  const arrived = await importWithPreset(test, 'mixpanel-people', [
    { $distinct_id: '7', $properties: { $email: 'ada@example.com', $phone: '+1', $last_name: 'L', plan: 'pro' } },
    profile,
    { $distinct_id: '', $properties: { plan: 'pro' } },
    { $distinct_id: '8', $properties: { $unsubscribed: 'perhaps' } },
  ]);
  expect(arrived.code).toBe(6);
  expect(arrived.invalid).toEqual(['3: no_identifier', '4: bad_value']);
  const [ada, ...others] = await arrived.workspace.people();
  expect(others).toEqual([]);
  expect(ada).toMatchObject({ id: '7', email: 'ada@example.com' });
  // A property called id or email is not the person's identifier.
  expect(ada?.attributes).toEqual({
    phone: '+1',
    last_name: 'L',
    plan: 'pro',
    properties_id: 'x',
    properties_email: 'y',
  });
});
