/** Exports of Segment and RudderStack go in as they are. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Finishing } from '../../support/temp.ts';
import { openWorkspace, type Workspace } from '../../support/workspace.ts';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/presets/', import.meta.url));
const at = (time: string): number => Math.floor(Date.parse(time) / 1000);
const CREATED_AT = at('2024-03-01T09:30:00Z');

interface Imported {
  readonly workspace: Workspace;
  readonly summary: unknown;
  readonly undelivered: readonly unknown[];
}

async function imported(test: Finishing, fixture: string, flags: readonly string[] = []): Promise<Imported> {
  const workspace = await openWorkspace(test);
  copyFileSync(join(FIXTURES, fixture), join(workspace.folder, fixture));
  const result = await workspace.run(['import', fixture, '--allow-triggers', '--json', ...flags]);
  expect(result.code, result.stderr).toBe(6);
  return {
    workspace,
    summary: result.summary,
    undelivered: result.json
      .filter(({ type }) => type === 'undelivered')
      .map(({ row, state, code, reason }) => [row, state, code, reason]),
  };
}

/** In order of time: who did what, and what is known of it. */
async function whatHappened({ events }: Workspace): Promise<readonly unknown[]> {
  const stored = await events();
  return stored
    .toSorted((one, other) => (one.timestamp ?? 0) - (other.timestamp ?? 0))
    .map(({ type, name, timestamp, person_id: id, anonymous_id: anonymousId, data }) => [
      type,
      id ?? `anonymous ${anonymousId}`,
      name,
      timestamp,
      data,
    ]);
}

it('every line of a Segment archive arrives as what it says, or says why not', async (test) => {
  const { workspace, summary, undelivered } = await imported(test, 'segment.ndjson');
  expect(summary).toMatchObject({ rows_read: 20, delivered: 16, invalid: 3, skipped: 1 }); // one call is there twice
  expect(undelivered).toEqual([
    [15, 'invalid', 'no_identifier', 'group needs "userId" or "email"'],
    [19, 'invalid', 'bad_operation', expect.stringContaining('the type "delete" is none that can be sent')],
    [20, 'invalid', 'too_long', 'the event name has 120 bytes; the limit is 100'],
  ]);
  expect(await workspace.attributes()).toEqual({
    7001: {
      firstName: 'Ada',
      lastName: 'Lindqvist',
      plan: 'pro',
      seats: 5,
      address: { city: 'New York', postalCode: '10001' },
      newsletter: true,
      created_at: CREATED_AT,
    },
    7002: { name: "Béla O'Connor", unsubscribed: true },
    7004: { $consent: 'granted', isPaying: 'false', created_at: at('2024-07-01T08:30:00Z') },
    7005: { group_id: 'acme', group_name: 'Acme, Inc.', group_plan: 'enterprise', group_employees: 120 },
    8993819: {},
    u_3: { firstName: 'Chiara', lastName: 'Null', tags: ['vip', 'a,b'], created_at: CREATED_AT },
  });
  expect((await workspace.people()).map(({ id, email }) => [id, email])).toEqual([
    ['7001', 'ada.lindqvist@example.com'],
    ['7002', 'bela.oconnor@example.org'],
    ['u_3', 'chiara.null@example.com'],
    ['7004', 'DMITRI@Example.com'],
    ['7005', null],
    ['8993819', null],
  ]);
  expect(await whatHappened(workspace)).toEqual([
    [
      'event',
      '7002',
      'Order Completed',
      at('2026-02-02T01:07:03Z'),
      {
        order_id: '9007199254740993',
        total: 99.5,
        currency: 'EUR',
        products: [{ product_id: 'p-1', name: 'Cheese, blue', quantity: 2 }],
        coupon: null,
      },
    ],
    [
      'event',
      '7001',
      'Product Added',
      at('2026-02-11T10:10:30Z'),
      { price: '19.90', note: 'two\nlines "and" quotes', emoji: '🌸', name: '江見' },
    ],
    [
      'page',
      'u_3',
      'Docs',
      at('2026-03-03T02:14:06Z'),
      { path: '/docs', referrer: '', search: '', title: 'Docs', url: 'https://www.example.com/docs' },
    ],
    ['event', '7002', 'Trial Started', at('2026-03-12T11:17:33Z'), {}],
    ['screen', '7004', 'Home', at('2026-04-04T03:21:09Z'), { variation: 'blue' }],
    [
      'page',
      'u_3',
      'Home',
      at('2026-04-13T12:24:36Z'),
      { title: 'Home', url: 'https://www.example.com/', nested: { a: { b: [1, 2, 3] } } },
    ],
    [
      'event',
      '7002',
      'Order Completed',
      at('2026-05-17T16:52:48Z'),
      { order_id: Number('18446744073709551615'), total: 100 },
    ],
    ['event', 'anonymous anon-only-16', 'Email Opened', at('2026-07-16T15:45:45Z'), { campaign: 'spring' }],
    [
      'event',
      'anonymous 5f1c2a3e-0000-4000-8000-000000000007',
      'Signed Up',
      at('2026-08-08T07:49:21Z'),
      { plan: 'free' },
    ],
    [
      'event',
      '8993819',
      'view_page_section',
      at('2026-09-09T08:56:24Z'),
      { account_id: 8994753, was_displayed_by_default: 1 },
    ],
  ]);
});

it('groups of a Segment archive are objects, and their people related to them, where a type is given', async (test) => {
  const { workspace, undelivered } = await imported(test, 'segment.ndjson', ['--group-object-type', '1']);
  expect(undelivered.map((row) => (row as unknown[])[0])).toEqual([19, 20]);
  expect(await workspace.sandbox.state()).toMatchObject({ objects: 1, relationships: 1 });
  expect((await workspace.attributes())['7005']).toEqual({}); // there because something is related to it
});

it('every line of RudderStack arrives: traits in the context, empty ids, properties beside traits, times with offsets', async (test) => {
  const { workspace, summary, undelivered } = await imported(test, 'rudderstack.ndjson');
  expect(summary).toMatchObject({ rows_read: 20, delivered: 18, invalid: 1, skipped: 1 });
  expect(undelivered).toEqual([
    [19, 'invalid', 'no_identifier', expect.stringContaining('"userId" is a marker for "nothing"')],
  ]);
  expect(await workspace.attributes()).toEqual({
    7001: { firstName: 'Ada', plan: 'pro', created_at: CREATED_AT },
    7002: { name: "Béla O'Connor" },
    7004: { unsubscribed: false },
    7005: { group_id: 'acme', group_name: 'Acme, Inc.', group_employees: 120 },
    u_3: { lastName: 'Null', tags: ['a', 'b,c'] },
  });
  expect(await whatHappened(workspace)).toEqual([
    [
      'event',
      '7002',
      'Order Completed',
      at('2026-02-02T01:07:03Z'),
      { order_id: 'o-1', products: [{ quantity: 2, sku: 'c-1' }], revenue: 99.5 },
    ],
    [
      'event',
      '7001',
      'Product Added',
      at('2026-02-11T10:10:30Z'),
      { price: '19.90', note: 'two\nlines "and" quotes', emoji: '🌸' },
    ],
    ['event', '7005', 'External id', at('2026-02-20T19:13:57Z'), {}],
    [
      'page',
      'u_3',
      'Docs',
      at('2026-03-03T02:14:06Z'),
      { name: 'Docs', path: '/docs', referrer: '$direct', url: 'https://www.example.com/docs' },
    ],
    ['event', '7002', 'order_id_as_number', at('2026-03-12T11:17:33Z'), { order_id: Number('9007199254740993') }],
    ['screen', '7004', 'Home', at('2026-04-04T03:21:09Z'), { name: 'Home' }],
    ['page', 'u_3', 'Home', at('2026-04-13T12:24:36Z'), { title: 'Home' }],
    ['event', '7005', 'Clock Wrong', at('2026-06-15T14:38:42Z'), {}],
    ['event', '7001', 'Offset', at('2026-07-16T12:15:45Z'), {}],
    ['event', 'anonymous rs-anon-0007', 'Signed Up', at('2026-08-08T07:49:21Z'), { plan: 'free' }],
    ['event', '7002', 'Nulls', at('2026-08-17T16:52:48Z'), { a: null, b: '', c: [] }],
    ['event', 'anonymous rs-anon-0008', 'Identified by context', at('2026-09-09T08:56:24Z'), {}],
  ]);
});
