import { describe, expect, it } from 'vitest';
import { blockOf, ndjson, ndjsonLayout, planOf, preparerOf, run, sentOf } from '../../support/mapping.ts';

const AT = '2024-05-01T10:00:00Z';
const SECONDS = 1_714_557_600;

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

  it('a group is an object and its relationship when its object type is said, else one invalid row that says so', () => {
    const group = { type: 'group', userId: '7', groupId: 'g1', traits: { name: 'Acme' } };
    expect(run(ndjson(group), { groupObjectType: '2' }).sent[0]?.json).toEqual({
      type: 'object',
      identifiers: { object_type_id: '2', object_id: 'g1' },
      action: 'identify',
      attributes: { name: 'Acme' },
      cio_relationships: [{ identifiers: { id: '7' } }],
    });
    expect(run(ndjson(group)).chunk.invalid[0]).toMatchObject({
      code: 'bad_operation',
      message: expect.stringContaining('--group-object-type'),
    });
    expect(
      run(ndjson({ type: 'group', userId: '7', groupId: '' }), { groupObjectType: '2' }).chunk.invalid[0]?.code,
    ).toBe('no_identifier');
  });

  it('an alias merges the earlier id into the other', () => {
    expect(run(ndjson({ type: 'alias', userId: '7', previousId: 'old' })).sent[0]?.json).toEqual({
      type: 'person',
      action: 'merge',
      primary: { id: '7' },
      secondary: { id: 'old' },
    });
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
