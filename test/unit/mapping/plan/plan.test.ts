import { describe, expect, it } from 'vitest';
import { parseMappingFile } from '../../../../src/mapping/plan/mapping-file.ts';
import { RawNumber } from '../../../../src/domain/raw-number.ts';
import {
  blockOf,
  csv,
  csvLayout,
  errorOf,
  ndjson,
  ndjsonLayout,
  planOf,
  preparerOf,
  run,
  sentOf,
} from '../../../support/mapping.ts';

const types = (result: ReturnType<typeof planOf>): Record<string, string> =>
  Object.fromEntries(result.plan.columns.map((column) => [column.name, column.type]));
const roles = (result: ReturnType<typeof planOf>): Record<string, string> =>
  Object.fromEntries(result.plan.columns.map((column) => [column.name, column.role]));

describe('finding columns', () => {
  it('recognises the usual identifier columns in any case', () => {
    expect(roles(planOf(csv('Customer_ID,EMail,Email,x'.replace('EMail,', ''), '7,a@b.c,1')))).toEqual({
      Customer_ID: 'id',
      Email: 'email',
      x: 'attribute',
    });
    expect(roles(planOf(csv('cio_id,x', 'a1,1')))).toEqual({ cio_id: 'cio_id', x: 'attribute' });
  });

  it('names both columns when two could be the identifier', () => {
    const error = errorOf(() => planOf(csv('id,user_id', '1,2')));
    expect(error.code).toBe('ambiguous_column');
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('"id" (column 1)');
    expect(error.message).toContain('"user_id" (column 2)');
    expect(error.hint).toContain('--id-column');
  });

  it('settles the doubt with the flag, and warns about the other column when its name is reserved', () => {
    const result = planOf(csv('id,user_id', '1,2'), { idColumn: 'user_id' });
    expect(roles(result)).toEqual({ id: 'attribute', user_id: 'id' });
    expect(result.warnings.join()).toContain('"id" sets the person');
  });

  it('refuses a file without an identifier, listing its columns and the flag', () => {
    const error = errorOf(() => planOf(csv('name,plan', 'Ada,pro')));
    expect([error.code, error.exitCode]).toEqual(['no_identifier', 2]);
    expect(error.hint).toMatch(/--id-column.*name, plan/);
  });

  it('refuses a second column that would set the e-mail', () => {
    expect(errorOf(() => planOf(csv('id,mail,email', '1,a@b.c,d@e.f'), { emailColumn: 'mail' })).code).toBe(
      'ambiguous_column',
    );
  });

  it('says which flag names a column that is not there', () => {
    const error = errorOf(() => planOf(csv('id,plan', '1,pro'), { emailColumn: 'mail' }));
    expect(error.code).toBe('usage');
    expect(error.message).toContain('--email-column');
    expect(error.message).toContain('"mail"');
    expect(error.hint).toContain('id, plan');
  });

  it('takes a file for events when a column names the event, and for people otherwise', () => {
    expect(planOf(csv('user_id,event', '1,x')).plan.kind).toBe('events');
    expect(planOf(csv('user_id,plan', '1,x'), { eventName: 'Signed up' }).plan.kind).toBe('events');
    expect(planOf(csv('id,email,name', '1,a@b.c,Ada')).plan.kind).toBe('people');
    expect(planOf(csv('user_id,name,timestamp', '1,x,1700000000')).plan.kind).toBe('events');
    expect(roles(planOf(csv('user_id,name', '1,x'), { kind: 'events' }))).toEqual({ user_id: 'id', name: 'event' });
  });

  it('warns about a first line that looks like data, and a first row that looks like a header', () => {
    for (const header of ['ann@example.com,free', '7,pro,2024-01-02', '550e8400-e29b-41d4-a716-446655440000,x'])
      expect(planOf(csv(header, header), { idColumn: header.split(',')[0]! }).warnings.join()).toContain(
        'looks like data',
      );
    for (const header of ['id,2024-01-01,2024-02-01', 'email,1,2,3', 'user_id,true'])
      expect([header, planOf(csv(header, '1,2,3')).warnings.join()]).toEqual([
        header,
        expect.not.stringContaining('looks like data'),
      ]);
    expect(errorOf(() => planOf(csv('ann@example.com,free', 'bob@example.com,pro')))).toMatchObject({
      code: 'no_identifier',
      hint: expect.not.stringContaining('ann'),
    });
    expect(planOf(csv('id,plan', 'Id,Plan', '1,pro')).warnings.join()).toContain('looks like the names of columns');
    expect(planOf(csv('id,plan', '1,pro')).warnings).toEqual([]);
  });

  it('leaves a cio_id out when the rows have an id or e-mail of their own, says why, and takes it when asked to', () => {
    for (const source of [
      csv('cio_id,id,email,plan', 'a3000001,1,ann@example.com,free'),
      ndjson({ cio_id: 'a3000001', email: 'ann@example.com' }),
      csv('CIO_ID,customer_id', 'x,1'),
    ]) {
      const result = planOf(source);
      expect(result.plan.columns.find(({ name }) => name.toLowerCase() === 'cio_id')?.role).toBe('drop');
      expect(result.warnings.join()).toMatch(/one workspace only.*--cio-id-column/);
      expect(run(source).sent[0]?.json.identifiers).not.toHaveProperty('cio_id');
    }
    expect(run(csv('cio_id,id', 'a3000001,1'), { cioIdColumn: 'cio_id' }).sent[0]?.json).toMatchObject({
      identifiers: { cio_id: 'a3000001' },
      attributes: { id: '1' },
    });
    // A line of JSON may have it later than the sample.
    const { plan } = planOf(ndjson({ id: '1' }));
    expect(
      sentOf(preparerOf(ndjsonLayout(), plan).prepare(blockOf([{ json: { id: '2', cio_id: 'a3' } }])))[0]?.json,
    ).toMatchObject({ identifiers: { id: '2' }, attributes: {} });
  });

  it('takes a `name` with a time for people when other columns are about people, and asks when only an e-mail is there', () => {
    for (const header of [
      'name,email,phone,time',
      'Timestamp,Name,Email,Phone number',
      'id,name,last_name,timestamp',
    ]) {
      const result = planOf(csv(header, '1,2,3,4'));
      expect([header, result.plan.kind, result.plan.columns.some(({ role }) => role === 'event')]).toEqual([
        header,
        'people',
        false,
      ]);
      expect(result.warnings.join()).toContain('--kind events');
    }
    for (const header of ['id,email,name,timestamp', 'email,first_name,event']) {
      const error = errorOf(() => planOf(csv(header, '1,2,3,4')));
      expect([error.exitCode, error.hint]).toEqual([2, 'say which with --kind people or --kind events']);
      expect(planOf(csv(header, '1,2,3,4'), { kind: 'people' }).plan.kind).toBe('people');
    }
  });

  it('recognises events of Amplitude and GA4 by the names of their columns', () => {
    expect(
      roles(
        planOf(
          ndjson({
            user_id: 'u1',
            event_type: 'Sign Up',
            event_time: '2024-01-02T03:04:05Z',
            event_properties: { k: 1 },
          }),
        ),
      ),
    ).toMatchObject({ user_id: 'id', event_type: 'event', event_time: 'timestamp' });
    expect(
      roles(planOf(csv('event_date,event_timestamp,event_name,user_id', '20240102,1704164645123456,page_view,u1'))),
    ).toMatchObject({ event_timestamp: 'timestamp', event_name: 'event', event_date: 'attribute' });
    expect(roles(planOf(csv('user_id,event,event_type,timestamp', '1,x,y,1700000000')))).toMatchObject({
      event: 'event',
      event_type: 'attribute',
    });
  });

  it("takes the id of an events file for the event's when another column identifies the person", () => {
    expect(roles(planOf(csv('id,user_id,event', 'e1,1,x')))).toEqual({ id: 'event_id', user_id: 'id', event: 'event' });
    expect(roles(planOf(csv('id,event', '1,x')))).toEqual({ id: 'id', event: 'event' });
  });

  it('does not guess between two times of an event', () => {
    expect(errorOf(() => planOf(csv('id,event,timestamp,created_at', '1,x,1,2'))).message).toMatch(
      /timestamp.*created_at/,
    );
  });

  it('needs a name for events', () => {
    expect(errorOf(() => planOf(csv('id,x', '1,2'), { kind: 'events' })).hint).toContain('--event-name');
  });

  it.for([
    ['4.12346E+11', 'shortened long numbers'],
    ['#N/A', 'error values'],
    [' "Doe"', 'quotes are a part of the values'],
    [String.raw`\N`, "--null '\\N'"],
  ])('warns about a cell %j that another program has made', ([cell = '', what]) => {
    const { warnings } = planOf({ layout: csvLayout(['id', 'x']), rows: [['1', cell]] });
    expect(warnings).toEqual([expect.stringContaining(`"x": `)]);
    expect(warnings[0]).toContain(what);
    expect(planOf(csv('id,x', '1,"Doe"', '2,N')).warnings).toEqual([]);
  });

  it('refuses two columns of one name, with both places, unless the mapping drops them', () => {
    const source = csv('id,tag,tag', '1,a,b');
    const error = errorOf(() => planOf(source));
    expect(error.message).toBe('columns 2 and 3 are both named "tag"');
    const map = parseMappingFile('{"drop":["tag"]}', 'm');
    expect(roles(planOf(source, { map }))).toEqual({ id: 'id', tag: 'drop' });
  });

  it('leaves out columns without a name, with a warning, and those that the failures file adds, without', () => {
    const result = planOf(csv('id,,cio_bulk_reason,plan', '1,x,bad,pro'));
    expect(result.plan.columns.map((column) => column.role)).toEqual(['id', 'drop', 'drop', 'attribute']);
    expect(result.warnings).toEqual(['column 2 has no name and is left out']);
  });

  it('warns once about every column whose name does more than store a value', () => {
    expect(planOf(csv('id,unsubscribed,plan', '1,true,pro', '2,false,pro')).warnings).toHaveLength(1);
    expect(planOf(csv('id,event,recipient', '1,x,a@b.c')).warnings.join()).toContain('recipient');
  });

  it('refuses an attribute name that is too long, and more attributes than a person can have', () => {
    expect(errorOf(() => planOf({ layout: csvLayout(['id', 'é'.repeat(80)]), rows: [] })).message).toContain(
      '160 bytes',
    );
    const many = ['id', ...Array.from({ length: 301 }, (_, index) => `a${index}`)];
    expect(errorOf(() => planOf({ layout: csvLayout(many), rows: [] })).message).toContain('301 columns');
  });

  it('refuses flags that contradict the file', () => {
    expect(errorOf(() => planOf(csv('id,at', '1,2'), { timestampColumn: 'at' })).message).toContain(
      '--timestamp-column',
    );
    expect(errorOf(() => planOf(csv('id,event', '1,x'), { action: 'delete' })).message).toContain('--action delete');
    expect(errorOf(() => planOf(csv('id', '1'), { timezone: 'Mars/Olympus' })).message).toContain('--timezone');
    expect(errorOf(() => planOf(csv('id', '1'), { types: 'plan:money' })).message).toContain('--types');
    expect(errorOf(() => planOf(csv('id', '1'), { types: 'plan:number' })).message).toContain('"plan"');
    expect(errorOf(() => planOf(csv('id', '1'), { set: ['oops'] })).message).toContain('--set');
    expect(errorOf(() => planOf(csv('id', '1'), { idColumn: 'id', emailColumn: 'id' })).message).toContain(
      'named both',
    );
  });

  it('plans NDJSON from the fields of its flat rows, and needs none when there are no flat rows', () => {
    const flat = planOf(ndjson({ id: 7, plan: 'pro' }, { id: 8, score: new RawNumber('12345678901234567890') }));
    expect(flat.table.map((row) => row.column)).toEqual(['id', 'plan', 'score']);
    expect(planOf(ndjson({ type: 'track', userId: '1', event: 'x' })).plan.kind).toBe('events');
    expect(planOf(ndjson({ type: 'person', action: 'delete', identifiers: { id: '1' } })).plan.kind).toBe('people');
  });
});

describe('types', () => {
  it('takes only plain decimals for numbers and only true and false for booleans', () => {
    const result = planOf(
      csv(
        'id,n,f,zip,phone2,exp,long,bool,mix,none',
        '1,5,1.5,01067,+49301,1e5,1234567890123456789,true,1,',
        '2,-7,0.25,12345,49301,2,1,FALSE,x,',
      ),
    );
    expect(types(result)).toMatchObject({
      id: 'string',
      n: 'number',
      f: 'number',
      zip: 'string',
      phone2: 'string',
      exp: 'string',
      long: 'string',
      bool: 'boolean',
      mix: 'string',
      none: 'string',
    });
  });

  it('warns that a spreadsheet has been there', () => {
    expect(planOf(csv('id,card,state', '1,4.12346E+11,#N/A')).warnings).toHaveLength(2);
    expect(types(planOf(csv('id,card', '1,4.12346E+11')))['card']).toBe('string');
  });

  it('keeps everything text with --types string, and demands what --types names', () => {
    expect(types(planOf(csv('id,n', '1,5'), { types: 'string' }))['n']).toBe('string');
    const { plan } = planOf(csv('id,n', '1,5'), { types: 'N:json' });
    expect(plan.columns[1]).toMatchObject({ type: 'json', strict: true });
  });

  it('takes created_at of people for a time', () => {
    expect(types(planOf(csv('id,created_at', '1,1700000000')))['created_at']).toBe('timestamp');
    expect(types(planOf(csv('id,created_at', '1,1700000000'), { types: 'created_at:string' }))['created_at']).toBe(
      'string',
    );
  });
});

describe('the plan table', () => {
  it('shows samples without control characters, and cut', () => {
    const { table } = planOf({
      layout: csvLayout(['id', 'note\u001b[2J']),
      rows: [['1', `\u001b[31mred\u0007\u202e${'x'.repeat(100)}`]],
    });
    const text = JSON.stringify(table);
    expect(text).not.toMatch(/\\u001b|\\u0007|\u202e/);
    expect(table[1]?.sample.length).toBeLessThanOrEqual(40);
    expect(table[0]).toEqual({ column: 'id', becomes: 'person id', type: 'string', sample: '1', warnings: [] });
  });

  it('is plain JSON: a stored plan is the same plan', () => {
    const { plan } = planOf(csv('id,email,n,at,x', '1,a@b.c,5,2,z'), { set: ['address.city=Wien', 'n2=5'] });
    const stored = JSON.parse(JSON.stringify(plan));
    expect(stored).toEqual(plan);
  });
});

describe('identities', () => {
  it('that look like a mistake are warned about, without showing them', () => {
    const { identityWarnings } = planOf(csv('id,email', '7,a@b.c', 'Ada,x@y.z', '8,A@b.c', 'ada ,q@y.z', '7,a@b.c'));
    expect(identityWarnings).toEqual([
      '1 row has an e-mail that another id has too (first: row 3): Customer.io keeps one person per e-mail',
      '1 row has an id that differs from another only in case or blanks around it (first: row 4): those are different people to Customer.io',
    ]);
  });

  it('that repeat are no mistake', () => {
    expect(planOf(csv('id,email', '7,a@b.c', '7,A@b.c', '8,d@e.f')).identityWarnings).toEqual([]);
  });

  it('are found in lines about people, and groups may have the e-mail of a person', () => {
    const ann = { type: 'identify', userId: '7', traits: { email: 'a@b.c' } };
    const group = { type: 'group', userId: '8', groupId: 'g', traits: { email: 'a@b.c' } };
    const bob = { type: 'identify', userId: '8', traits: { plan: 'pro' }, context: { traits: { email: 'A@b.c' } } };
    expect(planOf(ndjson(ann, group)).identityWarnings).toEqual([]);
    expect(planOf(ndjson(ann, group, bob)).identityWarnings).toEqual([
      '1 row has an e-mail that another id has too (first: row 3): Customer.io keeps one person per e-mail',
    ]);
  });
});
