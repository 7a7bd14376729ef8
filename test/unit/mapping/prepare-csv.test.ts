import { describe, expect, it } from 'vitest';
import { hashPerson, personsOf } from '../../../src/domain/person.ts';
import { isUlid } from '../../../src/domain/ulid.ts';
import { blockOf, csv, csvLayout, planOf, preparerOf, run, sentOf } from '../../support/mapping.ts';

describe('people', () => {
  it('writes one identify per row, with the e-mail as an attribute beside an id', () => {
    const { sent } = run(csv('id,email,plan,score', '7,Ada@b.c,pro,5'));
    expect(sent[0]?.text).toBe(
      '{"type":"person","identifiers":{"id":"7"},"action":"identify","attributes":{"email":"Ada@b.c","plan":"pro","score":5}}',
    );
    expect(sent[0]?.keys).toEqual([hashPerson('id:7'), hashPerson('email:ada@b.c')]);
  });

  it('identifies by e-mail where the id is empty, and by cio_id where that was asked for and there is one', () => {
    const { sent } = run(csv('id,email,cio_id', ',a@b.c,', '7,a@b.c,cio_x1', '8,,'), { cioIdColumn: 'cio_id' });
    expect(sent.map((one) => one.json.identifiers)).toEqual([{ email: 'a@b.c' }, { cio_id: 'x1' }, { id: '8' }]);
    expect(sent[1]?.json.attributes).toEqual({ id: '7', email: 'a@b.c' });
  });

  it('never trims or lower-cases an identifier', () => {
    expect(run(csv('id', ' Ada ', 'ADA')).sent.map((one) => one.json.identifiers.id)).toEqual([' Ada ', 'ADA']);
  });

  it('keeps the digits of numbers as they are written', () => {
    expect(run(csv('id,n', '1,1.50', '2,100')).sent[0]?.text).toContain('"n":1.50');
  });

  it("sends a cell that does not fit its column's inferred type as text, and counts it", () => {
    const source = csv('id,n', '1,5');
    const { plan } = planOf(source);
    const chunk = preparerOf(source.layout, plan).prepare(
      blockOf([
        ['1', '5'],
        ['2', 'five'],
        ['3', '007'],
      ]),
    );
    expect(sentOf(chunk).map((one) => one.json.attributes.n)).toEqual([5, 'five', '007']);
    expect(chunk.warnings).toEqual([{ code: 'not_number', column: 'n', count: 2 }]);
  });

  it('refuses a cell that does not fit a demanded type', () => {
    const { chunk } = run(csv('id,n', '1,5', '2,five'), { types: 'n:number' });
    expect(chunk.invalid).toEqual([
      {
        index: 1,
        code: 'bad_value',
        message: 'the value is no number, which the mapping demands',
        column: 2,
        field: 'n',
      },
    ]);
  });

  it('omits, nulls or keeps empty cells', () => {
    const source = csv('id,a,b', '1,,x');
    expect(run(source).sent[0]?.json.attributes).toEqual({ b: 'x' });
    expect(run(source, { empty: 'null' }).sent[0]?.json.attributes).toEqual({ a: null, b: 'x' });
    expect(run(source, { empty: 'keep' }).sent[0]?.json.attributes).toEqual({ a: '', b: 'x' });
  });

  it('adds constants, nested by dots', () => {
    expect(
      run(csv('id', '1'), { set: ['source=crm', 'address.country=AT', 'vip=true', 'n=5', 'zip=01067'] }).sent[0]?.json
        .attributes,
    ).toEqual({
      source: 'crm',
      address: { country: 'AT' },
      vip: true,
      n: 5,
      zip: '01067',
    });
  });

  it('deletes, suppresses and unsuppresses without attributes', () => {
    for (const action of ['delete', 'suppress', 'unsuppress'] as const) {
      expect(run(csv('id,plan', '7,pro'), { action }).sent[0]?.text).toBe(
        `{"type":"person","identifiers":{"id":"7"},"action":"${action}"}`,
      );
    }
  });

  it('takes names such as __proto__ and constructor for plain names', () => {
    const { sent } = run(csv('id,__proto__,constructor,toString', '1,a,b,c'));
    expect(sent[0]?.text).toContain('"attributes":{"__proto__":"a","constructor":"b","toString":"c"}');
  });

  it('refuses rows without an identifier, with blanks for one, or over a limit, and never shows the value', () => {
    const { chunk, sent } = run(
      csv('id,note', ',x', '  ,x', `${'é'.repeat(76)},x`, `4,${'secret'.repeat(200)}`, `5,${'x'.repeat(1000)}`),
    );
    expect(chunk.invalid.map((row) => [row.index, row.code, row.column])).toEqual([
      [0, 'no_identifier', 1],
      [1, 'bad_identifier', 1],
      [2, 'too_long', 1],
      [3, 'too_long', 2],
    ]);
    expect(chunk.invalid[2]?.message).toBe('the id has 152 bytes; the limit is 150');
    expect(chunk.invalid[3]?.message).toBe('the value has 1200 bytes; the limit is 1000');
    expect(sent.map((one) => one.row)).toEqual([4]);
  });

  it('of nothing but blanks is none, whatever kind of blank', () => {
    const { chunk } = run(csv('id,name', '\u00a0,Ada', '\u2003\t,Bo'));
    expect(chunk.invalid.map((row) => row.code)).toEqual(['bad_identifier', 'bad_identifier']);
  });

  it('refuses an operation that is over the limit of a batch item', () => {
    const header = ['id', ...Array.from({ length: 40 }, (_, index) => `a${index}`)];
    const { chunk } = run({
      layout: csvLayout(header),
      rows: [['1', ...Array.from({ length: 40 }, () => 'x'.repeat(900))]],
    });
    expect(chunk.invalid[0]?.code).toBe('too_long');
    expect(chunk.invalid[0]?.message).toMatch(/has 36\d+ bytes as JSON; one operation may have 32000/);
  });

  it('holds every text in a cell of JSON to the limit of an attribute, but not those of events', () => {
    const [fits, over] = ['ü'.repeat(500), `${'ü'.repeat(500)}x`];
    const rows = [fits, over, fits, over].map((text, index) => [
      String(index),
      'seen',
      JSON.stringify(index < 2 ? [{ a: text, b: text }] : text),
    ]);
    const source = { layout: csvLayout(['id', 'event', 'v']), rows };
    const people = run(source, { kind: 'people', types: 'v:json' });
    expect(people.sent.map(({ json }) => json.attributes.v)).toEqual([[{ a: fits, b: fits }], fits]);
    expect(people.chunk.invalid).toMatchObject([
      { code: 'too_long', column: 3, message: 'a text in the value has 1001 bytes; the limit is 1000' },
      { code: 'too_long', column: 3 },
    ]);
    expect(run(source, { kind: 'events', types: 'v:json' }).sent.length).toBe(4);
  });

  it("skips an identify that repeats the same person's last one, and only that", () => {
    const { chunk, sent } = run(csv('id,plan', '7,a', '8,a', '7,a', '7,b', '7,a'));
    expect(chunk.skipped).toEqual({ unchanged: 1 });
    expect(sent.map((one) => one.row)).toEqual([0, 1, 3, 4]);
  });

  it('recognises a repeat in a later chunk', () => {
    const source = csv('id,plan', '7,é', '8,b');
    const preparer = preparerOf(source.layout, planOf(source).plan);
    preparer.prepare(blockOf(source.rows));
    expect(
      preparer.prepare(
        blockOf([
          ['8', 'b'],
          ['7', 'é'],
          ['7', 'c'],
        ]),
      ).skipped,
    ).toEqual({ unchanged: 2 });
    expect(preparer.prepare(blockOf([['7', 'é']])).skipped).toEqual({});
  });

  it('count for order under every name in them', () => {
    const { sent } = run(csv('cio_id,id,email,phone,plan', 'a1,7,A@b.c,+4930,pro', ',7,,,free'), {
      api: 'v1',
      cioIdColumn: 'cio_id',
    });
    expect(sent.map((one) => new Set(one.keys))).toEqual(
      [['cio_id:a1', 'id:7', 'email:a@b.c', 'phone:+4930'], ['id:7']].map((names) => new Set(names.map(hashPerson))),
    );
  });

  it('does not call a row unchanged when its e-mail went to somebody else meanwhile', () => {
    const { sent } = run(csv('id,email', '7,a@b.c', '8,a@b.c', '7,a@b.c'));
    expect(sent).toHaveLength(3);
  });

  it('forgets what it knows when people are addressed by different identifiers', () => {
    const { sent } = run(csv('id,email,plan', '7,,a', ',a@b.c,b', '7,,a'));
    expect(sent).toHaveLength(3);
  });

  it('counts rows left out by --skip', () => {
    const { chunk, sent } = run(csv('id', '1', '2', '3'), {}, { skipRows: 2 });
    expect(chunk.skipped).toEqual({ skip_option: 2 });
    expect(sent.map((one) => one.row)).toEqual([2]);
  });

  it('carries rows that could not be read', () => {
    const source = csv('id', '1');
    const chunk = preparerOf(source.layout, planOf(source).plan).prepare(
      blockOf([{ fault: 'wrong_cell_count', message: '3 cells, the header has 1', column: 2 }]),
    );
    expect(chunk.invalid).toEqual([
      { index: 0, code: 'wrong_cell_count', message: '3 cells, the header has 1', column: 2 },
    ]);
  });
});

describe('events', () => {
  it('writes name, id, time in seconds and data with sorted keys', () => {
    const { sent } = run(csv('user_id,event,timestamp,sku,amount', '7,Order,2025-03-04T10:00:00+01:00,s1,5'));
    const { id, ...rest } = sent[0]!.json;
    expect(isUlid(id)).toBe(true);
    expect(rest).toEqual({
      type: 'person',
      identifiers: { id: '7' },
      action: 'event',
      name: 'Order',
      timestamp: 1_741_078_800,
      attributes: { amount: 5, sku: 's1' },
    });
    expect(sent[0]?.text).toContain('{"amount":5,"sku":"s1"}');
  });

  it('takes milliseconds for what they are, with a warning', () => {
    const { sent, chunk } = run(csv('user_id,event,timestamp', '7,x,1741078800123'));
    expect(sent[0]?.json.timestamp).toBe(1_741_078_800);
    expect(chunk.warnings).toEqual([{ code: 'milliseconds', column: 'timestamp', count: 1 }]);
  });

  it('refuses times that can be read in two ways, or lack a zone, and names the flag', () => {
    const { chunk } = run(
      csv(
        'user_id,event,timestamp',
        '7,x,03/04/2025',
        '7,x,2025-03-04 10:00',
        '7,x,20250304',
        '7,x,2025-02-30T00:00:00Z',
      ),
    );
    expect(chunk.invalid.map((row) => row.code)).toEqual(Array.from({ length: 4 }, () => 'bad_timestamp'));
    expect(chunk.invalid[0]?.message).toMatch(/two ways.*--map.*--types/);
    expect(chunk.invalid[1]?.message).toContain('--timezone');
    expect(JSON.stringify(chunk.invalid)).not.toContain('03/04');
  });

  it('reads local times in the zone given', () => {
    const times = run(csv('user_id,event,timestamp', '7,x,2025-01-04 10:00', '7,x,2025-07-04T10:00:00'), {
      timezone: 'Europe/Vienna',
    });
    expect(times.sent.map((one) => one.json.timestamp)).toEqual([
      Date.UTC(2025, 0, 4, 9) / 1000,
      Date.UTC(2025, 6, 4, 8) / 1000,
    ]);
  });

  it('gives the same event the same id, whatever the order of rows and columns', () => {
    const one = run(csv('user_id,event,timestamp,a,b', '7,x,1700000000,1,2', '8,x,1700000000,1,2')).sent;
    const other = run(csv('b,a,timestamp,event,user_id', '2,1,1700000000,x,8', '2,1,1700000000,x,7')).sent;
    expect(other[1]?.text).toBe(one[0]?.text);
    expect(other[0]?.text).toBe(one[1]?.text);
  });

  it('tells events a tenth of a second apart from each other', () => {
    const { sent } = run(csv('user_id,event,timestamp', '7,x,2025-03-04T10:00:00.1Z', '7,x,2025-03-04T10:00:00.2Z'));
    expect(sent).toHaveLength(2);
  });

  it('skips an event that is equal in every respect to one before', () => {
    const { chunk, sent } = run(csv('user_id,event,timestamp', '7,x,1700000000', '7,x,1700000000', '7,y,1700000000'));
    expect(chunk.skipped).toEqual({ duplicate_event: 1 });
    expect(sent).toHaveLength(2);
  });

  it('tells events without a time by their row, and keeps their ids when the run resumes there', () => {
    const source = csv('user_id,event', '7,x', '7,x');
    const { plan } = planOf(source);
    const whole = sentOf(preparerOf(source.layout, plan).prepare(blockOf(source.rows)));
    const rest = sentOf(preparerOf(source.layout, plan).prepare(blockOf(source.rows.slice(1), 1)));
    expect(whole).toHaveLength(2);
    expect(rest[0]?.text).toBe(whole[1]?.text);
    expect(whole[0]?.json.timestamp).toBeUndefined();
  });

  it('lets the file say what makes an event the same', () => {
    const byId = run(csv('user_id,event,event_id,n', '7,x,order-1,1', '7,x,order-1,2', '7,x,,3', '7,x,,4'));
    expect(byId.chunk.skipped).toEqual({ duplicate_event: 1 });
    expect(byId.sent).toHaveLength(3);
    expect(byId.sent[0]?.json.attributes).toEqual({ n: 1 });
    const byKey = run(csv('user_id,event,order,n', '7,x,o1,1', '7,x,o1,2', '7,x,o2,1'), { dedupeKey: ['order'] });
    expect(byKey.chunk.skipped).toEqual({ duplicate_event: 1 });
    expect(byKey.sent[0]?.json.attributes).toEqual({ order: 'o1', n: 1 });
  });

  it('does not take an event for a repeat of one that cannot be sent', () => {
    const { sent } = run({
      layout: csvLayout(['user_id', 'event', 'event_id', 'data']),
      rows: [
        ['7', 'x', 'e1', 'y'.repeat(100_001)],
        ['7', 'x', 'e1', 'y'],
      ],
    });
    expect(sent.map((one) => one.row)).toEqual([1]);
  });

  it('passes a valid ULID through', () => {
    expect(run(csv('user_id,event,event_id', '7,x,01ARZ3NDEKTSV4RRFFQ69G5FAV')).sent[0]?.json.id).toBe(
      '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    );
  });

  it('needs a name, and refuses one that is too long', () => {
    const { chunk } = run(csv('user_id,event', '7,', '7,  ', `7,${'x'.repeat(101)}`));
    expect(chunk.invalid.map((row) => row.code)).toEqual(['no_event_name', 'no_event_name', 'too_long']);
  });

  it('skips or holds back recent events and those without a time', () => {
    const source = csv('user_id,event,timestamp', '7,x,1700000000', '7,x,1800000000', '7,x,');
    expect(run(source, {}, { recent: { policy: 'skip', sinceSeconds: 1_750_000_000 } }).chunk.skipped).toEqual({
      recent: 2,
    });
    expect(
      run(source, {}, { recent: { policy: 'guard', sinceSeconds: 1_750_000_000 } }).sent.map((one) => one.isGuarded),
    ).toEqual([false, true, true]);
  });

  it('sends an event over 32 000 bytes through v1 with the same id, and refuses one over 100 000', () => {
    const rows = [
      ['a b/é+@x.com', 'x', '1700000000', 'y'.repeat(40_000)],
      ['7', 'x', '1700000000', 'y'.repeat(100_001)],
    ];
    const { sent, chunk } = run({ layout: csvLayout(['email', 'event', 'timestamp', 'data']), rows });
    expect(sent[0]?.single).toEqual({ method: 'POST', path: '/api/v1/customers/a%20b%2F%C3%A9%2B%40x.com/events' });
    expect(Object.keys(sent[0]!.json)).toEqual(['name', 'id', 'timestamp', 'data']);
    expect(chunk.invalid[0]?.message).toMatch(/data has 1000\d+ bytes as JSON; the limit is 100000/);
  });
});

describe('--api v1', () => {
  it('makes a request of every operation', () => {
    const people = run(csv('id,email,cio_id,plan', '7,a@b.c,,pro', ',a+1@b.c,,pro', ',,x1,pro'), {
      api: 'v1',
      cioIdColumn: 'cio_id',
    }).sent;
    expect(people.map((one) => one.single)).toEqual([
      { method: 'PUT', path: '/api/v1/customers/7' },
      { method: 'PUT', path: '/api/v1/customers/a%2B1%40b.c' },
      { method: 'PUT', path: '/api/v1/customers/cio_x1' },
    ]);
    expect(people[0]?.json).toEqual({ email: 'a@b.c', plan: 'pro' });
    const gone = run(csv('id', '7'), { api: 'v1', action: 'delete' }).sent;
    expect([gone[0]?.text, gone[0]?.single]).toEqual(['', { method: 'DELETE', path: '/api/v1/customers/7' }]);
    expect(run(csv('id', '7'), { api: 'v1', action: 'suppress' }).sent[0]?.single).toEqual({
      method: 'POST',
      path: '/api/v1/customers/7/suppress',
    });
  });

  it('gives an event the id it has through v2', () => {
    const source = csv('user_id,event,timestamp,n', '7,x,1700000000,1');
    expect(run(source, { api: 'v1' }).sent[0]?.json.id).toBe(run(source).sent[0]?.json.id);
  });

  it('refuses identifiers that v1 would take for another kind', () => {
    const { chunk } = run(csv('id,email', 'a@b.c,', 'cio_1,', '..,', ',nobody'), { api: 'v1' });
    expect(chunk.invalid.map((row) => row.code)).toEqual(Array.from({ length: 4 }, () => 'bad_identifier'));
    expect(chunk.invalid[0]?.message).toContain('--api v2');
  });

  it('finds the persons of a request again', () => {
    const { sent } = run(csv('id,email,plan', '7,A@b.c,pro', ',A@b.c,pro'), { api: 'v1' });
    for (const one of sent) {
      const keys = personsOf(one.text, one.single).map(hashPerson);
      expect(keys).toEqual(one.keys);
    }
  });
});

describe('a header in the middle of a file', () => {
  it('is skipped and counted, with a byte order mark or without; a row that merely resembles it is a row', () => {
    const { sent, chunk } = run(
      csv('id,email,age', '1,ann@example.com,31', 'id,email,age', '\ufeffid,email,age', 'id,email,years'),
    );
    expect(sent.map(({ row }) => row)).toEqual([0, 3]);
    expect(chunk.skipped).toEqual({ header_again: 2 });
    expect(run(csv('id,age', '1,31', 'id,age')).sent[0]?.json.attributes).toEqual({ age: 31 });
  });

  it('deletes nobody who is called like the column', () => {
    const { sent } = run(csv('id', '7', 'id'), { action: 'delete' });
    expect(sent.map((one) => one.json.identifiers.id)).toEqual(['7']);
  });
});
