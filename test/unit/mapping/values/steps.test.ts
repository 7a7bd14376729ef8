import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseMappingFile } from '../../../../src/mapping/plan/mapping-file.ts';
import { writeMappingFile } from '../../../../src/mapping/plan/mapping-write.ts';
import type { PlanOptions } from '../../../../src/mapping/plan/plan-options.ts';
import { csv, csvLayout, errorOf, ndjson, planOf, run } from '../../../support/mapping.ts';

const parse = (value: unknown) => parseMappingFile(JSON.stringify(value), 'map.json');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a cell of the column `v` becomes. */
function become(cell: string, steps: Record<string, unknown>, options: PlanOptions = {}): unknown {
  const { sent, chunk } = run(
    { layout: csvLayout(['id', 'v']), rows: [['7', cell]] },
    { map: parse({ columns: { v: steps } }), ...options },
  );
  return sent[0] === undefined ? chunk.invalid[0]?.code : sent[0].json.attributes.v;
}

/** The same of a field of a flat row. */
function becomeJson(value: unknown, steps: Record<string, unknown>): unknown {
  const { sent, chunk } = run(ndjson({ id: 7, ...(value === undefined ? {} : { v: value }) }), {
    map: parse({ columns: { v: steps } }),
    empty: 'omit',
  });
  return sent[0] === undefined ? chunk.invalid[0]?.code : sent[0].json.attributes.v;
}

const LONG = `${'ä'.repeat(499)}x😀`; // 998 bytes, one more, and four

const CASES: readonly (readonly [Record<string, unknown>, cell: string, becomes: unknown])[] = [
  [{ unescape: 'postgres' }, String.raw`\N`, undefined],
  [{ unescape: 'postgres', empty: 'null' }, String.raw`\N`, null],
  [{ unescape: 'postgres' }, String.raw`\\N`, String.raw`\N`],
  [{ unescape: 'postgres' }, String.raw`\N `, 'N '],
  [{ unescape: 'postgres' }, String.raw`a\b\f\n\r\t\v\\n`, 'a\b\f\n\r\t\v\\n'],
  [{ unescape: 'postgres' }, String.raw`\a\.\q\é\😀`, 'a.qé😀'],
  [{ unescape: 'postgres' }, String.raw`\101\x42\1018\x7a7\7`, 'AB\u{41}8z7\u0007'],
  [{ unescape: 'postgres' }, String.raw`\303\274\xf0\x9f\x98\x80\xg`, 'ü😀xg'],
  [{ unescape: 'postgres' }, String.raw`a\303`, 'bad_value'],
  [{ unescape: 'postgres' }, 'ends with \\', 'ends with \\'],
  [{ null_values: ['-', 'Keine'] }, '-', undefined],
  [{ null_values: ['-', 'Keine'] }, 'KEINE', undefined],
  [{ null_values: ['-'] }, ' -', ' -'],
  [{ null_values: ['-'], empty: 'null' }, '-', null],
  [{ trim: true }, '\u00a0 a b\t', 'a b'],
  [{ trim: false }, ' a ', ' a '],
  [{ trim: true }, '   ', undefined],
  [{ strip_prefix: "'" }, "'0043", '0043'],
  [{ strip_prefix: "'" }, "''a", "'a"],
  [{ strip_prefix: 'x' }, 'ax', 'ax'],
  [{ values: { yes: true, no: false, '*': null } }, 'yes', true],
  [{ values: { yes: true, no: false, '*': null } }, 'no', false],
  [{ values: { yes: true, no: false, '*': null } }, 'maybe', undefined],
  [{ values: { yes: true, no: false, '*': null } }, '', undefined],
  [{ values: { gold: 1, '*': 'other' } }, 'gold', 1],
  [{ values: { gold: 1, '*': 'other' } }, 'tin', 'other'],
  [{ values: { gold: 1.5 }, type: 'string' }, 'gold', '1.5'],
  [{ values: { gold: 1 }, type: 'number' }, 'gold', 1],
  [{ values: { gold: true }, type: 'number' }, 'gold', 'bad_value'],
  [{ values: { a: 'say "hi"' } }, 'a', 'say "hi"'],
  [{ values: { constructor: 1 } }, 'toString', 'toString'],
  [{ values: { '$device:*': null } }, '$device:1', undefined],
  [{ values: { '$device:*': null } }, '$device:', undefined],
  [{ values: { '$device:*': null } }, '$Device:1', '$Device:1'],
  [{ values: { 'a*': 1, 'ab*': 2, abc: 3, '*': 4 } }, 'a', 1],
  [{ values: { 'a*': 1, 'ab*': 2, abc: 3, '*': 4 } }, 'abd', 2],
  [{ values: { 'a*': 1, 'ab*': 2, abc: 3, '*': 4 } }, 'abc', 3],
  [{ values: { 'a*': 1, 'ab*': 2, abc: 3, '*': 4 } }, 'b', 4],
  [{ values: { '*': 4, 'a*': 1 } }, 'a*', 1],
  [{ values: { '*': 4, 'a*': 1 } }, '*', 4],
  [{ values: { 'a*b': 1 } }, 'aab', 'aab'],
  [{ values: { YES: true } }, 'yes', 'yes'],
  [{ not: true }, 'Yes', false],
  [{ not: true }, '0', true],
  [{ not: true }, '', undefined],
  [{ not: true }, 'perhaps', 'bad_value'],
  [{ not: false }, 'perhaps', 'perhaps'],
  [{ split: ',' }, 'a, b ,,c', ['a', 'b', 'c']],
  [{ split: ',' }, 'a', ['a']],
  [{ split: ',' }, ' , ', undefined],
  [{ split: ',', default: '5' }, '', '5'],
  [{ split: ',', values: { none: 0 } }, 'none', 0],
  [{ split: ';', type: 'json' }, 'a;"b"', ['a', '"b"']],
  [{ split: { at: ',', as: 'csv' } }, '"VIP","Blog"', ['VIP', 'Blog']],
  [{ split: { at: ',', as: 'csv' } }, ' "a, b" , say "hi" ,, "say ""hi""",""', ['a, b', 'say "hi"', 'say "hi"', '']],
  [{ split: { at: ',', as: 'csv' } }, ' , ', undefined],
  [{ split: { at: ',', as: 'csv' } }, '"a, b', 'bad_value'],
  [{ split: { at: ',', as: 'csv' } }, '"a" b,c', 'bad_value'],
  [{ split: { at: ' ', as: 'csv' } }, '  "a b"  c ', ['a b', 'c']],
  [{ split: { at: ', ', as: 'csv' } }, '"a, b", c', ['a, b', 'c']],
  [{ split: { at: ',', as: 'backslash' } }, String.raw`Cheese\, Wine, Bread`, ['Cheese, Wine', 'Bread']],
  [{ split: { at: ',', as: 'backslash' } }, 'C:\\temp, a\\\\,b\\', ['C:\\temp', 'a\\', 'b\\']],
  [{ split: { at: '; ', as: 'backslash' } }, String.raw`a\; b; 😀`, ['a; b', '😀']],
  [{ split: { at: ',', as: 'backslash' } }, ', ,', undefined],
  [
    { split: { at: ',', as: 'postgres' } },
    String.raw`{vip,"a,b","say \"hi\"",NULL,"NULL","",null, x ,"a\\b"}`,
    ['vip', 'a,b', 'say "hi"', 'NULL', '', 'x', 'a\\b'],
  ],
  [{ split: { at: ';', as: 'postgres' } }, '{(1,2);"é"}', ['(1,2)', 'é']],
  [{ split: { at: ',', as: 'postgres' } }, '{}', undefined],
  [{ split: { at: ',', as: 'postgres' } }, '{NULL}', undefined],
  ...['a,b', '{a,b', 'a}', '{', '{{a,b},{c,d}}', '{"a}', '{"a"b}', '{a"b"}', '{a}{b}'].map(
    (cell) => [{ split: { at: ',', as: 'postgres' } }, cell, 'bad_value'] as const,
  ),
  [{ split: { at: ',', as: 'csv' }, hash: 'sha256' }, '"A",b', [sha256('a'), sha256('b')]],
  [{ default: 'none' }, '', 'none'],
  [{ default: 'none' }, 'x', 'x'],
  [{ default: 'invalid' }, '', 'invalid'],
  [{ default: 0 }, '', 0],
  [{ default: false, empty: 'null' }, '', false],
  [{ default: 5, type: 'string' }, '', '5'],
  [{ format: '%d/%m/%Y', timezone: 'UTC' }, '04/03/2025', 1_741_046_400],
  [{ format: 'excel', timezone: 'UTC' }, '45720', 1_741_046_400],
  [{ format: 'iso' }, '1700000000', 'bad_timestamp'],
  [{ format: ['dd/mm/yyyy', 'auto'], timezone: 'UTC' }, '04/03/2025', 1_741_046_400],
  [{ format: ['dd/mm/yyyy', 'auto'], timezone: 'UTC' }, '2025-03-04', 1_741_046_400],
  [{ format: ['dd/mm/yyyy', 'auto'], timezone: 'UTC' }, '03.04.25', 'bad_timestamp'],
  [{ format: ['auto'] }, '1741046400', 1_741_046_400],
  [{ null_values: ['infinity', '-infinity'], format: 'iso' }, '-infinity', undefined],
  [{ null_values: ['infinity', '-infinity'], format: 'iso' }, 'infinity', undefined],
  [{ format: 'iso' }, 'infinity', 'bad_timestamp'],
  [{ default: '2025-03-04T00:00:00Z', format: 'iso' }, '', 1_741_046_400],
  [{ too_long: 'cut' }, LONG, `${'ä'.repeat(499)}x`],
  [{ too_long: 'cut' }, 'short', 'short'],
  [{ too_long: 'omit' }, LONG, undefined],
  [{ too_long: 'invalid' }, LONG, 'too_long'],
  [{ split: ',', too_long: 'omit' }, `a,${LONG}`, ['a']],
  [{ split: ',', too_long: 'cut' }, `a,${LONG}`, ['a', `${'ä'.repeat(499)}x`]],
  [{ split: ',' }, `a,${LONG}`, 'too_long'],
  [{ hash: 'sha256' }, ' Ada@Example.com ', sha256('ada@example.com')],
  [{ hash: 'sha256' }, '', undefined],
  [{ split: ',', hash: 'sha256' }, 'A,b', [sha256('a'), sha256('b')]],
  // in their order
  [{ unescape: 'postgres', null_values: [String.raw`\N`, 'a\nb'] }, String.raw`\\N`, undefined],
  [{ unescape: 'postgres', null_values: ['a\nb'] }, String.raw`a\nb`, undefined],
  [{ unescape: 'postgres', trim: true, default: 'none' }, String.raw`\N`, 'none'],
  [{ unescape: 'postgres', trim: true }, String.raw`a\t`, 'a'],
  [{ unescape: 'postgres', split: { at: ',', as: 'postgres' } }, String.raw`{"say \\"hi\\"",NULL}`, ['say "hi"']],
  [{ null_values: [' -'], trim: true }, ' -', undefined],
  [{ null_values: ['-'], trim: true }, ' -', '-'],
  [{ trim: true, strip_prefix: "'" }, " 'a", 'a'],
  [{ trim: true, strip_prefix: "'" }, "' a", ' a'],
  [{ strip_prefix: "'", values: { yes: true } }, "'yes", true],
  [{ values: { ja: 'yes' }, not: true }, 'ja', false],
  [{ values: { ja: true }, not: true }, 'ja', false],
  [{ values: { all: 'a,b' }, split: ',' }, 'all', ['a', 'b']],
  [{ null_values: ['-'], default: '-' }, '-', '-'],
  [{ values: { x: null }, default: 'was x' }, 'x', 'was x'],
  [{ default: 'a', hash: 'sha256' }, '', sha256('a')],
  [{ too_long: 'cut', hash: 'sha256' }, LONG, sha256(`${'ä'.repeat(499)}x`)],
];

describe('the value steps of a column', () => {
  it.for(CASES)('%j make of %j: %j', ([steps, cell, becomes]) => {
    expect(become(cell, steps)).toEqual(becomes);
    expect(becomeJson(cell, steps)).toEqual(becomes);
  });

  it('take numbers and booleans of JSON by their text, and leave all else alone', () => {
    expect(becomeJson(1, { values: { 1: 'one' } })).toBe('one');
    expect(becomeJson(true, { not: true })).toBe(false);
    expect(becomeJson(2, { trim: true, values: { 1: 'one' } })).toBe(2);
    expect(becomeJson(['a '], { trim: true })).toEqual(['a ']);
    for (const format of ['dd/mm/yyyy', 'mm/dd/yyyy', '%d.%m.%Y', 'iso', ['dd/mm/yyyy', 'iso']])
      expect([format, becomeJson(1_741_046_400, { format, timezone: 'UTC' })]).toEqual([format, 'bad_timestamp']);
    for (const format of ['auto', 'unix', ['dd/mm/yyyy', 'unix']])
      expect([format, becomeJson(1_741_046_400, { format, type: 'timestamp' })]).toEqual([format, 1_741_046_400]);
    expect(becomeJson(20250304, { format: '%Y%m%d', timezone: 'UTC' })).toBe(1_741_046_400);
    expect(becomeJson(null, { default: 3 })).toBe(3);
    expect(becomeJson(undefined, { default: 3 })).toBe(3);
    expect(becomeJson(undefined, { trim: true })).toBeUndefined();
  });

  it('join several columns, each after its own steps up to split', () => {
    const map = parse({
      columns: {
        first: { trim: true },
        last: null,
        full: { to: 'name', join: ['first', 'LAST'], default: 'nobody' },
        tags: { split: ',' },
        all: { join: ['tags', 'first'], separator: '"' },
      },
    });
    const { sent } = run(
      {
        layout: csvLayout(['id', 'first', 'last', 'tags']),
        rows: [
          ['1', ' Ada ', 'King', 'a,b'],
          ['2', '', 'King', ''],
          ['3', '', '', ''],
        ],
      },
      { map },
    );
    expect(sent.map((one) => one.json.attributes)).toEqual([
      { first: 'Ada', tags: ['a', 'b'], name: 'Ada King', all: 'a"b"Ada' },
      { name: 'King' },
      { name: 'nobody' },
    ]);
    const flat = run(ndjson({ id: 1, first: ' Ada ', last: 5, tags: 'a,b' }), {
      map: parse({ columns: { first: { trim: true }, last: null, full: { join: ['first', 'last', 'no such'] } } }),
    });
    expect(flat.sent[0]?.json.attributes).toEqual({ first: 'Ada', tags: 'a,b', full: 'Ada 5' });
  });

  it('of a column that gathers others are taken on what it has gathered', () => {
    const map = parse({
      drop: ['left_at', 'bounced_at', 'a', 'b'],
      columns: {
        left_at: { trim: true },
        unsubscribed: { first_of: ['left_at', 'bounced_at'], values: { '*': true } },
        since: { first_of: ['left_at', 'bounced_at'], format: 'iso', timezone: 'UTC' },
        all: { join: ['a', 'b'], separator: ';', split: ';' },
      },
    });
    const { sent } = run(csv('id,left_at,bounced_at,a,b', '1, 2025-03-04 ,,x;y,z', '2,,2025-03-04,,', '3, ,,;,'), {
      map,
    });
    expect(sent.map((one) => one.json.attributes)).toEqual([
      { unsubscribed: true, since: 1_741_046_400, all: ['x', 'y', 'z'] },
      { unsubscribed: true, since: 1_741_046_400 },
      {},
    ]);
  });

  it('may make an identifier, which is then who the row is about', () => {
    const map = parse({
      id_column: 'key',
      columns: {
        tenant: null,
        user: null,
        key: { join: ['tenant', 'user'], separator: ':' },
        phone: { strip_prefix: "'" },
      },
    });
    const { sent } = run(csv('tenant,user,phone', "a,1,'+43"), { map });
    const plain = run(csv('id,phone', 'a:1,+43'));
    expect(sent[0]?.text).toBe(plain.sent[0]?.text);
    expect(sent[0]?.keys).toEqual(plain.sent[0]?.keys);
  });

  it('are for identifiers, names of events and times too', () => {
    const map = parse({
      columns: {
        user_id: { trim: true, strip_prefix: "'" },
        event: { values: { buy: 'Order' }, default: 'Visit' },
        timestamp: { null_values: ['-'], format: ['iso', '%d.%m.%Y'], timezone: 'UTC' },
        event_id: { trim: true },
      },
    });
    const { sent } = run(csv('user_id,event,timestamp,event_id', " '7,buy,04.03.2025, m1 ", '8,,-,m2'), { map });
    expect(sent.map(({ json }) => [json.identifiers, json.name, json.timestamp])).toEqual([
      [{ id: '7' }, 'Order', 1_741_046_400],
      [{ id: '8' }, 'Visit', undefined],
    ]);
    const same = run(csv('user_id,event,timestamp,event_id', '7,Order,1741046400,m1'));
    expect(sent[0]?.json.id).toBe(same.sent[0]?.json.id);
  });

  it('may empty identifiers that begin in some way', () => {
    const map = parse({ columns: { id: { values: { '$device:*': null, '*': null, '7': '8' } } } });
    expect(
      run(csv('id,email', '7,a@b.c', '$device:1,d@e.f'), { map }).sent.map(({ json }) => json.identifiers),
    ).toEqual([{ id: '8' }, { email: 'd@e.f' }]);
  });

  it('never hash a marker for nothing into somebody', () => {
    const map = parse({ id_column: 'mail', columns: { mail: { hash: 'sha256' } } });
    const { chunk, sent } = run(csv('mail', 'A@b.c', 'N/A', ' '), { map });
    expect(sent.map((one) => one.json.identifiers.id)).toEqual([sha256('a@b.c')]);
    expect(chunk.invalid.map((one) => one.code)).toEqual(['no_identifier', 'bad_identifier']);
  });

  it('turn consent the other way round, and never guess it', () => {
    const map = parse({ columns: { optin: { to: 'unsubscribed', trim: true, not: true } } });
    const { chunk, sent } = run(csv('id,optin', '1, yes ', '2,no', '3,', '4,hm'), { map });
    expect(sent.map((one) => one.json.attributes)).toEqual([{ unsubscribed: false }, { unsubscribed: true }, {}]);
    expect(chunk.invalid).toMatchObject([{ code: 'bad_value', column: 2 }]);
    const values = parse({ columns: { s: { to: 'unsubscribed', values: { active: 'no', gone: true } } } });
    expect(run(csv('id,s', '1,active', '2,gone'), { map: values }).sent.map((one) => one.json.attributes)).toEqual([
      { unsubscribed: false },
      { unsubscribed: true },
    ]);
  });

  it('come before types are inferred', () => {
    const map = parse({ columns: { n: { strip_prefix: '$' }, b: { trim: true } } });
    const { sent, plan } = run(csv('id,n,b', '1,$5, true'), { map });
    expect(sent[0]?.json.attributes).toEqual({ n: 5, b: true });
    expect(plan.columns.map(({ type }) => type)).toEqual(['string', 'number', 'boolean']);
    // One row that a step refuses spoils no other column.
    const faulty = parse({ columns: { n: { strip_prefix: '$' }, b: { not: true } } });
    expect(planOf(csv('id,n,b', '1,$5,yes', '2,$6,hm'), { map: faulty }).plan.columns[1]?.type).toBe('number');
  });

  it('are shown in the plan, and written to a mapping file that gives it again', () => {
    const columns = {
      a: { unescape: 'postgres', null_values: ['-'], trim: true, strip_prefix: "'", values: { x: 1, '*': null } },
      b: { to: 'unsubscribed', not: true },
      c: { split: { at: ',', as: 'csv' }, too_long: 'cut' },
      f: { split: ',', hash: 'sha256' },
      d: { join: ['a', 'c'], separator: '', default: 'z', hash: 'sha256' },
      id: { trim: true },
      e: { format: ['%d.%m.%Y', 'auto'], timezone: 'UTC' },
    };
    const source = csv('id,a,b,c,e,f', '1,x,yes,p,04.03.2025,q');
    const first = planOf(source, { map: parse({ columns }) });
    expect(first.table.map(({ becomes }) => becomes)).toEqual([
      'person id (trim)',
      'attribute a (unescape, null_values, trim, strip_prefix, values)',
      'attribute unsubscribed (not)',
      'attribute c (split, too_long)',
      'attribute e',
      'attribute f (split, hash)',
      'attribute d (join, default, hash)',
    ]);
    expect(planOf(source, { map: parseMappingFile(writeMappingFile(first), 'written.json') }).plan).toEqual(first.plan);
  });
});

describe('a value step that cannot be', () => {
  it.for([
    ['id', { default: 'x' }, '/columns/id/default: this column is the id, which would be the same for many'],
    ['id', { values: { '*': 'x' } }, '/columns/id/values: this column is the id'],
    ['id', { values: { '$device:*': 'x' } }, '/columns/id/values: this column is the id, which would be the same for'],
    ['id', { split: ',' }, '/columns/id/split: this column is the id, which is one value'],
    ['email', { too_long: 'cut' }, '/columns/email/too_long: this column is the email'],
    ['timestamp', { hash: 'sha256' }, '/columns/timestamp/hash: this column is the timestamp, which would be no time'],
    ['event', { not: true }, '/columns/event/not: this column is the event'],
    ['v', { join: ['id', 'none'] }, '/columns/v/join: there is no column "none"'],
  ] as const)('in column %s: %j', ([column, steps, message]) => {
    const source = csv('id,email,event,timestamp,v', '1,a@b.c,x,1700000000,5');
    const error = errorOf(() => planOf(source, { kind: 'events', map: parse({ columns: { [column]: steps } }) }));
    expect([error.code, error.message]).toEqual(['mapping', expect.stringContaining(message)]);
    expect(error.message).toMatch(/^map\.json:1:\d+: /);
  });
});

const attributesOf = (source: Parameters<typeof run>[0], columns: unknown, more: object = {}) =>
  run(source, { map: parse({ columns, ...more }) }).sent.map(({ json }) => json.attributes);

describe('a value that other columns may take away', () => {
  it('is there unless they have one of some texts, as the source has them', () => {
    const columns = { plan: { unless: { state: ['gone', 'x*'], left: ['yes'] } }, state: { values: { here: 'gone' } } };
    const rows = ['1,pro,here,', '2,pro,gone,', '3,pro,xyz,', '4,pro,,yes', '5,pro,,'];
    const plans = (given: unknown) => attributesOf(csv('id,plan,state,left', ...rows), given).map(({ plan }) => plan);
    expect(plans(columns)).toEqual(['pro', undefined, undefined, undefined, 'pro']);
    // What comes after sees an empty cell.
    expect(plans({ plan: { unless: { state: ['gone'] }, default: 'none' } })[1]).toBe('none');
  });

  it('may be made of others, and identify', () => {
    const map = { id_column: 'person', columns: { person: { first_of: ['user'], unless: { known: ['false'] } } } };
    const events = { ...map, kind: 'events', anonymous_id_column: 'user', event_column: 'event' };
    const rows = [
      { user: 'a', event: 'e' },
      { user: 'b', event: 'e', known: false },
    ];
    const { sent } = run(ndjson(...rows), { map: parse(events) });
    expect(sent.map(({ json }) => json.identifiers ?? json.anonymous_id)).toEqual([{ id: 'a' }, 'b']);
    // Fields that no row of the sample has are looked at in later ones.
    const { plan } = planOf(ndjson(rows[0] ?? {}), { map: parse(events) });
    expect(plan.columns.map(({ name }) => name)).toContain('known');
  });

  it('is asked of columns that there are', () => {
    const columns = { plan: { unless: { state: ['gone'] } } };
    const source = csv('id,plan', '1,pro');
    expect(errorOf(() => planOf(source, { map: parse({ columns }) })).message).toContain(
      '/columns/plan/unless: there is no column "state"',
    );
    expect(attributesOf(source, columns, { missing_columns: 'ignore' })).toEqual([{ plan: 'pro' }]);
  });

  it('is written to a mapping file again', () => {
    const source = csv('id,plan,state', '1,pro,gone');
    const first = planOf(source, { map: parse({ columns: { plan: { unless: { state: ['gone'] } } } }) });
    const second = planOf(source, { map: parseMappingFile(writeMappingFile(first), 'written.json') });
    expect(second.plan).toEqual(first.plan);
  });
});
