import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/session/sandbox-process.ts';
import { workspaceOf } from '../../src/session/target.ts';
import { personId, type LoadtestRun } from '../../src/domain/loadtest.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createLoadtestLedger } from '../../src/journal/loadtests.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openJournal } from '../../src/journal/open.ts';
import { startCli, type CliOptions, type CliResult, type RunningCli } from './cli.ts';
import { tempFolder, type Finishing } from './temp.ts';

const BATCH_PEOPLE = 2_000;
const PAGE_PEOPLE = 1_000;

/** People who must survive: some whose ids resemble those of test people, and two who have nothing to do with them. */
export const OTHERS = [
  'alice',
  'bob@example.com',
  'cio-bulk-lt-other-0',
  'x-cio-bulk-lt-abcd-0',
  'cio-bulk-lt-abcd-',
  'cio-bulk-lt-abcd',
  'cio-bulk-lt-abcd-00',
] as const;

/** A workspace that the program takes to be a real one, the folder with the journal, and load tests that ended long ago. */
export interface TestWorkspace {
  readonly folder: string;
  readonly sandbox: Sandbox;
  /** Writes a load test into the journal, as one whose launcher died an hour ago, and puts its people into the workspace. */
  leaveBehind(run: string, people: number): Promise<void>;
  /** Starts `cio-bulk cleanup` with credentials and an App API key. */
  start(args: readonly string[], options?: Partial<CliOptions>): RunningCli;
  cleanup(args: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  /** Ids of everybody, sorted. */
  ids(): Promise<string[]>;
  loadtests(): LoadtestRun[];
}

export async function openTestWorkspace(test: Finishing, options: SandboxOptions = {}): Promise<TestWorkspace> {
  const sandbox = await startSandbox(options);
  test.onTestFinished(() => sandbox.stop());
  const folder = tempFolder(test);
  const start = (args: readonly string[], more: Partial<CliOptions> = {}): RunningCli =>
    startCli(test, ['cleanup', ...args], {
      cwd: folder,
      ...more,
      env: { ...credentialsOf(sandbox), CUSTOMERIO_APP_API_KEY: sandbox.appApiKey, ...more.env },
    });
  await createPeople(sandbox, OTHERS);
  return {
    folder,
    sandbox,
    async leaveBehind(run, people) {
      planLoadtest(folder, run, people, sandbox.siteId);
      await createPeople(
        sandbox,
        Array.from({ length: people }, (_, n) => personId(run, n)),
        run,
      );
    },
    start,
    cleanup: (args, more) => start(args, more).ended,
    ids: () => idsIn(sandbox),
    loadtests: () => withJournal(folder, (journal) => createLoadtestLedger(journal).list()),
  };
}

export function credentialsOf(sandbox: Sandbox): Record<string, string> {
  return {
    CUSTOMERIO_TRACK_URL: sandbox.trackUrl,
    CUSTOMERIO_APP_URL: sandbox.appUrl,
    CUSTOMERIO_SITE_ID: sandbox.siteId,
    CUSTOMERIO_TRACK_API_KEY: sandbox.trackApiKey,
  };
}

export function planLoadtest(folder: string, run: string, people: number, siteId: string): void {
  withJournal(folder, (journal) =>
    createLoadtestLedger(journal).plan({
      id: run,
      workspace: workspaceOf({ siteId: new Secret(siteId) }),
      scenario: 'ramp',
      rate: 80,
      duration_ms: 120_000,
      max_n: people - 1,
      started_at: Date.now() - 3_600_000,
    }),
  );
}

export function withJournal<T>(folder: string, work: (journal: Journal) => T): T {
  mkdirSync(join(folder, '.cio-bulk'), { recursive: true });
  const journal = openJournal(join(folder, '.cio-bulk', 'journal.db'));
  try {
    return work(journal);
  } finally {
    journal.close();
  }
}

/** Uses the API directly, not our own sender. */
export async function createPeople(sandbox: Sandbox, ids: readonly string[], run?: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${sandbox.siteId}:${sandbox.trackApiKey}`).toString('base64')}`;
  for (let from = 0; from < ids.length; from += BATCH_PEOPLE) {
    const batch = ids.slice(from, from + BATCH_PEOPLE).map((id) => ({
      type: 'person',
      action: 'identify',
      identifiers: { id },
      attributes: run === undefined ? {} : { cio_bulk_run: run },
    }));
    const response = await fetch(`${sandbox.trackUrl}/api/v2/batch`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
    });
    if (response.status !== 200) throw new Error(`the sandbox answered ${response.status}: ${await response.text()}`);
  }
}

async function idsIn({ url }: Sandbox): Promise<string[]> {
  const ids: string[] = [];
  for (let after = 0; ;) {
    const lines = (await (await fetch(`${url}/_sandbox/people?after=${after}&limit=${PAGE_PEOPLE}`)).text())
      .split('\n')
      .filter((line) => line !== '');
    const page = lines.map((line) => JSON.parse(line) as { readonly seq: number; readonly id: string });
    ids.push(...page.map(({ id }) => id));
    if (page.length < PAGE_PEOPLE) return ids.sort();
    after = page.at(-1)?.seq ?? 0;
  }
}
