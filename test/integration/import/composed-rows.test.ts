/** Devices, objects, relationships and anonymous events from files, as the workspace has them in the end. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkspace, type Workspace } from '../../support/workspace.ts';

const OLD = '2020-09-13T12:26:40Z';
const FORMATS = ['csv', 'ndjson'] as const;

/** The same rows in a file of either format. */
function write({ folder }: Workspace, name: string, rows: readonly Record<string, string>[]): void {
  const names = Object.keys(rows[0] ?? {});
  const text = name.endsWith('.csv')
    ? [names.join(','), ...rows.map((row) => names.map((one) => row[one] ?? '').join(','))]
    : rows.map((row) => JSON.stringify(row));
  writeFileSync(join(folder, name), `${text.join('\n')}\n`);
}

const tie = (id: string, role: string) => ({
  person_id: id,
  person_email: null,
  object_type_id: '1',
  object_id: 'acme',
  attributes: { role },
});

it.for(FORMATS)('devices are added and removed by files of %s', async (format, test) => {
  const workspace = await openWorkspace(test);
  const name = `devices.${format}`;
  write(workspace, name, [
    { id: '7', email: '', device_token: 't1', device_platform: 'iOS', last_used: OLD, app_version: 'v1' },
    { id: '7', email: '', device_token: 't2', device_platform: 'android', last_used: '', app_version: 'v2' },
    { id: '', email: 'a@b.c', device_token: 't3', device_platform: 'ios', last_used: '', app_version: '' },
    { id: '7', email: '', device_token: 't1', device_platform: 'ios', last_used: OLD, app_version: 'v3' },
  ]);
  const validated = await workspace.run(['validate', name, '--empty', 'omit']);
  expect([validated.code, validated.stdout]).toEqual([0, expect.stringContaining(`${name}: devices from`)]);
  const imported = await workspace.run(['import', name, '--empty', 'omit', '--json']);
  expect(imported.code, imported.stderr).toBe(0);
  expect(imported.json[0]).toMatchObject({ type: 'plan', kind: 'devices', action: 'identify' });
  const seven = { person_id: '7', person_email: null };
  const last_used = Date.parse(OLD) / 1000;
  const added = [
    { ...seven, token: 't1', platform: 'ios', last_used, attributes: { app_version: 'v3' } },
    { ...seven, token: 't2', platform: 'android', last_used: null, attributes: { app_version: 'v2' } },
    { person_id: null, person_email: 'a@b.c', token: 't3', platform: 'ios', last_used: null, attributes: {} },
  ];
  expect(await workspace.things('devices')).toEqual(added);

  write(workspace, `gone.${format}`, [{ id: '7', device_token: 't1' }]);
  const gone = ['import', `gone.${format}`, '--action', 'delete', '--yes'];
  const doubtful = await workspace.run(gone);
  expect([doubtful.code, doubtful.stderr]).toEqual([2, expect.stringContaining('people or devices')]);
  expect((await workspace.run([...gone, '--kind', 'devices'])).code).toBe(0);
  expect(await workspace.things('devices')).toEqual(added.slice(1));
  expect(await workspace.people()).toHaveLength(2);
});

it.for(FORMATS)('objects and relationships are made, changed and removed by files of %s', async (format, test) => {
  const workspace = await openWorkspace(test);
  const run = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await workspace.run(args);
    expect(code, stderr).toBe(0);
  };
  const [objects, members] = [`objects.${format}`, `members.${format}`];
  write(workspace, objects, [
    { object_type_id: '1', object_id: 'acme', name: 'Acme', seats: '5' },
    { object_type_id: '2', object_id: 'acme', name: 'Course', seats: '' },
    { object_type_id: '1', object_id: 'acme', name: 'Acme Corp', seats: '' },
  ]);
  await run('import', objects, '--types', 'seats:number', '--empty', 'omit', '--set', 'source=crm');
  const first = { object_type_id: '1', object_id: 'acme', attributes: { name: 'Acme Corp', seats: 5, source: 'crm' } };
  const second = { object_type_id: '2', object_id: 'acme', attributes: { name: 'Course', source: 'crm' } };
  expect(await workspace.things('objects')).toEqual([first, second]);

  write(workspace, members, [
    { id: '7', object_id: 'acme', role: 'member' },
    { id: '8', object_id: 'acme', role: 'owner' },
    { id: '7', object_id: 'acme', role: 'admin' },
  ]);
  await run('import', members, '--set', 'object_type_id=1');
  expect(await workspace.things('relationships')).toEqual([tie('7', 'admin'), tie('8', 'owner')]);
  expect(await workspace.things('objects')).toEqual([first, second]);

  write(workspace, `left.${format}`, [{ id: '8', object_id: 'acme' }]);
  await run('import', `left.${format}`, '--set', 'object_type_id=1', '--action', 'delete', '--yes');
  expect(await workspace.things('relationships')).toEqual([tie('7', 'admin')]);
  write(workspace, `closed.${format}`, [{ object_type_id: '1', object_id: 'acme' }]);
  await run('import', `closed.${format}`, '--action', 'delete', '--yes');
  expect(await workspace.things('objects')).toEqual([second]);
  expect(await workspace.things('relationships')).toEqual([]);
});

it('an invalid row of an object is written out, corrected and sent, and the run can be sent again', async (test) => {
  const workspace = await openWorkspace(test);
  write(workspace, 'objects.csv', [
    { object_type_id: '1', object_id: 'acme', name: 'Acme' },
    { object_type_id: 'company', object_id: 'globex', name: 'Globex' },
  ]);
  const imported = await workspace.run(['import', 'objects.csv', '--json']);
  expect(imported.code, imported.stderr).toBe(6);
  expect(imported.json.find(({ type }) => type === 'undelivered')).toMatchObject({
    line: 3,
    column: 1,
    field: 'object_type_id',
    code: 'bad_identifier',
  });
  expect((await workspace.run(['failures', '-o', 'bad.csv'])).code).toBe(0);
  const bad = readFileSync(join(workspace.folder, 'bad.csv'), 'utf8');
  writeFileSync(join(workspace.folder, 'fixed.csv'), bad.replace('company', '1'));
  const retried = await workspace.run(['retry-failed', '--from', 'fixed.csv']);
  expect(retried.code, retried.stderr).toBe(0);
  expect((await workspace.things('objects')).map(({ object_id }) => object_id)).toEqual(['acme', 'globex']);
  const writes = await workspace.writes();
  expect((await workspace.run(['import', 'objects.csv'])).stderr).toContain('othing');
  expect(await workspace.writes()).toBe(writes);
});

it.for(FORMATS)('events without an id or e-mail are sent under their anonymous id from %s', async (format, test) => {
  const workspace = await openWorkspace(test);
  const name = `events.${format}`;
  write(workspace, name, [
    { user_id: '', anonymous_id: 'anon', event: 'visited', timestamp: OLD, page: 'home' },
    { user_id: '7', anonymous_id: 'anon', event: 'visited', timestamp: OLD, page: 'home' },
  ]);
  const imported = await workspace.run(['import', name]);
  expect(imported.code, imported.stderr).toBe(0);
  const events = await workspace.events();
  const data = { page: 'home' };
  expect(events).toHaveLength(2);
  expect(events).toContainEqual(expect.objectContaining({ anonymous_id: 'anon', person_id: null, data }));
  expect(events).toContainEqual(expect.objectContaining({ anonymous_id: null, person_id: '7', data }));
});
