/** One mapping file for many sources: patterns, choices, columns that may be missing, nested fields, rows to leave out. */
import { describe, expect, it } from 'vitest';
import { parseMappingFile } from '../../../../src/mapping/plan/mapping-file.ts';
import { writeMappingFile } from '../../../../src/mapping/plan/mapping-write.ts';
import { blockOf, csv, errorOf, ndjson, planOf, preparerOf, run, sentOf } from '../../../support/mapping.ts';

const parse = (value: unknown) => parseMappingFile(JSON.stringify(value), 'map.json');
const attributesOf = (source: ReturnType<typeof csv>, map: unknown) =>
  run(source, { map: parse(map) }).sent.map(({ json }) => json.attributes);

describe('patterns', () => {
  it('are about columns without an entry of their own, the most letters first', () => {
    const columns = {
      'x_*': { to: 'x.*', type: 'string' },
      x_secret: null,
      '* Name': { name_case: 'snake' },
      x_n: 'n',
    };
    expect(attributesOf(csv('id,x_a,x_n,x_secret,First Name,other', '1,05,5,s,Ada,y'), { columns })).toEqual([
      { x: { a: '05' }, n: 5, first: 'Ada', other: 'y' },
    ]);
    expect(attributesOf(csv('id,a,b', '1,2,3'), { columns: { '*': null, b: 'c' } })).toEqual([{ c: 3 }]);
  });

  it('are names of columns where the source has such a column', () => {
    expect(attributesOf(csv('id,Ort*,Ortsteil', '1,a,b'), { columns: { 'Ort*': 'city' } })).toEqual([
      { city: 'a', Ortsteil: 'b' },
    ]);
  });

  it('never write over another column, nor over who somebody is', () => {
    const columns = { Name: 'name', '* (metadata)': '*' };
    expect(
      attributesOf(csv('email,Name,name (metadata),id (metadata),tag (metadata)', 'a@b.c,Ada,n,7,t'), { columns }),
    ).toEqual([{ name: 'Ada', name_metadata: 'n', id_metadata: 7, tag: 't' }]);
  });

  it('go round what stands above or below another place, in later rows too', () => {
    const columns = { 'Q *': { to: 'answers.*', name_case: 'snake' }, '*': { name_case: 'snake' } };
    expect(attributesOf(csv('id,Q One,Answers,Q Two', '1,a,b,c'), { columns })).toEqual([
      { answers: { one: 'a', two: 'c' }, answers_2: 'b' },
    ]);
    expect(attributesOf(csv('id,Answers,Q One', '1,b,a'), { columns })).toEqual([{ answers: 'b', q_one: 'a' }]);
    const map = parse({ id_column: 'id', columns: { 'Q *': { to: 'answers.*', name_case: 'snake' }, 'A*': 'a*' } });
    const source = ndjson({ id: 1, Answers: 'b' });
    const chunk = preparerOf(source.layout, planOf(source, { map }).plan).prepare(
      blockOf([...source.rows, { json: { id: 2, 'Q One': 'x', Answers: 'y' } }]),
    );
    expect(sentOf(chunk)[1]?.json.attributes).toEqual({ q_one: 'x', answers: 'y' });
  });

  it('hold for fields that turn up later, as they do for those of the sample', () => {
    const map = parse({ lift: { p: 'fields' }, columns: { 'p.*': '*', 'p.$*': null, '*': null }, id_column: 'p.who' });
    const source = ndjson({ p: { who: 1, plan: 'a' } });
    const chunk = preparerOf(source.layout, planOf(source, { map }).plan).prepare(
      blockOf([...source.rows, { json: { p: { who: 2, later: 1, $os: 'x', id: 5 }, top: 2 } }]),
    );
    expect(sentOf(chunk).map(({ json }) => [json.identifiers.id, json.attributes])).toEqual([
      ['1', { plan: 'a' }],
      ['2', { later: 1, p_id: 5 }],
    ]);
  });

  it('take no value steps in NDJSON, where fields turn up later', () => {
    const map = parse({ columns: { 'a*': { trim: true } } });
    expect(errorOf(() => planOf(ndjson({ id: 1 }), { map })).message).toContain(
      '/columns/a*: value steps of a pattern',
    );
    expect(attributesOf(csv('id,ab', '1, x '), { columns: { 'a*': { trim: true } } })).toEqual([{ ab: 'x' }]);
  });
});

describe('columns that a source may lack', () => {
  const map = {
    missing_columns: 'ignore',
    email_column: ['Email Address', 'Username'],
    drop: ['gone'],
    skip_rows: { gone: ['x'] },
    columns: {
      nowhere: 'n',
      phone: { first_of: ['Phone', 'Mobile'], type: 'string' },
      none: { join: ['nowhere', 'gone'] },
    },
  };
  it('are passed over', () => {
    expect(attributesOf(csv('Username,Mobile', 'a@b.c,05'), map)).toEqual([{ Mobile: '05', phone: '05' }]);
  });

  it('are there when they differ in case only; a column that is made keeps its own name', () => {
    expect(attributesOf(csv('EMAIL ADDRESS,PHONE,mobile', 'a@b.c,,05'), map)).toEqual([{ mobile: '05', phone: '05' }]);
    const both = { missing_columns: 'ignore', columns: { Plan: 'new', plan: 'old' } };
    expect(attributesOf(csv('id,Plan', '1,x'), both)).toEqual([{ new: 'x' }]);
    expect(errorOf(() => attributesOf(csv('id,Plan', '1,x'), { columns: both.columns })).message).toContain(
      'column "Plan" has another entry already',
    );
  });

  it('are an error unless that is said, and so is a role that no column can have', () => {
    expect(
      errorOf(() => attributesOf(csv('Username,Mobile', 'a@b.c,05'), { ...map, missing_columns: 'error' })).message,
    ).toMatch(/there is no column "(nowhere|gone|Phone)"/);
    const error = errorOf(() => attributesOf(csv('Mail,Mobile', 'a@b.c,05'), map));
    expect([error.message, error.hint]).toEqual([
      'map.json: there is no column "Email Address" or "Username"',
      'the columns are Mail, Mobile',
    ]);
    expect(planOf(csv('id,Mail', '1,x'), { map: parse({ email_column: ['Email', null] }) }).plan.columns[1]?.role).toBe(
      'attribute',
    );
  });
});

describe('the first of several columns', () => {
  const columns = { phone: { first_of: ['a', 'b'], strip_prefix: '+', type: 'string' }, a: { null_values: ['-'] } };
  it('that is not empty is taken, after its own steps', () => {
    const source = csv('id,a,b', '1,x,y', '2,-,y', '3,,');
    expect(attributesOf(source, { columns, drop: ['a', 'b'] })).toEqual([{ phone: 'x' }, { phone: 'y' }, {}]);
  });

  it('is no place in a line: faults of its values have none', () => {
    const map = parse({ id_column: 'who', columns: { who: { first_of: ['a', 'b'] } } });
    const { chunk } = run(csv('a,b', ',NULL', '1,'), { map });
    expect(chunk.invalid).toEqual([expect.objectContaining({ code: 'no_identifier', field: 'who' })]);
    expect(chunk.invalid[0]).not.toHaveProperty('column');
  });

  it('may be a field that no row has had so far', () => {
    const map = parse({
      id_column: 'who',
      columns: { who: { first_of: ['user', 'device'] } },
      drop: ['user', 'device'],
    });
    const source = ndjson({ device: 'd' });
    const chunk = preparerOf(source.layout, planOf(source, { map }).plan).prepare(
      blockOf([...source.rows, { json: { device: 'd', user: 'u' } }]),
    );
    expect(sentOf(chunk).map(({ json }) => json.identifiers.id)).toEqual(['d', 'u']);
  });
});

describe('a joined identifier', () => {
  const map = { id_column: 'key', columns: { key: { join: ['shop', 'nr'], separator: '-' } } };
  it('is none where a part of it is missing, or a marker for nothing', () => {
    const source = csv('shop,nr', 'a,1', ',2', 'NULL,NULL');
    const { chunk, sent } = run(source, { map: parse(map) });
    expect(sent.map(({ json }) => json.identifiers.id)).toEqual(['a-1']);
    expect(chunk.invalid.map(({ code }) => code)).toEqual(['no_identifier', 'no_identifier']);
    expect(run(source, { map: parse(map), nulls: [] }).sent[1]?.json.identifiers.id).toBe('NULL-NULL');
  });
});

describe('consent', () => {
  it('is never a list, and nothing stands below it', () => {
    const columns = { '*': { split: ';' } };
    const source = csv('id,unsubscribed,tags', '1,maybe,a;b', '2,yes,c', '3,yes;no,c');
    const { chunk, sent } = run(source, { map: parse({ columns }) });
    expect([chunk.invalid.map(({ code }) => code), sent.length]).toEqual([['bad_value', 'bad_value', 'bad_value'], 0]);
    const error = errorOf(() => planOf(csv('id,u', '1,no'), { map: parse({ columns: { u: 'unsubscribed.all' } }) }));
    expect(error.message).toMatch(/^map.json:1:\d+: \/columns\/u: "unsubscribed.all" is below "unsubscribed"/);
  });
});

describe('nested fields', () => {
  it('become columns: of objects, of what was lifted, and of lists of pairs', () => {
    const map = {
      lift: { a: 'fields', 'a.b': 'fields', params: 'pairs' },
      columns: { 'a.b.c': 'deep', 'params.*': '*' },
    };
    const params = [
      { key: 'page', value: { string_value: '/', int_value: null } },
      { key: 'n', value: { int_value: '5000' } },
      { key: 'long', value: { int_value: '9007199254740993' } },
      { key: 'code', value: { string_value: '007' } },
      { key: 'plain', value: 5 },
    ];
    const { sent } = run(ndjson({ id: 1, a: { b: { c: 1 }, d: 2 }, params }), { map: parse(map) });
    expect(sent[0]?.text).toContain('"n":5000,"long":"9007199254740993"');
    expect(sent[0]?.json.attributes).toMatchObject({ deep: 1, 'a.d': 2, page: '/', code: '007', plain: 5 });
  });

  it('may be written as texts', () => {
    const map = { lift: { p: 'fields', q: 'fields' } };
    expect(attributesOf(ndjson({ id: 1, p: '{"n":2}', q: '{"n":12345678901234567890}' }), map)).toEqual([
      { 'p.n': 2, q: '{"n":12345678901234567890}' },
    ]);
  });

  it('lose nothing: what is no object stays, and what is there already is not written over', () => {
    const map = { lift: { a: 'fields', p: 'pairs' } };
    expect(
      attributesOf(ndjson({ id: 1, a: 5, p: { x: 1 } }, { id: 2, a: { x: 1, y: 2 }, 'a.x': 3, p: [{ k: 1 }] }), map),
    ).toEqual([
      { a: 5, p: { x: 1 } },
      { a: { x: 1 }, 'a.x': 3, 'a.y': 2, p: [{ k: 1 }] },
    ]);
    expect(attributesOf(ndjson({ id: 1, a: JSON.parse('{"__proto__":1}') as object }), map)).toEqual([
      { 'a.__proto__': 1 },
    ]);
  });

  it('are lifted in flat rows only', () => {
    const line = { type: 'track', userId: '1', event: 'E', properties: { a: 1 }, timestamp: '2025-01-01T00:00:00Z' };
    const { sent } = run(ndjson(line), { map: parse({ lift: { properties: 'fields' } }) });
    expect(sent[0]?.json.attributes).toEqual({ a: 1 });
  });
});

describe('rows to leave out', () => {
  it('are those with one of the texts, or with a beginning', () => {
    const map = { skip_rows: { state: ['gone', '$*'], n: ['5'] } };
    const rows = [
      ['1', 'gone', ''],
      ['2', '$x', ''],
      ['3', 'here', '5'],
      ['4', 'here', '55'],
    ];
    const { chunk } = run(csv('id,state,n', ...rows.map((row) => row.join(','))), { map: parse(map) });
    expect([chunk.skipped, chunk.operations.count]).toEqual([{ skip_rows: 3 }, 1]);
    const json = rows.map(([id, state, n]) => ({ id, state, ...(n === '' ? {} : { n: Number(n) }) }));
    expect(run(ndjson(...json), { map: parse(map) }).chunk.skipped).toEqual({ skip_rows: 3 });
  });

  it('decide nothing about types', () => {
    const map = parse({ skip_rows: { kind: ['total'] } });
    const { plan } = planOf(csv('id,kind,sum', '1,row,5', '2,total,all of them'), { map });
    expect(plan.columns.at(-1)?.type).toBe('number');
  });
});

describe('what has to be said', () => {
  const map = {
    requires: { unsubscribed: 'nobody can tell who has unsubscribed' },
    wants: { timezone: 'times have no zone' },
  };
  it('is demanded, or missed', () => {
    const error = errorOf(() => planOf(csv('id', '1'), { map: parse(map) }));
    expect([error.code, error.message]).toEqual(['mapping', 'map.json: nobody can tell who has unsubscribed']);
    expect(error.hint).toContain('--set unsubscribed=true');
    const said = planOf(csv('id', '1'), { map: parse(map), set: ['unsubscribed=true'] });
    expect(said.warnings.filter((text) => text.includes('zone'))).toHaveLength(1);
    expect(planOf(csv('id,unsubscribed', '1,yes'), { map: parse(map), timezone: 'UTC' }).warnings.join()).not.toContain(
      'no zone',
    );
  });
});

describe('faults that show when the file meets a source', () => {
  it.for([
    [{ columns: { x: 'plan', y: 'plan' } }, /^map.json:1:\d+: \/columns\/y: column "y" would become "plan"/],
    [{ constants: { 'a..b': 1 } }, /^map.json:1:\d+: \/constants\/a..b: the constant/],
    [{ constants: { unsubscribed: 'never' } }, /^map.json:1:\d+: \/constants\/unsubscribed: the constant/],
  ] as const)('%j come with their place', ([file, message]) => {
    expect(errorOf(() => planOf(csv('id,x,y', '1,a,b'), { map: parse(file) })).message).toMatch(message);
  });

  it('are none of an empty table', () => {
    const map = parse({ email_column: 'Email', columns: { nowhere: 'x' } });
    expect(planOf({ layout: { ...csv('').layout, header: [] }, rows: [] }, { map }).plan.columns).toEqual([]);
  });
});

describe('warnings about identifiers', () => {
  it('are about rows that are sent', () => {
    const map = parse({ skip_rows: { state: ['gone'] } });
    const source = csv(
      'id,email,state',
      '1,not-an-email,gone',
      'id,email,state',
      '5,NULL,x',
      '6,a@b.c,x',
      '7,nobody,x',
    );
    expect(planOf(source, { map }).identityWarnings).toEqual([expect.stringMatching(/^1 row has .*first: row 5/)]);
  });
});

describe('the mapping file that is written', () => {
  it('gives the same plan again, of NDJSON with its patterns', () => {
    const map = {
      id_column: 'who',
      lift: { p: 'fields' },
      skip_rows: { 'p.kind': ['x*'] },
      columns: {
        who: { first_of: ['p.a', 'p.b'] },
        'p.*': { to: 'in.*', type: 'string', name_case: 'snake' },
        'p.$*': null,
      },
    };
    const source = ndjson({ p: { a: '1', Plan: 'x', $os: 'y' } });
    const first = planOf(source, { map: parse(map) });
    const second = planOf(source, { map: parseMappingFile(writeMappingFile(first), 'written.json') });
    expect(second.plan).toEqual(first.plan);
  });

  it('gives the same plan again, of CSV with columns that it lacks', () => {
    const map = { missing_columns: 'ignore', columns: { '* (2)': '*_two', nowhere: 'x' } };
    const source = csv('id,a,a (2)', '1,2,3');
    const first = planOf(source, { map: parse(map) });
    const second = planOf(source, { map: parseMappingFile(writeMappingFile(first), 'written.json') });
    expect(second.plan).toEqual(first.plan);
  });
});
