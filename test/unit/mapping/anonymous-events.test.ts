/** Events of people who are not known yet: rows with an anonymous id and nothing else. */
import { describe, expect, it } from 'vitest';
import { parseMappingFile } from '../../../src/mapping/plan/mapping-file.ts';
import { csv, errorOf, ndjson, planOf, run } from '../../support/mapping.ts';

const AT = '2025-03-04T10:00:00Z';
const TRACK = { type: 'track', anonymousId: 'anon-1', event: 'visited', timestamp: AT, messageId: 'm-1' };
const row = (fields: Record<string, unknown>): Record<string, unknown> => ({
  event: 'visited',
  timestamp: AT,
  message_id: 'm-1',
  page: 'home',
  ...fields,
});

describe('an event row with an anonymous id', () => {
  it('is sent exactly as the line that Segment writes, from CSV and from NDJSON', () => {
    const [typed] = run(ndjson({ ...TRACK, properties: { page: 'home' } })).sent;
    expect(typed?.single?.path).toBe('/api/v1/events');
    const cells = csv('anonymous_id,event,timestamp,message_id,page', `anon-1,visited,${AT},m-1,home`);
    for (const source of [cells, ndjson(row({ anonymousId: 'anon-1' }))])
      expect(run(source).sent).toEqual([expect.objectContaining({ ...typed, row: 0 })]);
  });

  it('is about the person whose id or e-mail it has, and the anonymous id is not sent', () => {
    const rows = csv('user_id,email,anonymousId,event', '7,a@b.c,x,e', ',a@b.c,x,e', ',,x,e');
    const flat = ndjson(
      { user_id: '7', email: 'a@b.c', anonymous_id: 'x', event: 'e' },
      { email: 'a@b.c', anonymous_id: 'x', event: 'e' },
      { user_id: '', anonymous_id: 'x', event: 'e' },
    );
    for (const source of [rows, flat]) {
      const { sent } = run(source);
      expect(sent.map(({ json }) => json.identifiers ?? json.anonymous_id)).toEqual([
        { id: '7' },
        { email: 'a@b.c' },
        'x',
      ]);
      expect(sent.map(({ json }) => json.attributes ?? json.data)).toEqual([{}, {}, {}]);
    }
  });

  it('needs one that is usable', () => {
    const rows = csv('email,anonymous_id,event', ',,e', ',NULL,e', ', ,e', `,${'x'.repeat(151)},e`, ',ok,e');
    const flat = ndjson(
      ...[null, 'NULL', ' ', 'x'.repeat(151), 'ok'].map((anonymous_id) => ({ anonymous_id, event: 'e' })),
    );
    for (const source of [rows, flat])
      expect(run(source).chunk.invalid.map(({ index, code }) => [index, code])).toEqual([
        [0, 'no_identifier'],
        [1, 'no_identifier'],
        [2, 'bad_identifier'],
        [3, 'too_long'],
      ]);
    expect(run(rows).chunk.invalid.map(({ column }) => column)).toEqual([1, 2, 2, 2]);
  });

  it('is recognised by its usual name further down in a file too', () => {
    const rows = [
      { id: '7', event: 'e' },
      { anonymous_id: 'x', event: 'e' },
    ];
    const { plan } = planOf(ndjson(...rows.slice(0, 1)));
    expect(plan.columns.find(({ role }) => role === 'anonymous_id')?.name).toBe('anonymous_id');
  });

  it('may be named by flag or mapping file, or be declared data', () => {
    const source = csv('visitor,anonymous_id,event', 'v,a,e');
    expect(run(source, { anonymousIdColumn: 'visitor' }).sent[0]?.json).toMatchObject({
      anonymous_id: 'v',
      data: { anonymous_id: 'a' },
    });
    const map = parseMappingFile('{"anonymous_id_column": null}', 'm');
    expect(errorOf(() => planOf(source, { map })).code).toBe('no_identifier');
  });
});

it('an anonymous id of people stays an attribute, and the flag is for events', () => {
  const source = csv('id,anonymous_id', '7,x');
  expect(run(source).sent[0]?.json.attributes).toEqual({ anonymous_id: 'x' });
  const error = errorOf(() => planOf(source, { anonymousIdColumn: 'anonymous_id' }));
  expect([error.code, error.message]).toEqual([
    'usage',
    '--anonymous-id-column is for events, and this file holds people',
  ]);
});
