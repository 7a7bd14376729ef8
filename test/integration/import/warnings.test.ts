/** What an import says about rows that it sends all the same. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkspace } from '../../support/workspace.ts';

it('cells that do not fit their column are counted at the end of an import, as text and as JSON, without their values', async (test) => {
  const workspace = await openWorkspace(test);
  const rows = Array.from({ length: 1200 }, (_, i) => `${i},${i < 1100 ? i : 'lots'},2024-01-02T03:04:05Z`);
  writeFileSync(
    join(workspace.folder, 'scores.csv'),
    `id,score,created_at\n${rows.join('\n')}\nlast,5,1704164645123\n`,
  );
  const warnings = [
    { code: 'not_number', column: 'score', count: 100, message: 'not a number, sent as text' },
    { code: 'milliseconds', column: 'created_at', count: 1, message: 'milliseconds, sent as seconds' },
  ];
  const validated = await workspace.run(['validate', 'scores.csv', '--json']);
  expect(validated.summary).toMatchObject({ warnings });
  const imported = await workspace.run(['import', 'scores.csv', '--json', '--rate', '0']);
  expect(imported.summary).toMatchObject({ delivered: 1201, warnings, exit_code: 0 });
  const again = await workspace.run(['import', 'scores.csv', '--restart', '--rate', '0']);
  expect(again.stdout).toContain('warning score: not a number, sent as text (100 rows)');
  expect(again.stdout + again.stderr).not.toContain('lots');
});

it('a JSON file with a warning for every field name lists a hundred and counts the rest', async (test) => {
  const workspace = await openWorkspace(test);
  const lines = Array.from({ length: 500 }, (_, i) =>
    JSON.stringify({
      type: 'person',
      identifiers: { id: `${i}` },
      action: 'event',
      name: 'e',
      timestamp: 1_700_000_000,
      [`field${i}`]: 1,
    }),
  );
  writeFileSync(join(workspace.folder, 'odd.ndjson'), lines.join('\n'));
  const { summary } = await workspace.run(['import', 'odd.ndjson', '--json', '--rate', '0']);
  const warnings = summary?.['warnings'] as { column: string | null; count: number }[];
  expect(warnings).toHaveLength(101);
  expect(warnings.find(({ column }) => column === null)?.count).toBe(400);
});
