import { describe, expect, it } from 'vitest';
import { blockOf, ndjson, ndjsonLayout, planOf, preparerOf, run, sentOf } from '../../support/mapping.ts';

const AT = '2024-05-01T10:00:00Z';
const SECONDS = 1_714_557_600;

const created = (traits: Record<string, unknown>) => run(ndjson({ type: 'identify', userId: '7', traits }));
const asObject = (group: Record<string, unknown>) => run(ndjson(group), { groupObjectType: '2' });

describe('lines as Segment and its kin write them', () => {
  it('an identify may keep its traits in the context, and its time in originalTimestamp', () => {
    const { sent } = run(
      ndjson(
        {
          type: 'identify',
          userId: '7',
          context: { traits: { email: 'ann@example.com', plan: 'pro' } },
          originalTimestamp: AT,
        },
        {
          type: 'track',
          userId: '7',
          event: 'login',
          properties: { a: 1 },
          original_timestamp: AT,
          context: { traits: { plan: 'x' } },
        },
      ),
    );
    expect(sent[0]?.json).toEqual({
      type: 'person',
      identifiers: { id: '7' },
      action: 'identify',
      attributes: { email: 'ann@example.com', plan: 'pro' },
      timestamp: SECONDS,
    });
    expect(sent[1]?.json).toMatchObject({ action: 'event', name: 'login', timestamp: SECONDS, attributes: { a: 1 } });
  });

  it('an identify through v1 has one time, its own', () => {
    const source = ndjson({ type: 'identify', userId: '7', traits: { plan: 'pro' }, timestamp: AT });
    const { plan } = planOf(source, { api: 'v1' });
    const { body } = preparerOf(source.layout, plan, { timesFrom: 0 }).prepare(blockOf(source.rows)).operations;
    expect(Buffer.from(body).toString()).toBe(`{"plan":"pro","_timestamp":${SECONDS}}`);
  });

  it('pages and screens are told in snake case too; one without a name by its address', () => {
    const { sent } = run(
      ndjson(
        { type: 'page', user_id: '7', name: 'Home', properties: { url: 'https://example.com/' }, timestamp: AT },
        { type: 'screen', anonymous_id: 'a1', name: 'Cart', timestamp: AT },
        { type: 'page', userId: '7', properties: { url: 'https://example.com/x' }, timestamp: AT },
        { type: 'page', email: 'ann@example.com', user_id: '8', name: 'Home', timestamp: AT },
      ),
    );
    expect(sent.map(({ json }) => json.name)).toEqual(['Home', 'Cart', 'https://example.com/x', 'Home']);
    expect(sent[0]?.json).toMatchObject({ action: 'page', identifiers: { id: '7' } });
  });

  it('a page without a name is told by its category, or by where it is', () => {
    const url = 'https://example.com/';
    const pages: [Record<string, unknown>, string][] = [
      [{ name: 'Home', category: 'Docs', properties: { name: 'x', url } }, 'Home'],
      [{ name: null, category: 'Docs', properties: { name: 'x', url } }, 'Docs'],
      [{ name: '', properties: { name: 'Cart', url } }, 'Cart'],
      [{ name: ' ', properties: { url, path: '/', title: 'Home' } }, url],
      [{ properties: { path: '/', title: 'Home' } }, '/'],
      [{ name: '', properties: { title: 'Home' } }, 'Home'],
    ];
    const { sent } = run(ndjson(...pages.map(([page]) => ({ type: 'page', userId: '7', timestamp: AT, ...page }))));
    expect(sent.map(({ json }) => json.name)).toEqual(pages.map(([, name]) => name));
    const track = { type: 'track', userId: '7', event: '', category: 'Docs', properties: { name: 'x', url } };
    expect(run(ndjson(track)).chunk.invalid[0]?.code).toBe('no_event_name');
  });

  it('a type that nobody knows is one invalid row that names it, wherever it stands', () => {
    const lines = [
      { type: 'track', userId: '7', event: 'e', timestamp: AT },
      { type: 'reset', userId: '7' },
      { type: 'delete', user_id: '7' },
      { type: 'track', userId: '8', event: 'e', timestamp: AT },
    ];
    const { chunk, sent, plan } = run(ndjson(...lines));
    expect(plan.kind).toBe('events');
    expect(sent).toHaveLength(2);
    expect(chunk.invalid.map(({ index, code, message }) => [index, code, message.split(' is none')[0]])).toEqual([
      [1, 'bad_operation', 'the type "reset"'],
      [2, 'bad_operation', 'the type "delete"'],
    ]);
    // The sample had none of it.
    const later = preparerOf(ndjsonLayout(), planOf(ndjson(lines[0]!)).plan).prepare(
      blockOf([{ json: lines[2]! }, { json: lines[0]! }]),
    );
    expect([later.invalid.length, sentOf(later).length]).toEqual([1, 1]);
  });

  it('a flat row may have a column called type, beside typed lines too', () => {
    expect(run(ndjson({ id: '7', type: 'customer' })).sent[0]?.json.attributes).toEqual({ type: 'customer' });
    expect(run(ndjson({ user_id: '7', type: 'customer' })).sent[0]?.json.attributes).toEqual({ type: 'customer' });
    expect(
      run(ndjson({ id: '7', type: 'customer' }, { type: 'track', userId: '7', event: 'e', timestamp: AT })).sent,
    ).toHaveLength(2);
  });

  it('a flat row without an identifier among typed lines is one bad row, and the file goes on', () => {
    const { chunk, sent } = run(
      ndjson({ type: 'track', userId: '7', event: 'e', timestamp: AT }, { note: 'exported by hand' }),
    );
    expect([sent.length, chunk.invalid.map(({ code }) => code)]).toEqual([1, ['no_identifier']]);
  });

  it('RudderStack writes traits and properties side by side: those that the type of the line is about are taken', () => {
    const both = { userId: '7', traits: { plan: 'pro' }, properties: { total: 5 }, timestamp: AT };
    const { sent } = run(
      ndjson(
        { type: 'identify', ...both },
        { type: 'group', groupId: 'g1', ...both },
        { type: 'track', event: 'e', ...both },
        { type: 'page', name: 'p', ...both, traits: [] },
        { type: 'identify', userId: '8', properties: {}, context: { traits: { plan: 'free' } } },
        { type: 'identify', userId: '9', properties: { plan: 'free' }, traits: null },
      ),
    );
    expect(sent.map(({ json }) => json.attributes)).toEqual([
      { plan: 'pro' },
      { group_plan: 'pro', group_id: 'g1' },
      { total: 5 },
      { total: 5 },
      { plan: 'free' },
      { plan: 'free' },
    ]);
    for (const pair of [
      { data: {}, attributes: {} },
      { data: {}, traits: {} },
      { attributes: {}, properties: {} },
    ])
      for (const type of ['identify', 'track'])
        expect(run(ndjson({ type, userId: '7', event: 'e', ...pair })).chunk.invalid[0]?.code).toBe('bad_operation');
  });

  it("an identify's own traits count before those of its context, key by key", () => {
    const context = { traits: { plan: 'old', city: 'Wien', email: 'old@example.com' } };
    const lines = ndjson(
      { type: 'identify', userId: '7', traits: { plan: 'new', email: 'new@example.com' }, context },
      { type: 'identify', userId: '8', attributes: { plan: 'new' }, context },
      { type: 'track', userId: '7', event: 'e', context },
      { type: 'identify', userId: '', context },
    );
    expect(run(lines).sent.map(({ json }) => [json.identifiers, json.attributes])).toEqual([
      [{ id: '7' }, { plan: 'new', city: 'Wien', email: 'new@example.com' }],
      [{ id: '8' }, { plan: 'new' }],
      [{ id: '7' }, {}],
      [{ email: 'old@example.com' }, { plan: 'old', city: 'Wien' }],
    ]);
  });

  it('createdAt is when a person was created, unless created_at says so', () => {
    for (const createdAt of [AT, '2024-05-01T12:00:00+02:00', SECONDS, SECONDS * 1000, String(SECONDS)])
      expect(created({ createdAt, created_at: null }).sent[0]?.json.attributes).toEqual({ created_at: SECONDS });
    expect(created({ createdAt: 'spring', created_at: AT }).sent[0]?.json.attributes).toEqual({
      createdAt: 'spring',
      created_at: SECONDS,
    });
    expect(created({ createdAt: '' }).sent[0]?.json.attributes).toEqual({ createdAt: '' });
    expect(created({ createdAt: 'spring' }).chunk.invalid[0]).toMatchObject({
      code: 'bad_timestamp',
      field: 'createdAt',
    });
  });

  it('a group is an object and its relationship when its object type is said, else attributes of the person', () => {
    const group = { type: 'group', userId: '7', groupId: 'g1', traits: { name: 'Acme', id: 5 }, timestamp: AT };
    expect(asObject(group).sent[0]?.json).toEqual({
      type: 'object',
      identifiers: { object_type_id: '2', object_id: 'g1' },
      action: 'identify',
      attributes: { name: 'Acme', id: 5 },
      cio_relationships: [{ identifiers: { id: '7' } }],
    });
    expect(asObject({ ...group, userId: null, email: 'ann@example.com' }).sent[0]?.json).toMatchObject({
      cio_relationships: [{ identifiers: { email: 'ann@example.com' } }],
    });
    const nobody = { ...group, userId: '', anonymousId: 'a1' };
    expect(asObject(nobody).sent[0]?.json).not.toHaveProperty('cio_relationships');

    const { sent } = run(ndjson(group, { ...group, userId: '', email: 'ann@example.com', traits: null }));
    expect(sent[0]?.json).toEqual({
      type: 'person',
      identifiers: { id: '7' },
      action: 'identify',
      attributes: { group_name: 'Acme', group_id: 'g1' },
      timestamp: SECONDS,
    });
    expect(sent[1]?.json).toMatchObject({ identifiers: { email: 'ann@example.com' }, attributes: { group_id: 'g1' } });
    expect(run(ndjson(nobody)).chunk.invalid[0]?.message).toBe('group needs "userId" or "email"');
    for (const options of [{}, { groupObjectType: '2' }])
      expect(run(ndjson({ ...group, groupId: '' }), options).chunk.invalid[0]).toMatchObject({ field: 'groupId' });
  });

  it('an alias merges the earlier id into the other', () => {
    expect(run(ndjson({ type: 'alias', userId: '7', previousId: 'old' })).sent[0]?.json).toEqual({
      type: 'person',
      action: 'merge',
      primary: { id: '7' },
      secondary: { id: 'old' },
    });
    // The anonymous id of the line itself is nobody's id.
    expect(
      run(ndjson({ type: 'alias', userId: '7', previousId: 'a1', anonymousId: 'a1', timestamp: AT })).sent[0]?.json,
    ).toMatchObject({ action: 'identify', identifiers: { id: '7' }, attributes: { anonymous_id: 'a1' } });
    for (const previousId of ['', '7', 'NULL'])
      expect(run(ndjson({ type: 'alias', userId: '7', previousId })).chunk.invalid).toHaveLength(1);
  });

  it('are counted by type over the sample', () => {
    const track = { type: 'track', userId: '7', event: 'e', timestamp: AT };
    expect(
      planOf(
        ndjson(
          track,
          track,
          { type: 'reset', userId: '7' },
          { type: 'person', identifiers: { id: '1' }, action: 'delete' },
        ),
      ).lines,
    ).toEqual([
      { type: 'track', count: 2 },
      { type: 'reset', count: 1 },
      { type: 'person delete', count: 1 },
    ]);
    expect(planOf(ndjson({ id: '1' })).lines).toEqual([]);
  });

  it('without a type are flat rows, whose userId is found', () => {
    expect(
      run(ndjson({ userId: 'u1', event: 'Sign Up', timestamp: AT, properties: { plan: 'pro' } })).sent[0]?.json,
    ).toMatchObject({ identifiers: { id: 'u1' }, name: 'Sign Up', attributes: { properties: { plan: 'pro' } } });
  });
});
