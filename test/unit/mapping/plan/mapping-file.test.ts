import { describe, expect, it } from 'vitest';
import { parseMappingFile } from '../../../../src/mapping/plan/mapping-file.ts';
import { writeMappingFile } from '../../../../src/mapping/plan/mapping-write.ts';
import { blockOf, csv, csvLayout, errorOf, ndjson, planOf, preparerOf, run, sentOf } from '../../../support/mapping.ts';

const parse = (value: unknown) => parseMappingFile(JSON.stringify(value), 'map.json');
const fault = (text: string): string => errorOf(() => parseMappingFile(text, 'map.json')).message;

describe('a mapping file', () => {
  it('may say that cells hold JSON: then columns with an object or a list in them do', () => {
    const layout = csvLayout(['id', 'address', 'tags', 'plan', 'seats']);
    const rows = [
      ['1', '{"city":"Wien"}', ' []', '[pro]', '5'],
      ['2', '{not JSON', '["a,b",5]', 'null', '6'],
    ];
    const { sent, plan } = run({ layout, rows }, { map: parse({ types: 'nested' }) });
    expect(sent.map((one) => one.json.attributes)).toEqual([
      { address: { city: 'Wien' }, tags: [], plan: '[pro]', seats: 5 },
      { address: '{not JSON', tags: ['a,b', 5], plan: 'null', seats: 6 },
    ]);
    const written = parseMappingFile(writeMappingFile({ plan, map: null }), 'written.json');
    expect(planOf({ layout, rows }, { map: written }).plan).toEqual(plan);
    const asText = planOf({ layout, rows }, { map: parse({ types: 'nested' }), types: 'string' });
    expect(asText.plan.columns.map(({ type }) => type)).toEqual(Array(5).fill('string'));
  });

  it('renames, nests, drops, types and adds', () => {
    const map = parse({
      id_column: 'Kundennummer',
      columns: {
        Ort: 'address.city',
        Stufe: { to: ['plan.name'], type: 'string', empty: 'null' },
        Geheim: null,
        Seit: { to: 'created_at', format: 'dd/mm/yyyy', timezone: 'UTC' },
        Punkte: { type: 'number' },
      },
      constants: { source: 'crm', 'address.country': 'AT', tags: ['a'] },
    });
    const { sent } = run(csv('Kundennummer,Ort,Stufe,Geheim,Seit,Punkte', '007,Wien,,x,04/03/2025,5'), { map });
    expect(sent[0]?.json).toEqual({
      type: 'person',
      identifiers: { id: '007' },
      action: 'identify',
      attributes: {
        address: { city: 'Wien', country: 'AT' },
        'plan.name': null,
        created_at: 1_741_046_400,
        Punkte: 5,
        source: 'crm',
        tags: ['a'],
      },
    });
  });

  it('keeps only what it names', () => {
    const map = parse({ keep_only: ['id', 'plan'] });
    expect(run(csv('id,plan,x', '1,pro,2'), { map }).sent[0]?.json.attributes).toEqual({ plan: 'pro' });
    expect(
      run(ndjson({ id: 1, plan: 'pro', x: 2 }, { id: 2, later: 1 }), { map }).sent.map((one) => one.json.attributes),
    ).toEqual([{ plan: 'pro' }, {}]);
  });

  it('nests fields of NDJSON too, and refuses rows where two go to one place', () => {
    const map = parse({ columns: { city: 'address.city' }, constants: { 'address.country': 'AT' } });
    const source = ndjson({ id: 1, city: 'Wien' });
    const chunk = preparerOf(source.layout, planOf(source, { map }).plan).prepare(
      blockOf([...source.rows, { json: { id: 2, city: 'Wien', address: 'x' } }]),
    );
    expect(sentOf(chunk)[0]?.json.attributes).toEqual({ address: { city: 'Wien', country: 'AT' } });
    expect(chunk.invalid[0]?.code).toBe('bad_value');
  });

  it('says that nobody has a role, so that none is looked for', () => {
    const { plan } = planOf(csv('id,email', '1,a@b.c'), { map: parse({ email_column: null }) });
    expect(plan.columns[1]?.role).toBe('attribute');
  });

  it('gives way to flags', () => {
    expect(
      planOf(csv('a,b', '1,2'), { map: parse({ id_column: 'a' }), idColumn: 'b' }).plan.columns.map(
        (column) => column.role,
      ),
    ).toEqual(['attribute', 'id']);
  });

  it('points at what is wrong', () => {
    expect(fault('{\n  "kind": "folks"\n}')).toBe(
      'map.json:2:11: /kind must be one of people, events, devices, objects, relationships',
    );
    expect(fault('{"columns":{"a/b":{"typ":1}}}')).toBe('map.json:1:26: /columns/a~1b/typ is no key of a mapping file');
    expect(fault('{"columns":{"a":{"to":"x..y"}}}')).toContain('/columns/a/to has an empty name in it');
    expect(fault('{"drop":["a",1]}')).toBe('map.json:1:14: /drop/1 must be a column name');
    expect(fault('{"timezone":"Mars"}')).toContain('/timezone is no time zone');
    expect(fault('[]')).toBe('map.json:1:1: the file must be an object');
    expect(fault('{"a":1,\n"b" 2}')).toBe('map.json:2:5: a colon is expected here');
    expect(fault('{"a":1,\n "a":2}')).toBe('map.json:2:2: "a" stands here twice');
    expect(fault('{"a":1')).toContain('a comma or } is expected');
    expect(fault('')).toContain('ends too early');
    expect(fault('{} x')).toContain('nothing may follow');
    expect(fault('{"id_column": 5}')).toBe('map.json:1:15: /id_column must be a text that is not empty');
  });

  it('cannot name columns that are not there, or put two things in one place', () => {
    const source = csv('id,a,b', '1,2,3');
    expect(errorOf(() => planOf(source, { map: parse({ columns: { zip: 'x' } }) })).message).toContain(
      'map.json:1:19: /columns/zip: there is no column "zip"',
    );
    expect(errorOf(() => planOf(source, { map: parse({ columns: { a: 'b' } }) })).code).toBe('mapping');
    expect(errorOf(() => planOf(source, { map: parse({ columns: { a: 'b.c' } }) })).code).toBe('mapping');
    expect(errorOf(() => planOf(source, { map: parse({ constants: { a: 1 } }) })).message).toContain('constant "a"');
  });
  it('may name columns for the event id that an older file lacks', () => {
    const map = parse({ dedupe_key: ['id', 'batch'], missing_columns: 'ignore' });
    expect(planOf(csv('email,event,id', 'a@example.com,e,1'), { map }).plan.dedupeKey).toEqual(['id']);
    // A field that no row of the sample has may turn up later.
    const rows = ndjson({ email: 'a@example.com', event: 'e', id: 1 });
    expect(planOf(rows, { map }).plan.dedupeKey).toEqual(['id', 'batch']);
    expect(errorOf(() => planOf(rows, { map: parse({ dedupe_key: ['batch'] }) })).message).toContain(
      '/dedupe_key: there is no column "batch"',
    );
  });
});

describe('names of columns in a mapping file', () => {
  it('match in any case, where none is the very same', () => {
    const map = parse({
      id_column: 'KEY',
      drop: ['NOTES'],
      columns: {
        plan: { to: 'tier', trim: true },
        SCORE: { type: 'string' },
        score: 'points',
        Secret: null,
        full: { join: ['PLAN', 'score'] },
      },
    });
    const source = csv('key,Plan,score,Score,SCORE,notes,secret', '7, pro ,1,2,3,x,y');
    expect(run(source, { map }).sent[0]?.json).toMatchObject({
      identifiers: { id: '7' },
      attributes: { tier: 'pro', points: 1, Score: 2, SCORE: '3', full: 'pro 1' },
    });
    const kept = parse({ keep_only: ['ID', 'PLAN'], columns: {} });
    expect(run(csv('id,plan,x', '1,pro,2'), { map: kept }).sent[0]?.json.attributes).toEqual({ plan: 'pro' });
  });

  it('are the very names of the fields in NDJSON', () => {
    const map = parse({ columns: { plan: 'tier' } });
    expect(
      run(ndjson({ id: 7, Plan: 'a' }, { id: 8, plan: 'b' }), { map }).sent.map((one) => one.json.attributes),
    ).toEqual([{ Plan: 'a' }, { tier: 'b' }]);
  });

  it('are never a choice between two', () => {
    const one = errorOf(() => planOf(csv('id,Plan,PLAN', '1,a,b'), { map: parse({ columns: { plan: 'tier' } }) }));
    expect([one.code, one.message]).toEqual([
      'ambiguous_column',
      'map.json:1:20: /columns/plan: both "Plan" (column 2) and "PLAN" (column 3) could be meant',
    ]);
    for (const columns of [
      { plan: 'tier', Plan: 'x' },
      { Plan: 'x', plan: 'tier' },
    ]) {
      const two = errorOf(() => planOf(csv('id,plan', '1,a'), { map: parse({ columns }) }));
      expect([two.code, two.message]).toEqual([
        'mapping',
        expect.stringMatching(/^map.json:1:\d+: .*: column "plan" has another entry already$/),
      ]);
    }
  });
});

describe('a mapping file written from a plan', () => {
  it('gives the same plan', () => {
    const cases: [ReturnType<typeof csv>, Parameters<typeof planOf>[1]][] = [
      [csv('id,email,plan,score,ok,created_at,a.b', '7,a@b.c,pro,5,true,1700000000,x'), {}],
      [csv('id,,cio_bulk_reason,plan', '7,x,y,z'), { set: ['source=crm', 'address.city=Wien'], empty: 'null' }],
      [csv('id,plan', '7,x'), { action: 'delete' }],
      [csv('id,n', '7,5'), { types: 'n:number', timezone: 'Europe/Vienna' }],
      [csv('id,n', '7,5'), { types: 'string' }],
      [csv('id,user_id,event,timestamp,n', 'e,7,x,1700000000,5'), {}],
      [csv('user_id,n', '7,5'), { eventName: 'Signed up', dedupeKey: ['n'] }],
      [
        csv('id,keep,drop,nest', '1,2,3,4'),
        { map: parse({ keep_only: ['id', 'keep', 'nest'], columns: { nest: 'a.b' } }) },
      ],
      [csv('id,x,y', '1,2,3'), { map: parse({ drop: ['x'], email_column: null }) }],
      [ndjson({ id: 1, a: 2, email: 'a@b.c' }), {}],
      [ndjson({ user_id: 1, event: 'x', a: 2 }), { timezone: 'UTC' }],
    ];
    for (const [source, options] of cases) {
      const { first, second } = again(source, options);
      expect(second).toEqual(first);
    }
  });
});

function again(source: ReturnType<typeof csv>, options: Parameters<typeof planOf>[1] = {}) {
  const first = planOf(source, options);
  const text = writeMappingFile(first);
  return { first: first.plan, second: planOf(source, { map: parseMappingFile(text, 'written.json') }).plan };
}
