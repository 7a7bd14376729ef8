/** Archives of Segment and RudderStack say line by line what they are: their presets recognise them, and ask what groups are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importWithPreset } from '../../support/presets-events.ts';

const GROUPS = 'groups become attributes of their people (group_id, group_name...), and not objects';

it.for([
  ['segment', { read: 20, delivered: 16, invalid: 3, skipped: 1 }],
  ['rudderstack', { read: 20, delivered: 18, invalid: 1, skipped: 1 }],
] as const)(
  'the preset %s reads its lines as they are, and says what becomes of groups',
  async ([preset, counts], test) => {
    const arrived = await importWithPreset(test, preset, `${preset}.ndjson`);
    expect(arrived.code, arrived.stderr).toBe(6);
    expect(arrived.counts).toEqual(counts);
    expect(arrived.stderr).toContain(`warning ${GROUPS}: say it with --group-object-type <id>`);

    const { workspace } = arrived;
    const suggested = await workspace.run(['validate', `${preset}.ndjson`]);
    expect(suggested.stderr + suggested.stdout).toContain(`read it with --preset ${preset}`);

    const asObjects = ['validate', `${preset}.ndjson`, '--preset', preset, '--group-object-type', '1'];
    expect((await workspace.run(asObjects)).stderr).not.toContain('groups become');
    const row = { type: 'track', messageId: 'm', userId: '7', event: 'visited', timestamp: '2026-01-01T10:00:00Z' };
    writeFileSync(join(workspace.folder, 'tracks.ndjson'), `${JSON.stringify(row)}\n`);
    const withoutGroups = await workspace.run(['validate', 'tracks.ndjson', '--preset', preset]);
    expect([withoutGroups.code, withoutGroups.stderr]).toEqual([0, expect.not.stringContaining('groups become')]);
  },
);
