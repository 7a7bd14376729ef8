/** v2 batches: validation per item, limits in bytes, whole refusals. Reference 3 and 5.1. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemBytes } from '../../src/sandbox/track/item-bytes.ts';
import { event, identify, startTestSandbox } from '../support/with-sandbox.ts';

interface Refused {
  readonly errors: {
    readonly batch_index?: number;
    readonly reason: string;
    readonly field: string;
    readonly message: string;
  }[];
}

async function errorsOf(response: Response): Promise<Refused['errors']> {
  return ((await response.json()) as Refused).errors;
}

test('bad items are listed in order with status 207 and all others are applied', async () => {
  const { batch, state } = await startTestSandbox();
  const response = await batch([
    identify('1'),
    { type: 'person', action: 'fly', identifiers: { id: '2' } },
    identify('3'),
    { type: 'person', identifiers: { id: '4' } },
    { type: 'person', action: 'event', identifiers: {} },
  ]);
  expect(response.status).toBe(207);
  expect((await errorsOf(response)).map(({ batch_index, reason, field }) => [batch_index, reason, field])).toEqual([
    [1, 'invalid', 'action'],
    [3, 'required', 'action'],
    [4, 'required', 'identifiers'],
    [4, 'required', 'name'],
  ]);
  expect(await state()).toMatchObject({ people: 2, operations_received: 5 });
});

test.each([
  [
    'two identifiers',
    { type: 'person', action: 'identify', identifiers: { id: '1', email: 'a@b.example' } },
    'identifiers',
  ],
  ['an unknown identifier', { type: 'person', action: 'identify', identifiers: { user: '1' } }, 'identifiers.user'],
  [
    'an e-mail without @',
    { type: 'person', action: 'identify', identifiers: { email: 'nobody' } },
    'identifiers.email',
  ],
  [
    'a phone number that is no E.164',
    { type: 'person', action: 'identify', identifiers: { phone: '0301234' } },
    'identifiers.phone',
  ],
  ['a blank id', { type: 'person', action: 'identify', identifiers: { id: ' ' } }, 'identifiers.id'],
  ['an id of 151 bytes', identify('é'.repeat(75) + 'x'), 'identifiers.id'],
  ['a name of 151 bytes', identify('1', { ['é'.repeat(75) + 'x']: 1 }), 'attributes'],
  ['a value of 1,001 bytes', identify('1', { plan: 'é'.repeat(500) + 'x' }), 'attributes.plan'],
  ['a nested value of 1,001 bytes', identify('1', { plan: { a: 'x'.repeat(993) } }), 'attributes.plan'],
  [
    '301 attributes',
    identify('1', Object.fromEntries(Array.from({ length: 301 }, (_, n) => [`a${n}`, n]))),
    'attributes',
  ],
  ['attributes that are a list', { ...identify('1'), attributes: [] }, 'attributes'],
  ['a date as timestamp', { ...identify('1'), timestamp: '2025-01-01' }, 'timestamp'],
  ['an event name of 101 bytes', event('1', 'é'.repeat(50) + 'x'), 'name'],
  ['an event without a name', event('1', ''), 'name'],
  ['an item over 32,000 bytes', { ...event('1', 'big'), attributes: { text: 'x'.repeat(32_000) } }, 'body'],
  [
    'a device without a token',
    { type: 'person', action: 'add_device', identifiers: { id: '1' }, device: { platform: 'ios' } },
    'device.token',
  ],
  [
    'a device of no platform',
    { type: 'person', action: 'add_device', identifiers: { id: '1' }, device: { token: 't', platform: 'tv' } },
    'device.platform',
  ],
  [
    'relationships that are missing',
    { type: 'person', action: 'add_relationships', identifiers: { id: '1' } },
    'cio_relationships',
  ],
  [
    'an object without an id',
    { type: 'object', action: 'identify', identifiers: { object_type_id: '1' } },
    'identifiers.object_id',
  ],
  [
    'an object that is tracked',
    { type: 'object', action: 'event', identifiers: { object_type_id: '1', object_id: 'a' } },
    'action',
  ],
  ['a merge without a secondary', { action: 'merge', primary: { id: '1' } }, 'secondary'],
  [
    'a delivery with an unknown metric',
    { type: 'delivery', action: 'event', identifiers: { id: 'd' }, name: 'eaten' },
    'name',
  ],
  ['a missing type', { action: 'identify', identifiers: { id: '1' } }, 'type'],
  ['an item that is no object', 'identify', 'body'],
])('%s is refused, by name of the field', async (_what, operation, field) => {
  const { batch, state } = await startTestSandbox();
  const response = await batch([identify('good'), operation]);
  expect([response.status, (await errorsOf(response)).map((error) => [error.batch_index, error.field])]).toEqual([
    207,
    [[1, field]],
  ]);
  expect(await state()).toMatchObject({ people: 1, events: 0 });
});

test('what is exactly at a limit is accepted', async () => {
  const { batch } = await startTestSandbox();
  const big = { ...event('1', 'big'), attributes: { text: '' } };
  const room = 32_000 - Buffer.byteLength(JSON.stringify(big));
  const response = await batch([
    identify('é'.repeat(75)),
    identify('1', { ['é'.repeat(75)]: 'é'.repeat(500) }),
    event('1', 'é'.repeat(50)),
    { ...big, attributes: { text: 'x'.repeat(room) } },
  ]);
  expect(response.status).toBe(200);
});

const person = (action: string, more: object = {}) => ({ type: 'person', action, identifiers: { id: '1' }, ...more });
const object = (action: string, more: object = {}) => ({
  type: 'object',
  action,
  identifiers: { object_type_id: '1', object_id: 'acme' },
  ...more,
});

test('every action of the matrix is accepted', async () => {
  const { batch, state } = await startTestSandbox();
  const toObject = { cio_relationships: [{ identifiers: { object_type_id: '1', object_id: 'acme' } }] };
  const toPerson = { cio_relationships: [{ identifiers: { id: '1' } }] };
  const response = await batch([
    person('identify', toObject),
    person('event', { name: 'e' }),
    person('page', { name: 'p' }),
    person('screen', { name: 's' }),
    person('add_relationships', toObject),
    person('delete_relationships', toObject),
    person('add_device', { device: { token: 't', platform: 'ios' } }),
    person('delete_device', { device: { token: 't' } }),
    object('identify', { attributes: { seats: 3 } }),
    object('add_relationships', toPerson),
    object('delete_relationships', toPerson),
    object('identify_anonymous', { cio_relationships: [{ identifiers: { anonymous_id: 'a' } }] }),
    object('delete'),
    { type: 'delivery', action: 'event', identifiers: { id: 'd' }, name: 'opened' },
    { type: 'person', action: 'event', identifiers: { anonymous_id: 'a' }, name: 'visit' },
    { action: 'merge', primary: { id: '1' }, secondary: { email: 'x@y.example' } },
    person('suppress'),
    person('unsuppress'),
    person('delete'),
  ]);
  expect([response.status, await response.text()]).toEqual([200, '{}\n']);
  expect(await state()).toMatchObject({ people: 0, events: 4, objects: 0, deliveries: 1 });
});

test.each([
  ['no JSON', '{"batch":[', 'body'],
  ['a batch that is no list', '{"batch":{}}', 'body'],
  ['an empty batch', '{"batch":[]}', 'batch'],
])('%s is refused as a whole', async (_what, body, field) => {
  const { call } = await startTestSandbox();
  const response = await call('POST', '/api/v2/batch', body);
  expect([response.status, (await errorsOf(response)).map((error) => error.field)]).toEqual([400, [field]]);
});

test('a body of 500,000 bytes is refused as a whole and nothing of it is applied, one byte less is fine', async () => {
  const { call, state } = await startTestSandbox();
  const body = `{"batch":[${JSON.stringify(identify('1'))}]}`;
  const refused = await call('POST', '/api/v2/batch', body.padEnd(500_000, ' '));
  expect([refused.status, (await errorsOf(refused))[0]?.field]).toEqual([400, 'body']);
  expect(await state()).toMatchObject({ people: 0 });
  expect((await call('POST', '/api/v2/batch', body.padEnd(499_999, ' '))).status).toBe(200);
});

test('an entity over 32,000 bytes is refused', async () => {
  const { call } = await startTestSandbox();
  const response = await call('POST', '/api/v2/entity', {
    ...event('1', 'e'),
    attributes: { text: 'x'.repeat(32_000) },
  });
  expect(response.status).toBe(400);
});

const shape = (people: readonly { id: string | null; email: string | null; attributes: object }[]) =>
  people.map(({ id, email, attributes }) => ({ id, email, attributes }));

test('a large batch means the same as its operations one by one', async () => {
  const large = await startTestSandbox();
  const single = await startTestSandbox();
  const operations = Array.from({ length: 400 }, (_, n) => {
    if (n % 97 === 5) return { type: 'person', action: 'delete', identifiers: { id: `p${n % 60}` } };
    if (n > 300) return event(`p${n % 120}`, 'e', `01HF7YAT00ABCDEFGHJKMN${String(1000 + (n % 150))}`);
    return identify(`p${n % 130}`, { n, email: `e${n % 140}@example.com` });
  });
  expect((await large.batch(operations)).status).toBe(200);
  for (const operation of operations) await single.call('POST', '/api/v2/entity', operation);
  expect(shape(await large.people())).toEqual(shape(await single.people()));
  expect((await large.state()).events).toBe((await single.state()).events);
  expect((await large.state()).duplicate_events_ignored).toBe((await single.state()).duplicate_events_ignored);
});

test('v1 refuses with meta.errors what v2 refuses by item', async () => {
  const { call } = await startTestSandbox();
  const bodies: [string, string, unknown][] = [
    ['PUT', '/api/v1/customers/1', { plan: 'x'.repeat(1001) }],
    ['POST', '/api/v1/customers/1/events', { data: {} }],
    ['POST', '/api/v1/customers/1/events', { name: 'e', data: { text: 'x'.repeat(100_000) } }],
    ['POST', '/api/v1/events', { name: 'e', data: 'x' }],
    ['PUT', '/api/v1/customers/1/devices', { device: { platform: 'ios' } }],
    ['POST', '/api/v1/segments/1/add_customers', { ids: [] }],
    ['POST', '/api/v1/customers/1/events', '{"name":'],
  ];
  for (const [method, path, body] of bodies) {
    const response = await call(method, path, body);
    expect([response.status, await response.json()]).toEqual([400, { meta: { errors: [expect.any(String)] } }]);
  }
  const merge = await call('POST', '/api/v1/merge_customers', {
    primary: { id: '1', email: 'a@b.example' },
    secondary: { id: '2' },
  });
  expect([merge.status, await merge.json()]).toEqual([400, { meta: { error: expect.any(String) } }]);
});

test('an event of 99 kB goes by v1', async () => {
  const { call, events } = await startTestSandbox();
  expect(
    (await call('POST', '/api/v1/customers/1/events', { name: 'big', data: { text: 'x'.repeat(99_000) } })).status,
  ).toBe(200);
  expect(await events()).toHaveLength(1);
});

test('the bytes of every item are counted as they were sent', () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  fc.assert(
    fc.property(fc.array(json, { minLength: 1 }), fc.constantFrom('', ' ', '\n  '), (items, blank) => {
      const texts = items.map((item) => JSON.stringify(item, null, blank));
      const body = `${blank}{${blank}"batch"${blank}:${blank}[${blank}${texts.join(`${blank},${blank}`)}${blank}]${blank}}`;
      expect(itemBytes(Buffer.from(body))).toEqual(texts.map((text) => Buffer.byteLength(text)));
    }),
  );
});
