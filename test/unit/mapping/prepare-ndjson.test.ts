import { describe, expect, it } from 'vitest';
import { hashPerson, personsOf } from '../../../src/domain/person.ts';
import { RawNumber } from '../../../src/domain/raw-number.ts';
import { isUlid } from '../../../src/domain/ulid.ts';
import { ndjson, run } from '../../support/mapping.ts';

const person = (action: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'person',
  identifiers: { id: '7' },
  action,
  ...more,
});

describe('flat rows', () => {
  it('keep their own types, and big numbers their digits', () => {
    const { sent } = run(
      ndjson({
        id: 7,
        n: 1.5,
        big: new RawNumber('12345678901234567890'),
        on: true,
        tags: ['a', { b: null }],
        gone: null,
        empty: '',
      }),
    );
    expect(sent[0]?.text).toBe(
      '{"type":"person","identifiers":{"id":"7"},"action":"identify","attributes":{"n":1.5,"big":12345678901234567890,"on":true,"tags":["a",{"b":null}],"gone":null,"empty":""}}',
    );
  });

  it('have fields that no sample knew', () => {
    const source = ndjson({ id: 1, a: 'x' }, { id: 2, b: 'y', created_at: '2025-03-04T00:00:00Z' }, { email: 'a@b.c' });
    const { sent } = run({ ...source, rows: source.rows });
    expect(sent.map((one) => one.json.attributes)).toEqual([{ a: 'x' }, { b: 'y', created_at: 1_741_046_400 }, {}]);
    expect(sent[2]?.json.identifiers).toEqual({ email: 'a@b.c' });
  });

  it('leave out nothing unless told so', () => {
    expect(run(ndjson({ id: 1, a: null, b: '' }), { empty: 'omit' }).sent[0]?.json.attributes).toEqual({});
  });

  it('have usable identifiers or are invalid', () => {
    const { chunk } = run(
      ndjson(
        { id: 'ok' },
        { id: true },
        { id: { a: 1 } },
        { id: ' ' },
        { id: '\ud800' },
        { id: null },
        { id: 'x'.repeat(151) },
      ),
    );
    expect(chunk.invalid.map((row) => row.code)).toEqual([
      'bad_identifier',
      'bad_identifier',
      'bad_identifier',
      'bad_identifier',
      'no_identifier',
      'too_long',
    ]);
  });

  it('are held to the limits', () => {
    const many = Object.fromEntries(Array.from({ length: 301 }, (_, index) => [`a${index}`, 1]));
    let deep: unknown = 1;
    for (let level = 0; level < 200; level++) deep = [deep];
    const { chunk } = run(
      ndjson(
        { id: 1, ...many },
        { id: 1, ['é'.repeat(76)]: 1 },
        { id: 1, a: { b: 'x'.repeat(1001) } },
        { id: 1, deep },
        { id: 1, n: Infinity },
      ),
    );
    expect(chunk.invalid.map((row) => row.code)).toEqual([
      'too_many',
      'too_long',
      'too_long',
      'bad_value',
      'bad_value',
    ]);
  });

  it('cost one row when one of them has a hundred thousand fields', () => {
    const huge = Object.fromEntries(Array.from({ length: 150_000 }, (_, n) => [`k${n}`, n]));
    const { chunk, sent, plan } = run(ndjson({ id: 1, a: 'x' }, { id: 2, ...huge }, { id: 3, a: 'y' }));
    expect([chunk.invalid.map((row) => row.message), sent.length]).toEqual([
      ['150000 attributes; the limit is 300'],
      2,
    ]);
    expect(plan.columns.length).toBeLessThan(2_000);
  });

  it('take __proto__ for a plain name', () => {
    const { sent } = run({ ...ndjson(), rows: [{ json: JSON.parse('{"id":1,"__proto__":{"x":1},"constructor":2}') }] });
    expect(sent[0]?.text).toContain('"attributes":{"__proto__":{"x":1},"constructor":2}');
  });

  it('are events when they name one', () => {
    const { sent } = run(ndjson({ user_id: 7, event: 'x', timestamp: 1_700_000_000, b: 1, a: { d: 1, c: 2 } }));
    expect(sent[0]?.text).toMatch(
      /^\{"type":"person","identifiers":\{"id":"7"\},"action":"event","name":"x","id":"[0-9A-Z]{26}","timestamp":1700000000,"attributes":\{"a":\{"c":2,"d":1\},"b":1\}\}$/,
    );
  });
});

describe('identify and track lines', () => {
  it('become operations', () => {
    const { sent } = run(
      ndjson(
        {
          type: 'identify',
          userId: 7,
          traits: { email: 'a@b.c', plan: 'pro', created_at: '2025-03-04T00:00:00Z' },
          timestamp: '2025-03-04T00:00:00Z',
        },
        {
          type: 'track',
          userId: '7',
          event: 'x',
          properties: { a: 1 },
          messageId: 'm-1',
          timestamp: '2025-03-04T00:00:00Z',
        },
        { type: 'track', email: 'a@b.c', name: 'x', data: { a: 1 } },
        { type: 'track', anonymousId: 'anon', event: 'x' },
      ),
    );
    expect(sent[0]?.json).toEqual({
      type: 'person',
      identifiers: { id: '7' },
      action: 'identify',
      attributes: { email: 'a@b.c', plan: 'pro', created_at: 1_741_046_400 },
      timestamp: 1_741_046_400,
    });
    expect(sent[1]?.json).toMatchObject({
      identifiers: { id: '7' },
      action: 'event',
      name: 'x',
      timestamp: 1_741_046_400,
      attributes: { a: 1 },
    });
    expect(sent[2]?.json.identifiers).toEqual({ email: 'a@b.c' });
    expect(sent[3]?.single).toEqual({ method: 'POST', path: '/api/v1/events' });
    expect(sent[3]?.json).toMatchObject({ anonymous_id: 'anon', name: 'x', data: {} });
    expect(sent.every((one) => one.json.action === 'identify' || isUlid(one.json.id))).toBe(true);
  });

  it('say what they lack', () => {
    const { chunk } = run(
      ndjson(
        { type: 'identify', traits: {} },
        { type: 'track', event: 'x' },
        { type: 'track', userId: '7' },
        { type: 'track', userId: '7', event: 'x', data: [] },
        { type: 'track', userId: '7', event: 'x', data: {}, properties: {} },
        { type: 'track', userId: '7', event: 'x', timestamp: 'yesterday' },
      ),
    );
    expect(chunk.invalid.map((row) => row.code)).toEqual([
      'no_identifier',
      'no_identifier',
      'no_event_name',
      'bad_operation',
      'bad_operation',
      'bad_timestamp',
    ]);
  });
});

describe('Track v2 operations', () => {
  it('pass through', () => {
    const operations = [
      person('identify', { attributes: { a: 1 } }),
      person('delete'),
      person('suppress'),
      person('unsuppress'),
      person('add_device', { device: { token: 't', platform: 'ios' } }),
      person('delete_device', { device: { token: 't' } }),
      person('add_relationships', { cio_relationships: [{ identifiers: { object_type_id: '1', object_id: 'acme' } }] }),
      { type: 'person', action: 'merge', primary: { id: '7' }, secondary: { email: 'A@b.c' } },
      {
        type: 'object',
        identifiers: { object_type_id: '1', object_id: 'acme' },
        action: 'identify',
        attributes: { name: 'Acme' },
        cio_relationships: [{ identifiers: { id: '7' } }],
      },
      { type: 'object', identifiers: { cio_object_id: 'o1' }, action: 'delete' },
      {
        type: 'delivery',
        identifiers: { id: 'd1' },
        action: 'event',
        name: 'opened',
        attributes: { device_token: 't' },
      },
    ];
    const { sent, chunk } = run(ndjson(...operations));
    expect(chunk.invalid).toEqual([]);
    expect(sent.map((one) => one.json)).toEqual(operations);
    for (const one of sent) {
      const keys = personsOf(one.text).map(hashPerson);
      expect(keys).toEqual(one.keys);
    }
    expect(personsOf(sent[7]?.text ?? '')).toEqual(['id:7', 'email:a@b.c']);
    expect(personsOf(sent[8]?.text ?? '')).toEqual(['object:1:acme', 'id:7']);
  });

  it('get an id when they are events without a valid one', () => {
    const { sent } = run(
      ndjson(
        person('event', { name: 'x' }),
        person('page', { name: 'x', id: 'nope' }),
        person('screen', { name: 'x', id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }),
      ),
    );
    expect(sent.map((one) => isUlid(one.json.id))).toEqual([true, true, true]);
    expect(sent[2]?.json.id).toBe('01ARZ3NDEKTSV4RRFFQ69G5FAV');
    expect(sent.map((one) => one.json.action)).toEqual(['event', 'page', 'screen']);
  });

  it('are held to the matrix of types and actions, and to the fields that each needs', () => {
    const wrong: [Record<string, unknown>, string][] = [
      [person('explode'), 'action'],
      [{ type: 'object', identifiers: { cio_object_id: '1' }, action: 'suppress' }, 'action'],
      [{ type: 'person', identifiers: { id: '1' } }, 'action'],
      [person('identify', { identifiers: { id: '7', email: 'a@b.c' } }), 'identifiers'],
      [person('identify', { identifiers: {} }), 'identifiers'],
      [person('identify', { identifiers: { anonymous_id: 'x' } }), 'identifiers'],
      [person('identify', { attributes: [] }), 'attributes'],
      [person('add_device', { device: { token: 't' } }), 'device.platform'],
      [person('delete_device'), 'device.token'],
      [person('add_relationships'), 'cio_relationships'],
      [person('add_relationships', { cio_relationships: [{}] }), 'cio_relationships[0].identifiers'],
      [person('merge', { primary: { id: '1' }, secondary: { id: '2' } }), 'identifiers'],
      [{ type: 'person', action: 'merge', primary: { id: '1' }, secondary: {} }, 'secondary'],
      [{ type: 'object', identifiers: { object_id: 'a' }, action: 'delete' }, 'identifiers'],
      [{ type: 'delivery', identifiers: { id: '1' }, action: 'event', name: 'bounced' }, 'name'],
      [
        { type: 'object', identifiers: { cio_object_id: '1' }, action: 'identify_anonymous' },
        'cio_relationships[0].identifiers.anonymous_id',
      ],
    ];
    const { chunk, sent } = run(ndjson(...wrong.map(([operation]) => operation)));
    expect(sent).toEqual([]);
    expect(chunk.invalid.map((row) => [row.code, row.field])).toEqual(
      wrong.map(([, field]) => ['bad_operation', field]),
    );
  });

  it('need a name for events, and a person that is one', () => {
    const { chunk } = run(
      ndjson(
        person('event'),
        person('event', { name: 'x', identifiers: { id: '' } }),
        person('delete', { identifiers: { id: ' ' } }),
      ),
    );
    expect(chunk.invalid.map((row) => row.code)).toEqual(['no_event_name', 'no_identifier', 'bad_identifier']);
  });

  it('become v1 requests where v1 has one', () => {
    const { sent, chunk } = run(
      ndjson(
        person('page', { name: 'Home', attributes: { a: 1 } }),
        person('add_device', { device: { token: 't', platform: 'ios' } }),
        person('delete_device', { device: { token: 't/1' } }),
        { action: 'merge', primary: { id: '7' }, secondary: { id: '8' } },
        person('add_relationships', { cio_relationships: [] }),
      ),
      { api: 'v1' },
    );
    expect(sent.map((one) => [one.single?.method, one.single?.path])).toEqual([
      ['POST', '/api/v1/customers/7/events'],
      ['PUT', '/api/v1/customers/7/devices'],
      ['DELETE', '/api/v1/customers/7/devices/t%2F1'],
      ['POST', '/api/v1/merge_customers'],
    ]);
    expect(sent[0]?.json).toMatchObject({ type: 'page', name: 'Home', data: { a: 1 } });
    expect(sent[1]?.json).toEqual({ device: { id: 't', platform: 'ios' } });
    expect(chunk.invalid[0]?.message).toContain('--api v2');
  });

  it('are never called unchanged after something else was done to the person', () => {
    const { sent } = run(
      ndjson(
        person('identify', { attributes: { a: 1 } }),
        person('delete'),
        person('identify', { attributes: { a: 1 } }),
        { type: 'person', action: 'merge', primary: { id: '7' }, secondary: { id: '9' } },
        person('identify', { attributes: { a: 1 } }),
      ),
    );
    expect(sent).toHaveLength(5);
  });

  it('are never called unchanged after a row that may be about the same person under another name', () => {
    const known = [
      person('identify', { attributes: { email: 'a@b.c' } }),
      person('identify', { attributes: { plan: 'free' } }),
    ];
    const change = { email: 'a@b.c', plan: 'pro' };
    const others = [
      { type: 'person', identifiers: { email: 'a@b.c' }, action: 'identify', attributes: { plan: 'pro' } },
      { type: 'person', identifiers: { id: 'unknown so far' }, action: 'identify', attributes: change },
      {
        type: 'person',
        identifiers: { id: 'unknown so far' },
        action: 'identify',
        attributes: change,
        cio_relationships: [{ identifiers: { object_type_id: '1', object_id: 'acme' } }],
      },
      { type: 'person', identifiers: { cio_id: 'a1' }, action: 'delete' },
      { type: 'person', identifiers: { email: 'a@b.c' }, action: 'suppress' },
    ];
    for (const other of others)
      expect(run(ndjson(...known, other, person('identify', { attributes: { plan: 'free' } }))).chunk.skipped).toEqual(
        {},
      );
    const nobodyElse = { type: 'person', identifiers: { id: '8' }, action: 'identify', attributes: { plan: 'pro' } };
    expect(
      run(ndjson(...known, nobodyElse, person('identify', { attributes: { plan: 'free' } }))).chunk.skipped,
    ).toEqual({ unchanged: 1 });
  });

  it('count for order under every name that they say themselves', () => {
    const all = { id: '7', email: 'A@b.c', phone: '+4930', anonymous_id: 'x' };
    const { sent } = run(
      ndjson(
        { type: 'person', identifiers: { cio_id: 'a1' }, action: 'identify', attributes: all },
        { cio_id: 'cio_a1', plan: 'pro', ...all },
        { type: 'identify', userId: '7', email: 'A@b.c', anonymousId: 'x', traits: { phone: '+4930' } },
      ),
      { cioIdColumn: 'cio_id' },
    );
    const names = ['id:7', 'email:a@b.c', 'phone:+4930', 'anonymous_id:x'].map(hashPerson);
    expect(sent.map((one) => new Set(one.keys))).toEqual([
      new Set([hashPerson('cio_id:a1'), ...names]),
      new Set([hashPerson('cio_id:a1'), ...names]),
      new Set(names),
    ]);
    for (const one of sent) expect(new Set(personsOf(one.text).map(hashPerson))).toEqual(new Set(one.keys));
  });

  it('may stand beside the other forms in one file', () => {
    const { sent } = run(ndjson({ id: 1, a: 'x' }, { type: 'track', userId: '1', event: 'x' }, person('delete')));
    expect(sent.map((one) => one.json.action)).toEqual(['identify', 'event', 'delete']);
  });
});
