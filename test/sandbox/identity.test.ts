/** Who is updated by what: docs/customerio.md 2.4 to 2.6. */
import { expect, test } from 'vitest';
import { identify, startTestSandbox } from '../support/with-sandbox.ts';

test('an e-mail address is the same person in any case, an id is not', async () => {
  const { track, people } = await startTestSandbox();
  await track.identify('ada@example.com', { plan: 'pro' });
  await track.identify('ADA@Example.com', { city: 'Bonn' });
  await track.identify('x');
  await track.identify('X');
  expect(await people()).toMatchObject([
    { email: 'ada@example.com', attributes: { plan: 'pro', city: 'Bonn' } },
    { id: 'x' },
    { id: 'X' },
  ]);
});

test('an unknown id with a known e-mail updates that person, who gains the id', async () => {
  const { track, people } = await startTestSandbox();
  await track.identify('ada@example.com', { plan: 'pro' });
  await track.identify('7', { email: 'ada@example.com', city: 'Bonn' });
  expect(await people()).toMatchObject([
    { id: '7', email: 'ada@example.com', attributes: { plan: 'pro', city: 'Bonn' } },
  ]);
});

test('fresh ids with one e-mail keep updating one person', async () => {
  const { batch, state, people } = await startTestSandbox();
  expect((await batch([1, 2, 3].map((n) => identify(`fresh-${n}`, { email: 'same@example.com', n })))).status).toBe(
    200,
  );
  expect(await people()).toMatchObject([{ id: 'fresh-1', email: 'same@example.com', attributes: { n: 3 } }]);
  expect(await state()).toMatchObject({ people: 1, failed_changes: 2 });
});

test('an e-mail of somebody else is a failed change behind a 200, and the rest is applied', async () => {
  const { track, call, people, state, events } = await startTestSandbox();
  await track.identify('1', { email: 'one@example.com' });
  await track.identify('2', { email: 'two@example.com' });
  expect((await call('PUT', '/api/v1/customers/2', { email: 'one@example.com', plan: 'pro' })).status).toBe(200);
  expect(await people()).toMatchObject([
    { email: 'one@example.com' },
    { email: 'two@example.com', attributes: { plan: 'pro' } },
  ]);
  expect(await state()).toMatchObject({ failed_changes: 1 });
  expect(await events('?type=failed_attribute_change')).toMatchObject([{ person_id: '2', data: { field: 'email' } }]);
});

test('an identifier that is set changes only through the cio_id', async () => {
  const { track, people } = await startTestSandbox();
  await track.identify('1', { email: 'old@example.com' });
  await track.identify('1', { email: 'new@example.com' });
  expect(await people()).toMatchObject([{ email: 'old@example.com' }]);
  const cioId = (await people())[0]!.cio_id;
  await track.identify(`cio_${cioId}`, { email: 'new@example.com', id: '2' });
  expect(await people()).toMatchObject([{ id: '2', email: 'new@example.com' }]);
});

test('an unknown cio_id is dropped silently, a malformed one is refused', async () => {
  const { call, state } = await startTestSandbox();
  expect((await call('PUT', '/api/v1/customers/cio_a3ffffff', { plan: 'pro' })).status).toBe(200);
  const refused = await call('PUT', '/api/v1/customers/cio_zzz', { plan: 'pro' });
  expect([refused.status, await refused.json()]).toEqual([400, { meta: { error: 'invalid identifier' } }]);
  expect(await state()).toMatchObject({ people: 0, skipped_updates: 1 });
});

test('_update never creates, and reserved names do not become attributes', async () => {
  const { track, people, state } = await startTestSandbox();
  await track.identify('1', { _update: true, plan: 'pro' });
  expect(await state()).toMatchObject({ people: 0, failed_changes: 1 });
  await track.identify('1', { created_at: 1_700_000_000, _timestamp: 1_700_000_000, anonymous_id: 'a' });
  await track.identify('1', { _update: true, plan: 'free' });
  expect((await people())[0]!.attributes).toEqual({ created_at: 1_700_000_000, plan: 'free' });
});

test('a late update with an older time fills gaps but overwrites nothing newer', async () => {
  const { track, batch, people } = await startTestSandbox();
  await track.identify('1', { plan: 'new', _timestamp: 2_000_000_000 });
  await batch([{ ...identify('1', { plan: 'old', city: 'Bonn' }), timestamp: 1_900_000_000 }]);
  expect((await people())[0]!.attributes).toEqual({ plan: 'new', city: 'Bonn' });
});

test('null and the empty string remove an attribute, an absent one stays', async () => {
  const { track, people } = await startTestSandbox();
  await track.identify('1', { a: 1, b: 'x', c: 'y', d: '' });
  await track.identify('1', { a: null, b: '' });
  expect((await people())[0]!.attributes).toEqual({ c: 'y' });
});

test('unsubscribed has its own truth table', async () => {
  const { track, appCall } = await startTestSandbox();
  const values = [true, 'TRUE', 1, '1', 'yes', 0, false];
  const seen: boolean[] = [];
  for (const [index, unsubscribed] of values.entries()) {
    await track.identify(`p${index}`, { unsubscribed });
    const response = await appCall('GET', `/v1/customers/p${index}/attributes`);
    seen.push(((await response.json()) as { customer: { unsubscribed: boolean } }).customer.unsubscribed);
  }
  expect(seen).toEqual([true, true, true, true, false, false, false]);
});

test('integers beyond 2^53 keep their digits', async () => {
  const { call, attributes, url } = await startTestSandbox();
  await call(
    'PUT',
    '/api/v1/customers/1',
    '{"account":9007199254740993,"ratio":0.12345678901234567,"text":"9007199254740993","n":12}',
  );
  await call('PUT', '/api/v1/customers/1', '{"plan":"pro"}');
  expect(await attributes('1')).toMatchObject({
    account: '9007199254740993',
    ratio: '0.12345678901234567',
    text: '9007199254740993',
    n: '12',
  });
  const line = await (await fetch(`${url}/_sandbox/people`)).text();
  expect(line).toContain('"account":9007199254740993,');
  expect(line).toContain('"text":"9007199254740993"');
});

test('a v1 identify relates the person to an object, and takes that back', async () => {
  const { track, state } = await startTestSandbox();
  const relationships = [
    { identifiers: { object_type_id: '1', object_id: 'acme' }, relationship_attributes: { role: 'admin' } },
  ];
  await track.identify('1', { cio_relationships: { action: 'add_relationships', relationships } });
  expect(await state()).toMatchObject({ people: 1, objects: 1, relationships: 1 });
  await track.identify('1', { cio_relationships: { action: 'delete_relationships', relationships } });
  expect(await state()).toMatchObject({ objects: 1, relationships: 0 });
});
