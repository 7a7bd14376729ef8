/** Rows that are devices, objects or relationships. */
import { describe, expect, it } from 'vitest';
import type { RawRow } from '../../../src/domain/block.ts';
import { hashPerson } from '../../../src/domain/person.ts';
import type { SourceLayout } from '../../../src/domain/plan.ts';
import { parseMappingFile } from '../../../src/mapping/plan/mapping-file.ts';
import { writeMappingFile } from '../../../src/mapping/plan/mapping-write.ts';
import type { PlanOptions } from '../../../src/mapping/plan/plan-options.ts';
import { csv, errorOf, ndjson, planOf, run } from '../../support/mapping.ts';

type Source = { layout: SourceLayout; rows: RawRow[] };

/** The same rows as CSV and as NDJSON with texts. */
function both(header: string, ...lines: string[]): readonly Source[] {
  const names = header.split(',');
  const records = lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
  return [csv(header, ...lines), ndjson(...records)];
}

const operations = (source: Source, options: PlanOptions = {}): unknown[] =>
  run(source, options).sent.map(({ json }) => json);
const becomes = (source: Source, options: PlanOptions = {}): string[] =>
  planOf(source, options).table.map((row) => row.becomes);
const kindOf = (header: string, options: PlanOptions = {}): string =>
  planOf(csv(header, header.replaceAll(/[^,]+/g, '1')), options).plan.kind;
const faults = (source: Source, options: PlanOptions = {}): unknown[] =>
  run(source, options).chunk.invalid.map(({ index, code, field }) => [index, code, field]);

describe('devices', () => {
  it('are added to their people, several to one', () => {
    const rows = both(
      'id,device_token,device_platform,last_used,app_version',
      '7,t1,ios,1700000000,1.10',
      '7,t2,Android,2023-11-14T22:13:20Z,2.0',
    );
    for (const source of rows) {
      expect(planOf(source).plan.kind).toBe('devices');
      expect(operations(source, { types: 'app_version:string' })).toEqual(
        [
          { token: 't1', platform: 'ios', last_used: 1_700_000_000, attributes: { app_version: '1.10' } },
          { token: 't2', platform: 'android', last_used: 1_700_000_000, attributes: { app_version: '2.0' } },
        ].map((device) => ({ type: 'person', action: 'add_device', identifiers: { id: '7' }, device })),
      );
    }
  });

  it('have no time of last use where the file has none, whatever else empty values become', () => {
    for (const source of both('id,device_token,device_platform,last_used', '7,t,ios,'))
      for (const empty of ['omit', 'null', 'keep'] as const)
        expect(operations(source, { empty })).toMatchObject([{ device: { token: 't', platform: 'ios' } }]);
    for (const source of both('id,device_token,device_platform,last_used', '7,t,ios,'))
      expect(run(source, { empty: 'keep' }).sent[0]?.text).not.toContain('last_used');
  });

  it('have texts for attributes, with the digits of the file', () => {
    const [cells] = both('email,device_token,platform,version,push_enabled,tags', 'a@b.c,t,ios,1.10,true,x;y');
    const map = parseMappingFile(JSON.stringify({ columns: { tags: { split: ';' } } }), 'm');
    const attributes = { version: '1.10', push_enabled: 'true', tags: '["x","y"]' };
    expect(operations(cells!, { map })).toMatchObject([{ identifiers: { email: 'a@b.c' }, device: { attributes } }]);
    const flat = ndjson({ email: 'a@b.c', deviceToken: 't', devicePlatform: 'ios', version: 2, push_enabled: true });
    expect(operations(flat)).toMatchObject([{ device: { attributes: { version: '2', push_enabled: 'true' } } }]);
  });

  it('are removed with --action delete, by their token alone', () => {
    const device = { token: 't' };
    const removed = [{ type: 'person', action: 'delete_device', identifiers: { id: '7' }, device }];
    for (const source of both('id,device_token,device_platform,app', '7,t,ios,1'))
      expect(operations(source, { action: 'delete' })).toEqual(removed);
    for (const source of both('id,device_token', '7,t')) {
      expect(operations(source, { action: 'delete', kind: 'devices' })).toEqual(removed);
      expect(operations(source, { action: 'delete', kind: 'people' })).toMatchObject([{ action: 'delete' }]);
      expect(errorOf(() => planOf(source, { action: 'delete' })).hint).toBe(
        'say which with --kind people or --kind devices',
      );
    }
  });

  it('have a person, a token and a platform that is one', () => {
    const lines = [',t,ios', '7,,ios', '7,NULL,ios', '7,t,', '7,t,web', 'NULL,t,ios', `7,${'t'.repeat(300)},ios`];
    for (const source of both('id,device_token,device_platform', ...lines))
      expect(faults(source)).toEqual([
        [0, 'no_identifier', 'id'],
        [1, 'no_identifier', 'device_token'],
        [2, 'no_identifier', 'device_token'],
        [3, 'bad_value', 'device_platform'],
        [4, 'bad_value', 'device_platform'],
        [5, 'no_identifier', 'id'],
      ]);
  });

  it('go through v1 too', () => {
    const [{ single, json } = {}] = run(csv('id,device_token,device_platform', '7,t,ios'), { api: 'v1' }).sent;
    expect([single?.path, json]).toEqual(['/api/v1/customers/7/devices', { device: { id: 't', platform: 'ios' } }]);
  });
});

describe('objects', () => {
  it('have all other columns as attributes', () => {
    const object = { type: 'object', identifiers: { object_type_id: '1', object_id: 'acme' }, action: 'identify' };
    const options: PlanOptions = { set: ['source=crm'], types: 'since:timestamp', timezone: 'UTC' };
    const [cells, flat] = both(
      'object_type_id,object_id,name,since,address.city',
      '1,acme,Acme,2023-11-14 22:13:20,Graz',
    );
    const attributes = { name: 'Acme', since: 1_700_000_000, source: 'crm' };
    const map = parseMappingFile(JSON.stringify({ columns: { 'address.city': 'address.city' } }), 'm');
    const nested = { ...attributes, address: { city: 'Graz' } };
    expect(operations(cells!, { ...options, map })).toEqual([{ ...object, attributes: nested }]);
    expect(operations(flat!, options)).toEqual([{ ...object, attributes: { ...attributes, 'address.city': 'Graz' } }]);
  });

  it('keep the digits of numbers, and say null or nothing where a cell is empty', () => {
    const source = csv('object_type_id,object_id,price,note,raw', '1,a,0.10,,12345678901234567890');
    const map = parseMappingFile(JSON.stringify({ columns: { raw: { type: 'json' } } }), 'm');
    const textOf = (options: PlanOptions): string => run(source, { map, ...options }).sent[0]?.text ?? '';
    expect(textOf({})).toContain('"attributes":{"price":0.10,"raw":12345678901234567890}');
    expect(textOf({ empty: 'null' })).toContain('"attributes":{"price":0.10,"note":null,"raw":12345678901234567890}');
  });

  it('may have their type from a constant, for all rows or for those without one', () => {
    for (const source of both('object_id,name', 'acme,Acme'))
      expect(operations(source, { set: ['object_type_id=2'] })).toEqual([
        {
          type: 'object',
          identifiers: { object_type_id: '2', object_id: 'acme' },
          action: 'identify',
          attributes: { name: 'Acme' },
        },
      ]);
    const map = parseMappingFile('{"constants":{"object_type_id":"3"}}', 'm');
    for (const source of both('object_type_id,object_id', '1,a', ',b'))
      expect(operations(source, { map })).toMatchObject([
        { identifiers: { object_type_id: '1' }, attributes: {} },
        { identifiers: { object_type_id: '3' }, attributes: {} },
      ]);
  });

  it('may have the words of their type translated, and a token or an object is never filled in', () => {
    const columns = { type: { values: { company: '1', '*': '2' } }, name: { trim: true } };
    const map = parseMappingFile(JSON.stringify({ object_type_id_column: 'type', columns }), 'm');
    for (const source of both('type,object_id,name', 'company,a, Acme ', 'course,b,B'))
      expect(operations(source, { map })).toMatchObject([
        { identifiers: { object_type_id: '1' }, attributes: { name: 'Acme' } },
        { identifiers: { object_type_id: '2' }, attributes: { name: 'B' } },
      ]);
    const filled = parseMappingFile(JSON.stringify({ columns: { object_id: { default: 'acme' } } }), 'm');
    expect(errorOf(() => planOf(csv('object_type_id,object_id', '1,a'), { map: filled })).message).toContain(
      'this column is the object_id, which would be the same for many',
    );
  });

  it('are deleted by --action delete, and neither suppressed nor sent through v1', () => {
    const source = csv('object_type_id,object_id,name', '1,acme,Acme');
    const identifiers = { object_type_id: '1', object_id: 'acme' };
    expect(operations(source, { action: 'delete' })).toEqual([{ type: 'object', identifiers, action: 'delete' }]);
    expect(errorOf(() => planOf(source, { action: 'suppress' })).message).toBe(
      '--action suppress is for people, and this file holds objects',
    );
    expect(errorOf(() => planOf(source, { api: 'v1' })).message).toBe('there are no objects in v1 of the API');
  });

  it('have an id and a type that is a number, and keep to the limits', () => {
    const lines = ['1,,a', 'company,x,a', ',x,a', '1,NULL,a', `1,${'x'.repeat(151)},a`, `1,x,${'a'.repeat(1001)}`];
    for (const source of both('object_type_id,object_id,note', ...lines))
      expect(faults(source)).toEqual([
        [0, 'no_identifier', 'object_id'],
        [1, 'bad_identifier', 'object_type_id'],
        [2, 'bad_identifier', 'object_type_id'],
        [3, 'no_identifier', 'object_id'],
        [4, 'too_long', 'object_id'],
        [5, 'too_long', 'note'],
      ]);
  });

  it('may have an e-mail of their own when it is said that they are objects', () => {
    for (const source of both('object_type_id,object_id,email', '1,acme,office@acme.com')) {
      expect(planOf(source).plan.kind).toBe('relationships');
      expect(operations(source, { kind: 'objects' })).toMatchObject([
        { type: 'object', attributes: { email: 'office@acme.com' } },
      ]);
    }
  });
});

describe('relationships', () => {
  const object = { object_type_id: '1', object_id: 'acme' };
  const lines = ['7,a@b.c,1,acme,admin', ',a@b.c,1,acme,'];

  it('tie a person to an object, with the other columns as attributes', () => {
    for (const source of both('id,email,object_type_id,object_id,role', ...lines))
      expect(operations(source, { empty: 'omit' })).toEqual([
        {
          type: 'person',
          identifiers: { id: '7' },
          action: 'add_relationships',
          cio_relationships: [{ identifiers: object, relationship_attributes: { role: 'admin' } }],
        },
        {
          type: 'person',
          identifiers: { email: 'a@b.c' },
          action: 'add_relationships',
          cio_relationships: [{ identifiers: object }],
        },
      ]);
  });

  it('are removed by --action delete', () => {
    for (const source of both('id,email,object_type_id,object_id,role', ...lines))
      expect(operations(source, { action: 'delete' })).toEqual(
        [{ id: '7' }, { email: 'a@b.c' }].map((identifiers) => ({
          type: 'person',
          identifiers,
          action: 'delete_relationships',
          cio_relationships: [{ identifiers: object }],
        })),
      );
  });

  it('count for order under the person and under the object', () => {
    for (const source of both('id,object_type_id,object_id', '7,1,acme'))
      expect(run(source).sent[0]?.keys).toEqual(['id:7', 'object:1:acme'].map(hashPerson));
  });

  it('need the person and the object', () => {
    for (const source of both('id,object_type_id,object_id', ',1,acme', '7,1,', '7,1,acme'))
      expect(faults(source)).toEqual([
        [0, 'no_identifier', 'id'],
        [1, 'no_identifier', 'object_id'],
      ]);
  });
});

describe('what a file holds', () => {
  it('is told by both columns, and one of them alone is an attribute', () => {
    for (const header of [
      'id,object_id',
      'id,object_type_id',
      'id,device_token',
      'id,device_platform',
      'id,platform',
    ]) {
      expect(kindOf(header)).toBe('people');
      expect(run(csv(header, '7,x')).sent[0]?.json.attributes).toEqual({ [header.split(',')[1]!]: 'x' });
    }
    expect(kindOf('id,object_id,object_type_id')).toBe('relationships');
    expect(kindOf('object_id,object_type_id')).toBe('objects');
    expect(kindOf('id,device_token,platform')).toBe('devices');
    expect(kindOf('cio_id,deviceToken,devicePlatform')).toBe('devices');
    expect(kindOf('id,object_id', { set: ['object_type_id=1'] })).toBe('relationships');
    expect(kindOf('id,device_token', { set: ['device_platform=ios'] })).toBe('devices');
  });

  it('is events where a column names them, and what the user says', () => {
    expect(kindOf('id,event,object_type_id,object_id,device_token,device_platform')).toBe('events');
    expect(kindOf('id,device_token,device_platform', { eventName: 'opened' })).toBe('events');
    expect(kindOf('id,device_token,device_platform', { kind: 'people' })).toBe('people');
    const map = parseMappingFile('{"device_token_column":null}', 'm');
    expect(kindOf('id,device_token,device_platform', { map })).toBe('people');
    expect(kindOf('id,token,os', { deviceTokenColumn: 'token', devicePlatformColumn: 'os' })).toBe('devices');
    expect(kindOf('kind,key', { objectTypeIdColumn: 'kind', objectIdColumn: 'key' })).toBe('objects');
  });

  it('is asked for where it could be two', () => {
    expect(errorOf(() => kindOf('id,object_type_id,object_id,device_token,device_platform')).message).toBe(
      'the rows could be devices or objects: there are columns of both',
    );
  });

  it('lacks nothing that every row needs', () => {
    for (const [header, options, message, hint] of [
      [
        'id,token',
        { deviceTokenColumn: 'token' },
        'the platform of the device (device_platform)',
        '--set device_platform=',
      ],
      ['id,token', { kind: 'devices' }, 'the token of the device (device_token)', '--device-token-column;'],
      ['id,object_id', { kind: 'objects' }, 'the type of the object (object_type_id)', '--set object_type_id='],
      ['object_type_id,object_id', { kind: 'relationships' }, 'identifies the person', '--id-column'],
    ] as const) {
      const error = errorOf(() => kindOf(header, options));
      expect([error.exitCode, error.message]).toEqual([2, expect.stringContaining(message)]);
      expect(error.hint).toContain(hint);
    }
  });

  it('has no use for columns of other kinds', () => {
    for (const [options, message] of [
      [
        { kind: 'people', objectIdColumn: 'x' },
        '--object-id-column is for objects, relationships, and this file holds people',
      ],
      [
        { kind: 'objects', idColumn: 'id' },
        '--id-column is for people, events, devices, relationships, and this file holds objects',
      ],
      [
        { kind: 'events', eventName: 'e', deviceTokenColumn: 'x' },
        '--device-token-column is for devices, and this file holds events',
      ],
    ] as const)
      expect(errorOf(() => kindOf('id,x,object_type_id,object_id', options)).message).toBe(message);
  });

  it('is shown in the plan, column by column', () => {
    expect(becomes(csv('id,email,device_token,last_used,os', '1,a@b.c,t,,'), { set: ['device_platform=ios'] })).toEqual(
      [
        'person id',
        'person e-mail (where the id is empty)',
        'device token',
        'time of last use',
        'device attribute os',
        'device platform',
      ],
    );
    expect(becomes(csv('object_type_id,object_id,n', '1,a,'))).toEqual([
      'object type id',
      'object id',
      'object attribute n',
    ]);
    expect(becomes(csv('id,object_id,n', '1,a,'), { set: ['object_type_id=1'] })).toEqual([
      'person id',
      'object id',
      'relationship attribute n',
      'object type id',
    ]);
    expect(planOf(csv('id,first_name,device_token,device_platform', '1,a,t,ios')).warnings.join()).toContain(
      'if the rows are people, say --kind people',
    );
  });

  it('is kept in a mapping file that is written from a plan', () => {
    for (const [source, options] of [
      [csv('id,token,device_platform,last_used', '1,t,ios,'), { deviceTokenColumn: 'token' }],
      [csv('email,object_type_id,object_id', 'a@b.c,1,x'), { kind: 'objects' }],
      [csv('email,object_id,role', 'a@b.c,x,admin'), { set: ['object_type_id=1'] }],
      [csv('id,device_token', '1,t'), { kind: 'devices', action: 'delete' }],
    ] as const) {
      const first = planOf(source, options);
      const map = parseMappingFile(writeMappingFile(first), 'm');
      expect(planOf(source, { map }).plan).toEqual(first.plan);
    }
  });
});
