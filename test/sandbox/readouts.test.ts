/** What a judge reads: the counts, the stored people and events, the order of operations, and the App API. */
import { expect, test } from 'vitest';
import { createTraffic } from '../../src/sandbox/http/traffic.ts';
import { event, identify, startTestSandbox, ULID } from '../support/with-sandbox.ts';

test('requests are counted by route and status, reading the state is not', async () => {
  const { call, track, state } = await startTestSandbox();
  await track.identify('a/b');
  await call('PUT', '/api/v1/customers/c', '{');
  await call('GET', '/api/v1/nowhere');
  await call('DELETE', '/api/v2/batch');
  await state();
  const { requests, operations_received: operations, first_request_at: first, last_request_at: last } = await state();
  expect(requests).toEqual({
    total: 4,
    by_path: {
      'PUT /api/v1/customers/:identifier': { 200: 1, 400: 1 },
      'not found': { 404: 1 },
      'method not allowed': { 405: 1 },
    },
  });
  expect(operations).toBe(1);
  expect(Date.parse(String(first))).toBeLessThanOrEqual(Date.parse(String(last)));
});

test('the counts of requests are told without those of what is stored', async () => {
  const { track, state, url } = await startTestSandbox();
  await track.identify('a');
  const traffic = (await (await fetch(`${url}/_sandbox/traffic`)).json()) as Record<string, unknown>;
  expect(traffic).toMatchObject({ operations_received: 1, requests: { total: 1 } });
  expect(traffic).not.toHaveProperty('people');
  expect(await state()).toMatchObject(traffic);
});

test('the most requests in any second are found across clock seconds', () => {
  let at = 0;
  const traffic = createTraffic(
    () => 0,
    () => at,
  );
  for (const start of [0, 600, 900, 1000, 1100, 1599, 1600, 5000]) {
    at = start;
    traffic.arrive();
  }
  expect(traffic.snapshot().max_requests_in_any_second).toBe(5);
});

test('people and events are read page by page in the order of creation', async () => {
  const { batch, url } = await startTestSandbox();
  await batch([identify('1'), identify('2'), identify('3')]);
  const page = async (query: string) =>
    (await (await fetch(`${url}/_sandbox/people${query}`)).text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; id: string });
  const first = await page('?limit=2');
  expect(first.map(({ id }) => id)).toEqual(['1', '2']);
  expect((await page(`?after=${first[1]!.seq}`)).map(({ id }) => id)).toEqual(['3']);
});

test('devices, objects and relationships are read with whom they belong to', async () => {
  const { batch, url } = await startTestSandbox();
  const acme = { object_type_id: '1', object_id: 'acme' };
  const device = { token: 't1', platform: 'ios', last_used: 1_700_000_000, attributes: { app_version: '1.0' } };
  await batch([
    { ...identify('1'), action: 'add_device', device },
    { ...identify('1'), action: 'add_device', device: { token: 't2', platform: 'android' } },
    { type: 'object', action: 'identify', identifiers: acme, attributes: { seats: 5 } },
    {
      ...identify('1'),
      action: 'add_relationships',
      cio_relationships: [{ identifiers: acme, relationship_attributes: { role: 'admin' } }],
    },
  ]);
  const read = async (what: string) =>
    (await (await fetch(`${url}/_sandbox/${what}`)).text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  const owner = { person_id: '1', person_email: null };
  expect(await read('devices')).toEqual([
    { seq: 1, ...owner, ...device },
    { seq: 2, ...owner, token: 't2', platform: 'android', last_used: null, attributes: {} },
  ]);
  expect(await read('devices?after=1')).toHaveLength(1);
  expect(await read('objects')).toEqual([{ seq: 1, ...acme, attributes: { seats: 5 } }]);
  expect(await read('relationships')).toEqual([{ seq: 1, ...owner, ...acme, attributes: { role: 'admin' } }]);
});

test('the operation log keeps the order received, repeats and refusals included', async () => {
  const { batch, track, url } = await startTestSandbox({ logOperations: true });
  await batch([
    identify('1', { n: 1 }),
    identify('2'),
    event('1', 'e', ULID),
    event('1', 'e', ULID),
    { ...identify('1'), timestamp: 'x' },
  ]);
  await track.identify('1', { n: 2 });
  const text = await (await fetch(`${url}/_sandbox/log?person=id:1`)).text();
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { effect: string; operation: { action: string } });
  expect(lines.map(({ effect, operation }) => `${operation.action} ${effect}`)).toEqual([
    'identify refused',
    'identify applied',
    'event applied',
    'event duplicate',
    'identify applied',
  ]);
});

test('reset forgets people, events and counts', async () => {
  const { batch, url, state } = await startTestSandbox();
  await batch([identify('1'), event('1', 'e')]);
  await fetch(`${url}/_sandbox/reset`, { method: 'POST' });
  expect(await state()).toMatchObject({
    people: 0,
    events: 0,
    requests: { total: 0, by_path: {} },
    max_requests_in_any_second: 0,
  });
});

test('the App API wants its own key', async () => {
  const { url, call } = await startTestSandbox();
  expect((await fetch(`${url}/v1/workspaces`)).status).toBe(401);
  expect((await call('GET', '/v1/workspaces')).status).toBe(401);
});

test('people are found by e-mail in any case, and nobody is an empty list', async () => {
  const { batch, appCall } = await startTestSandbox();
  await batch([identify('1', { email: 'Ada@example.com' })]);
  const find = async (email: string) =>
    await (await appCall('GET', `/v1/customers?email=${encodeURIComponent(email)}`)).json();
  expect(await find('ada@EXAMPLE.com')).toMatchObject({
    results: [{ id: '1', email: 'Ada@example.com', cio_id: expect.stringMatching(/^a3/) }],
  });
  expect(await find('x@example.com')).toEqual({ results: [] });
});

const attribute = (field: string, operator: string, value?: unknown) => ({ attribute: { field, operator, value } });

test('search combines filters and pages through its results', async () => {
  const { batch, appCall } = await startTestSandbox();
  await batch(
    Array.from({ length: 5 }, (_, n) => identify(`p${n}`, { n, vip: n > 2, ...(n === 0 ? { 'a "b"': 'x' } : {}) })),
  );
  const search = async (filter: unknown, query = '') => {
    const response = await appCall('POST', `/v1/customers${query}`, { filter });
    return (await response.json()) as { ids: string[]; next: string };
  };
  expect((await search({ and: [attribute('vip', 'eq', true)] })).ids).toEqual(['p3', 'p4']);
  expect((await search({ and: [attribute('vip', 'eq', 'true'), { not: attribute('n', 'eq', 4) }] })).ids).toEqual([
    'p3',
  ]);
  expect((await search({ or: [attribute('n', 'eq', '0'), attribute('id', 'eq', 'p1')] })).ids).toEqual(['p0', 'p1']);
  expect((await search({ and: [attribute('a "b"', 'exists')] })).ids).toEqual(['p0']);
  const first = await search({ and: [attribute('n', 'exists')] }, '?limit=3');
  expect(first.ids).toEqual(['p0', 'p1', 'p2']);
  expect(await search({ and: [attribute('n', 'exists')] }, `?limit=3&start=${first.next}`)).toMatchObject({
    ids: ['p3', 'p4'],
    next: '',
  });
});

test.each([
  [{ attribute: { field: 'a', operator: 'gt', value: 1 } }],
  [{}],
  [{ and: [] }],
  [{ and: [{}], or: [{}] }],
  [{ near: 1 }],
])('filter %j is refused', async (filter) => {
  const { appCall } = await startTestSandbox();
  const response = await appCall('POST', '/v1/customers', { filter });
  expect([response.status, await response.json()]).toEqual([
    400,
    { errors: [{ detail: expect.any(String), status: '400' }] },
  ]);
});

test('attributes of nobody are 404, of an unknown kind 400', async () => {
  const { appCall } = await startTestSandbox();
  expect((await appCall('GET', '/v1/customers/1/attributes')).status).toBe(404);
  expect((await appCall('GET', '/v1/customers/1/attributes?id_type=shoe')).status).toBe(400);
});

test('attributes of several people come in one call', async () => {
  const { batch, appCall } = await startTestSandbox();
  await batch([identify('1', { n: 1 }), identify('2', { n: 2 })]);
  const response = await appCall('POST', '/v1/customers/attributes', { ids: ['2', 'nobody', '1'] });
  expect(await response.json()).toMatchObject({
    customers: [
      { id: '2', attributes: { n: '2' } },
      { id: '1', attributes: { n: '1' } },
    ],
  });
});

test('activities come newest first, by page, type and name, with the types of event data', async () => {
  const { batch, appCall, track } = await startTestSandbox();
  await batch([
    event('1', 'a'),
    { ...event('1', 'b'), attributes: { n: 1 } },
    event('2', 'a'),
    { ...event('1', '/home'), action: 'page' },
  ]);
  await track.identify('1', { email: 'x@example.com' });
  await track.identify('1', { email: 'y@example.com' });
  interface Page {
    readonly activities: {
      readonly id: string;
      readonly type: string;
      readonly name?: string;
      readonly data: unknown;
    }[];
    readonly next: string;
  }
  const read = async (path: string) => (await (await appCall('GET', path)).json()) as Page;
  const mine = await read('/v1/customers/1/activities?limit=3');
  expect(mine.activities.map(({ type, name }) => [type, name])).toEqual([
    ['failed_attribute_change', undefined],
    ['page', undefined],
    ['event', 'b'],
  ]);
  expect(mine.activities[2]).toMatchObject({
    data: { n: 1 },
    id: expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
  });
  expect(
    (await read(`/v1/customers/1/activities?limit=3&start=${mine.next}`)).activities.map(({ name }) => name),
  ).toEqual(['a']);
  expect((await read('/v1/activities?type=failed_attribute_change')).activities).toHaveLength(1);
  expect((await read('/v1/activities?name=a')).activities).toHaveLength(2);
  await track.destroy('2');
  expect((await read('/v1/activities?name=a')).activities).toHaveLength(1);
  expect((await read('/v1/activities?deleted=true&type=profile_delete')).activities).toHaveLength(1);
});

test('segments list their members', async () => {
  const { batch, appCall, track } = await startTestSandbox();
  await batch([identify('1'), identify('2')]);
  await appCall('POST', '/v1/segments', { segment: { name: 'Testers' } });
  await track.addCustomersToSegment(1, ['1', '2']);
  const members = (await (await appCall('GET', '/v1/segments/1/membership?limit=1')).json()) as {
    ids: string[];
    next: string;
  };
  expect(members.ids).toEqual(['1']);
  const rest = await appCall('GET', `/v1/segments/1/membership?limit=1&start=${members.next}`);
  expect(await rest.json()).toMatchObject({ segment_id: 1, ids: ['2'], next: '' });
  expect(await (await appCall('GET', '/v1/segments')).json()).toMatchObject({
    segments: [{ id: 1, name: 'Testers', type: 'manual' }],
  });
  expect((await appCall('GET', '/v1/segments/9/membership')).status).toBe(404);
});
