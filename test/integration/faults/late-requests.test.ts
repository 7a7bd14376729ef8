/** The service applies a request after its sender has given it up, sent it again, and sent newer rows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { openWorkspace } from '../../support/workspace.ts';

const PEOPLE = 20;
const UPDATES = 8;

it.for(['v2', 'v1'])(
  'an update that is applied late does not win over newer ones (%s)',
  { timeout: 60_000 },
  async (api, test) => {
    const workspace = await openWorkspace(test, { faults: 'late=30%', seed: 7 });
    const rows = Array.from({ length: PEOPLE * UPDATES }, (_, n) => `p${n % PEOPLE},v${Math.floor(n / PEOPLE)}`);
    writeFileSync(join(workspace.folder, 'people.csv'), `id,version\n${rows.join('\n')}\n`);
    const result = await workspace.run([
      'import',
      'people.csv',
      '--api',
      api,
      '--batch-rows',
      '5',
      '--max-attempts',
      '20',
      '--json',
    ]);
    expect(result.summary, result.stderr).toMatchObject({ delivered: PEOPLE * UPDATES });
    await until(async () => {
      const { requests, faults_injected: faults } = (await workspace.sandbox.state()) as unknown as {
        requests: { by_path: Record<string, Record<string, number>> };
        faults_injected: { late: number };
      };
      return (
        Object.values(requests.by_path).reduce((sum, statuses) => sum + (statuses['late'] ?? 0), 0) === faults.late
      );
    }, 'the late requests');
    expect(new Set(Object.values(await workspace.attributes()).map(({ version }) => version))).toEqual(
      new Set([`v${UPDATES - 1}`]),
    );
  },
);
