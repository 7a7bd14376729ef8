/** What every row gets by --set or a mapping file is checked as what stands in a row. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkspace } from '../../support/workspace.ts';

it.concurrent.for([
  ['email=x@y.de', 'one person of them all'],
  ['id=5', 'one person of them all'],
  ['cio_id=abc', 'one person of them all'],
  ['anonymous_id=q', 'one person of them all'],
  ['phone=1', 'one person of them all'],
  ['created_at=foo', 'created_at'],
  [`note=${'x'.repeat(1100)}`, 'the limit is 1000'],
  [`${'n'.repeat(160)}=1`, 'the limit is 150'],
] as const)('--set %s is refused before anything is sent', async ([set, reason], test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'people.csv'), 'id,plan\n1,pro\n2,free\n');
  writeFileSync(
    join(workspace.folder, 'map.json'),
    JSON.stringify({ constants: { [set.slice(0, set.indexOf('='))]: set.slice(set.indexOf('=') + 1) } }),
  );
  for (const flags of [
    ['--set', set],
    ['--map', 'map.json'],
    ['--set', set, '--api', 'v1'],
  ]) {
    const result = await workspace.run(['import', 'people.csv', ...flags]);
    expect([flags, result.code, result.stderr.includes(reason)], result.stderr).toEqual([flags, 2, true]);
  }
  expect((await workspace.people()).length).toBe(0);
});

it('constants are shown in the plan, with what a reserved name does; a time becomes unix seconds', async (test) => {
  const workspace = await openWorkspace(test);
  writeFileSync(join(workspace.folder, 'people.csv'), 'id,plan\n1,pro\n');
  const result = await workspace.run([
    'import',
    'people.csv',
    '--set',
    'created_at=2024-01-02T03:04:05Z',
    '--set',
    'unsubscribed=yes',
    '--set',
    'address.city=Wien',
  ]);
  expect(result.code, result.stderr).toBe(0);
  for (const shown of [
    /\(constant\) +attribute created_at +number +1704164645/,
    /\(constant\) +attribute address +json/,
    /"unsubscribed" unsubscribes people/,
  ])
    expect(result.stderr).toMatch(shown);
  expect(await workspace.attributes()).toMatchObject({
    1: { created_at: 1704164645, unsubscribed: true, address: { city: 'Wien' } },
  });
});
