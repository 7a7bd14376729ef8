import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/session/sandbox-process.ts';
import { workspaceOf } from '../../src/session/target.ts';
import { personId } from '../../src/domain/loadtest.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createLoadtestLedger } from '../../src/journal/loadtests.ts';
import { openJournal } from '../../src/journal/open.ts';
import { tempFolder } from '../support/temp.ts';
import { loggingSandbox, resetSandbox, runAgainst } from '../support/crash/crash-run.ts';

const LOADTEST = 'crashed1';
const PEOPLE = 1_200;
const HITS_MAX = 3;
const POINTS = [
  'after intents',
  'bytes left',
  'after answer',
  'in settling',
  'after settling',
  'in checkpoint',
  'before finish',
  'after finish',
  'cleanup swept',
] as const;
const ARGS = ['cleanup', '--yes', '--settle-wait', '0', '--rate', '0', '--no-preflight'];

/** The test people of a load test, and one person who is none of them. */
async function createPeople({ url, siteId, trackApiKey }: Sandbox): Promise<void> {
  const ids = ['somebody-else', ...Array.from({ length: PEOPLE }, (_, n) => personId(LOADTEST, n))];
  const authorization = `Basic ${Buffer.from(`${siteId}:${trackApiKey}`).toString('base64')}`;
  for (let at = 0; at < ids.length; at += 1000) {
    const batch = ids
      .slice(at, at + 1000)
      .map((id) => ({ type: 'person', action: 'identify', identifiers: { id }, attributes: {} }));
    const response = await fetch(`${url}/api/v2/batch`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
    });
    expect(response.status).toBe(200);
  }
}

function withLoadtests<T>(cwd: string, work: (ledger: ReturnType<typeof createLoadtestLedger>) => T): T {
  const journal = openJournal(join(cwd, '.cio-bulk/journal.db'));
  try {
    return work(createLoadtestLedger(journal));
  } finally {
    journal.close();
  }
}

describe('cleanup that dies at a seam', () => {
  it.concurrent.for(POINTS)(
    'deletes every test person and nobody else: %s',
    { timeout: 240_000 },
    async (point, test) => {
      const sandbox = await loggingSandbox(test);
      const folder = tempFolder(test);
      const workspace = workspaceOf({ siteId: new Secret(sandbox.siteId) });
      let deaths = 0;
      for (let hit = 1; hit <= HITS_MAX; hit++) {
        const cwd = join(folder, String(hit));
        mkdirSync(cwd);
        await resetSandbox(sandbox);
        await createPeople(sandbox);
        withLoadtests(cwd, (ledger) =>
          ledger.plan({
            id: LOADTEST,
            workspace,
            scenario: 'smoke',
            rate: 10,
            duration_ms: 1,
            max_n: PEOPLE - 1,
            started_at: 1,
          }),
        );
        const died = await runAgainst(test, { cwd, sandbox, args: ARGS, crashAt: { point, hit } });
        if (died.signal === 'SIGKILL') deaths++;
        const resumed = await runAgainst(test, { cwd, sandbox, args: ARGS });
        expect(resumed.code, `${point}, hit ${hit}: ${resumed.stderr}`).toBe(0);
        expect((await sandbox.state()).people, `${point}, hit ${hit}`).toBe(1);
        expect(withLoadtests(cwd, (ledger) => ledger.list().map(({ state }) => state))).toEqual(['cleaned']);
        const { operations_received: before } = await sandbox.state();
        expect((await runAgainst(test, { cwd, sandbox, args: ARGS })).code).toBe(0);
        expect((await sandbox.state()).operations_received).toBe(before);
        if (died.signal !== 'SIGKILL') break;
      }
      expect(deaths).toBeGreaterThan(0);
    },
  );
});
