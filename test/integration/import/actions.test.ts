/** Everything that Customer.io can do with people, through files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isUlid } from '../../../src/domain/ulid.ts';
import { openWorkspace } from '../../support/workspace.ts';

const OLD = 1_600_000_000;

it('people are suppressed, unsuppressed and deleted by files, once each action is confirmed', async (test) => {
  const workspace = await openWorkspace(test);
  const { folder, sandbox } = workspace;
  writeFileSync(join(folder, 'people.csv'), 'id,plan\n1,a\n2,a\n3,a\n');
  writeFileSync(join(folder, 'gone.csv'), 'id,plan\n1,a\n');
  writeFileSync(join(folder, 'banned.csv'), 'id,why\n2,asked\n');
  expect((await workspace.run(['import', 'people.csv'])).code).toBe(0);
  for (const action of ['delete', 'suppress']) {
    const unconfirmed = await workspace.run(['import', 'gone.csv', '--action', action]);
    expect(unconfirmed.code).toBe(2);
    expect(unconfirmed.stderr).toContain(`--action ${action}`);
    expect(unconfirmed.stderr).toContain('needs --yes');
  }
  expect((await sandbox.state()).people).toBe(3);
  expect((await workspace.run(['import', 'gone.csv', '--action', 'delete', '--yes'])).code).toBe(0);
  expect((await workspace.run(['import', 'banned.csv', '--action', 'suppress', '--yes'])).code).toBe(0);
  expect(await sandbox.state()).toMatchObject({ people: 1, suppressed: 1 });
  expect((await workspace.run(['import', 'banned.csv', '--action', 'unsuppress'])).code).toBe(0);
  expect(await sandbox.state()).toMatchObject({ people: 1, suppressed: 0 });
  const events = await workspace.run(['import', 'people.csv', '--event-name', 'x', '--action', 'delete', '--yes']);
  expect(events.code).toBe(2);
  expect(events.stderr).toContain('is for people');
});

it('every operation of Track v2 passes through NDJSON, and what the API has no action for is invalid', async (test) => {
  const workspace = await openWorkspace(test);
  const operations = [
    { type: 'person', action: 'identify', identifiers: { id: 'a' }, attributes: { plan: 'pro' } },
    { type: 'person', action: 'add_device', identifiers: { id: 'a' }, device: { token: 't1', platform: 'ios' } },
    { type: 'person', action: 'delete_device', identifiers: { id: 'a' }, device: { token: 't1' } },
    {
      type: 'object',
      action: 'identify',
      identifiers: { object_type_id: '1', object_id: 'acme' },
      attributes: { name: 'Acme' },
      cio_relationships: [{ identifiers: { id: 'a' } }],
    },
    {
      type: 'person',
      action: 'add_relationships',
      identifiers: { id: 'a' },
      cio_relationships: [{ identifiers: { object_type_id: '1', object_id: 'globex' } }],
    },
    {
      type: 'person',
      action: 'delete_relationships',
      identifiers: { id: 'a' },
      cio_relationships: [{ identifiers: { object_type_id: '1', object_id: 'globex' } }],
    },
    {
      type: 'object',
      action: 'identify_anonymous',
      identifiers: { object_type_id: '1', object_id: 'acme' },
      cio_relationships: [{ identifiers: { anonymous_id: 'anon' } }],
    },
    { type: 'person', action: 'event', identifiers: { anonymous_id: 'anon' }, name: 'visited', timestamp: OLD },
    { type: 'person', action: 'page', identifiers: { id: 'a' }, name: '/pricing', timestamp: OLD },
    { type: 'person', action: 'screen', identifiers: { id: 'a' }, name: 'home', timestamp: OLD },
    { type: 'person', action: 'identify', identifiers: { id: 'b' }, attributes: {} },
    { type: 'person', action: 'merge', primary: { id: 'a' }, secondary: { id: 'b' } },
    { type: 'person', action: 'suppress', identifiers: { id: 'c' } },
    {
      type: 'delivery',
      action: 'event',
      identifiers: { id: 'dlv' },
      name: 'opened',
      attributes: { device_token: 't1' },
      timestamp: OLD,
    },
    { type: 'object', action: 'delete', identifiers: { object_type_id: '1', object_id: 'globex' } },
    { type: 'person', action: 'explode', identifiers: { id: 'a' } },
    { type: 'person', action: 'add_device', identifiers: { id: 'a' }, device: { token: 't1' } },
    { type: 'person', action: 'identify', identifiers: { id: 'a', email: 'a@b.c' }, attributes: {} },
  ];
  writeFileSync(
    join(workspace.folder, 'operations.ndjson'),
    `${operations.map((operation) => JSON.stringify(operation)).join('\n')}\n`,
  );
  const result = await workspace.run(['import', 'operations.ndjson', '--json']);
  expect(result.code, result.stderr).toBe(6);
  expect(result.summary).toMatchObject({ rows_read: 18, delivered: 15, invalid: 3, rejected: 0 });
  expect(
    result.json.filter(({ type }) => type === 'undelivered').map(({ line, code, field }) => [line, code, field]),
  ).toEqual([
    [16, 'bad_operation', 'action'],
    [17, 'bad_operation', 'device.platform'],
    [18, 'bad_operation', 'identifiers'],
  ]);
  expect(await workspace.sandbox.state()).toMatchObject({ people: 1, objects: 1, suppressed: 1, failed_changes: 0 });
  expect((await workspace.events()).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['visited', '/pricing', 'home']),
  );
});

it('an event too large for a batch goes through v1 with the id it would have had, and a repeat of it counts once', async (test) => {
  const workspace = await openWorkspace(test);
  const sizes = [100, 31_000, 40_000, 99_000, 99_990, 100_500];
  const lines = sizes.map((chars) =>
    JSON.stringify({ id: 'big', event: 'exported', timestamp: OLD + chars, blob: 'x'.repeat(chars) }),
  );
  writeFileSync(join(workspace.folder, 'big.ndjson'), `${lines.join('\n')}\n`);
  writeFileSync(join(workspace.folder, 'again.ndjson'), lines.toReversed().join('\n'));
  const result = await workspace.run(['import', 'big.ndjson', '--json']);
  expect(result.summary).toMatchObject({ rows_read: 6, delivered: 4, invalid: 2 });
  const reasons = result.json.filter(({ type }) => type === 'undelivered').map(({ reason }) => reason);
  expect(reasons.every((reason) => /\d+ bytes as JSON; the limit is 100000/.test(String(reason)))).toBe(true);
  const { by_path: paths } = (await workspace.sandbox.state()).requests;
  expect(Object.entries(paths).filter(([path]) => path.includes('/events'))).toEqual([
    [expect.stringContaining('/api/v1/customers'), { 200: 2 }],
  ]);
  const ids = (await workspace.events()).map(({ id }) => id);
  expect(ids.every(isUlid)).toBe(true);
  expect(new Set(ids).size).toBe(4);
  await workspace.run(['import', 'again.ndjson']);
  expect(await workspace.sandbox.state()).toMatchObject({ events: 4, duplicate_events_ignored: 4 });
});
