/** The vendor's own SDK against the sandbox: reference section 10, row by row. */
import { FilterOperator, IdentifierType } from 'customerio-node';
import { expect, test } from 'vitest';
import { startTestSandbox } from '../support/with-sandbox.ts';

test('identify creates a person, whose attributes come back as strings', async () => {
  const { track, attributes } = await startTestSandbox();
  await expect(track.identify('7', { email: 'ada@example.com', plan: 'pro', logins: 42, vip: true })).resolves.toEqual(
    {},
  );
  expect(await attributes('7')).toMatchObject({
    id: '7',
    email: 'ada@example.com',
    plan: 'pro',
    logins: '42',
    vip: 'true',
  });
});

test('success is 200 and the three bytes of an empty object, with the headers of the service', async () => {
  const { call } = await startTestSandbox();
  const response = await call('PUT', '/api/v1/customers/7', {});
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('{}\n');
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'content-length': '3',
    'access-control-allow-origin': '*',
    'cache-control': 'no-cache, no-store, must-revalidate, max-age=0',
  });
});

test('identifiers with blanks, slashes, accents and plus signs arrive as they are', async () => {
  const { track, people } = await startTestSandbox();
  await track.identify('a b/é+@x.com', { city: 'Köln' });
  await track.identify('é+a/b@x.com');
  await track.identify('a/b c');
  expect(await people()).toMatchObject([
    { id: 'a b/é+@x.com', email: null, attributes: { city: 'Köln' } },
    { id: null, email: 'é+a/b@x.com' },
    { id: 'a/b c' },
  ]);
});

test('track stores an event with the types of its data, its time and its name trimmed', async () => {
  const { track, events } = await startTestSandbox();
  await track.identify('7');
  await track.track('7', {
    name: ' purchase ',
    timestamp: 1_700_000_000,
    data: { amount: 12.5, vip: true, tags: ['a'] },
  });
  expect(await events()).toMatchObject([
    {
      type: 'event',
      name: 'purchase',
      timestamp: 1_700_000_000,
      person_id: '7',
      data: { amount: 12.5, vip: true, tags: ['a'] },
    },
  ]);
});

test('an event of somebody unknown creates the person', async () => {
  const { track, people } = await startTestSandbox();
  await track.track('new@example.com', { name: 'signup' });
  await track.track('8', { name: 'signup' });
  expect(await people()).toMatchObject([
    { id: null, email: 'new@example.com' },
    { id: '8', email: null },
  ]);
});

test('a page view is kept as a page with its path', async () => {
  const { track, events } = await startTestSandbox();
  await track.trackPageView('7', '/pricing');
  expect(await events()).toMatchObject([{ type: 'page', name: '/pricing', person_id: '7' }]);
});

test('anonymous events belong to nobody until somebody claims their anonymous id', async () => {
  const { track, events, state } = await startTestSandbox();
  await track.trackAnonymous('anon-1', { name: 'visit' });
  await track.trackAnonymous('', { name: 'invite', data: { recipient: 'friend@example.com' } });
  expect(await events()).toMatchObject([
    { anonymous_id: 'anon-1', person_id: null },
    { anonymous_id: null, person_id: null },
  ]);
  expect(await state()).toMatchObject({ people: 0, events: 2 });
  await track.identify('7', { anonymous_id: 'anon-1' });
  await track.trackAnonymous('anon-1', { name: 'visit again' });
  expect((await events()).map((event) => event.person_id)).toEqual(['7', null, '7']);
});

test('destroy removes the person, again without complaint, and does not block them', async () => {
  const { track, state } = await startTestSandbox();
  await track.identify('7', { plan: 'pro' });
  await track.destroy('7');
  await track.destroy('7');
  expect(await state()).toMatchObject({ people: 0 });
  await track.identify('7');
  expect(await state()).toMatchObject({ people: 1 });
});

test('suppress deletes the person and ignores later calls under either identifier, unsuppress frees both', async () => {
  const { track, state } = await startTestSandbox();
  await track.identify('7', { email: 'Ada@example.com' });
  await track.suppress('7');
  await track.identify('7');
  await track.identify('9', { email: 'ada@EXAMPLE.com' });
  await track.track('ada@example.com', { name: 'purchase' });
  expect(await state()).toMatchObject({ people: 0, events: 0, suppressed: 1, skipped_updates: 3 });
  await track.unsuppress('7');
  await track.identify('ada@example.com');
  expect(await state()).toMatchObject({ people: 1, suppressed: 0 });
});

test('devices are added, replaced and removed', async () => {
  const { track, appCall } = await startTestSandbox();
  const devices = async () =>
    ((await (await appCall('GET', '/v1/customers/7/attributes')).json()) as { customer: { devices: unknown[] } })
      .customer.devices;
  await track.addDevice('7', 'token/1', 'ios', { last_used: 1_700_000_000, model: 'x' });
  await track.addDevice('7', 'token-2', 'android');
  expect(await devices()).toEqual([
    { id: 'token-2', platform: 'android', last_used: null, attributes: {} },
    { id: 'token/1', platform: 'ios', last_used: 1_700_000_000, attributes: { model: 'x' } },
  ]);
  await track.deleteDevice('7', 'token/1');
  expect(await devices()).toMatchObject([{ id: 'token-2' }]);
});

test('merging keeps what the primary has, adds what it lacks, and moves events', async () => {
  const { track, people, events } = await startTestSandbox();
  await track.identify('1', { plan: 'pro' });
  await track.identify('two@example.com', { plan: 'free', city: 'Bonn' });
  await track.track('two@example.com', { name: 'purchase' });
  await track.mergeCustomers(IdentifierType.Id, '1', IdentifierType.Email, 'two@example.com');
  expect(await people()).toMatchObject([
    { id: '1', email: 'two@example.com', attributes: { plan: 'pro', city: 'Bonn' } },
  ]);
  expect(await events()).toMatchObject([{ person_id: '1' }]);
});

test('merging into somebody who does not exist does nothing', async () => {
  const { track, people } = await startTestSandbox();
  await track.identify('2', { city: 'Bonn' });
  await track.mergeCustomers(IdentifierType.Id, '1', IdentifierType.Id, '2');
  expect(await people()).toMatchObject([{ id: '2', attributes: { city: 'Bonn' } }]);
});

test('batch and entity apply v2 operations', async () => {
  const { track, state } = await startTestSandbox();
  await track.batch([
    { type: 'person', action: 'identify', identifiers: { id: '1' }, attributes: { plan: 'pro' } },
    { type: 'person', action: 'event', identifiers: { id: '1' }, name: 'purchase' },
  ]);
  await track.entity({
    type: 'object',
    action: 'identify',
    identifiers: { object_type_id: '1', object_id: 'acme' },
    attributes: { seats: 3 },
  });
  expect(await state()).toMatchObject({ people: 1, events: 1, objects: 1, operations_received: 3 });
});

test('the account region proves the workspace', async () => {
  const { track, url } = await startTestSandbox({ region: 'eu', environmentId: 77 });
  await expect(track.getAccountRegion()).resolves.toEqual({ url, region: 'eu', environment_id: 77 });
});

test('people enter and leave manual segments, and those of the wrong kind are ignored', async () => {
  const { track, appCall } = await startTestSandbox();
  const created = (await (
    await appCall('POST', '/v1/segments', { segment: { name: 'Testers', description: 'x' } })
  ).json()) as { segment: { id: number } };
  const { id } = created.segment;
  const count = async () => await (await appCall('GET', `/v1/segments/${id}/customer_count`)).json();
  await track.identify('1', { email: 'one@example.com' });
  await track.identify('2');
  await track.addCustomersToSegment(id, ['1', '2', 'nobody'], IdentifierType.Id);
  expect(await count()).toEqual({ segment_id: id, count: 2 });
  await track.removeCustomersFromSegment(id, ['one@example.com'], IdentifierType.Email);
  expect(await count()).toEqual({ segment_id: id, count: 1 });
});

test('a form identifies its sender and answers 204 without a body', async () => {
  const { track, call, people } = await startTestSandbox();
  await expect(track.submitForm('f1', { email: 'ada@example.com', plan: 'pro' })).resolves.toEqual({});
  expect((await call('POST', '/api/v1/forms/f1/submit', { data: { id: '7' } })).status).toBe(204);
  expect((await call('POST', '/api/v1/forms/f1/submit', { data: { id: '7', email: 'x@example.com' } })).status).toBe(
    400,
  );
  expect(await people()).toMatchObject([{ email: 'ada@example.com', attributes: { plan: 'pro' } }, { id: '7' }]);
});

test('delivery metrics, push events and unsubscribes are accepted without credentials', async () => {
  const { track, url, state } = await startTestSandbox();
  await track.reportMetric({ delivery_id: 'd1', metric: 'opened' });
  await track.trackPush({ delivery_id: 'd1', event: 'opened', device_id: 't', timestamp: 1 });
  await track.unsubscribe('d1');
  const response = await fetch(`${url}/unsubscribe/d2`, { method: 'POST', body: '{"unsubscribe":false}' });
  expect(response.status).toBe(200);
  expect(await state()).toMatchObject({ deliveries: 4 });
});

test('the App client reads attributes and searches', async () => {
  const { track, app } = await startTestSandbox();
  await track.identify('1', { plan: 'pro' });
  await track.identify('2', { plan: 'free' });
  expect(await app.getAttributes('1')).toMatchObject({ customer: { id: '1', attributes: { plan: 'pro' } } });
  const found = await app.searchCustomers({
    and: [{ attribute: { field: 'plan', operator: FilterOperator.Eq, value: 'free' } }],
  });
  expect(found).toMatchObject({ ids: ['2'], next: '' });
});
