import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/session/sandbox-process.ts';
import { CREDENTIALS, runCli, startCli, type CliOptions, type CliResult, type RunningCli } from './cli.ts';
import { tempFolder, type Finishing } from './temp.ts';

export interface StoredPerson {
  readonly seq: number;
  readonly id: string | null;
  readonly email: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface StoredEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly timestamp: number | null;
  readonly person_id: string | null;
  readonly anonymous_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A workspace that the program takes to be a real one, and a folder to work in. */
export interface Workspace {
  readonly folder: string;
  readonly sandbox: Sandbox;
  start(args: readonly string[], options?: Partial<CliOptions>): RunningCli;
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  people(): Promise<StoredPerson[]>;
  /** By id. */
  attributes(): Promise<Record<string, Readonly<Record<string, unknown>>>>;
  events(): Promise<StoredEvent[]>;
  /** Without their `seq`. */
  things(what: 'devices' | 'objects' | 'relationships'): Promise<Record<string, unknown>[]>;
  /** Requests that change something; the preflight changes nothing. */
  writes(): Promise<number>;
}

export async function openWorkspace(test: Finishing, options: SandboxOptions = {}): Promise<Workspace> {
  const sandbox = await startSandbox({ siteId: CREDENTIALS.siteId, trackApiKey: CREDENTIALS.apiKey, ...options });
  test.onTestFinished(() => sandbox.stop());
  const folder = tempFolder(test);
  const setting = (more: Partial<CliOptions> = {}): CliOptions => ({ cwd: folder, trackUrl: sandbox.url, ...more });
  return {
    folder,
    sandbox,
    start: (args, more) => startCli(test, args, setting(more)),
    run: (args, more) => runCli(test, args, setting(more)),
    people: () => ndjson<StoredPerson>(`${sandbox.url}/_sandbox/people`),
    attributes: async () =>
      Object.fromEntries(
        (await ndjson<StoredPerson>(`${sandbox.url}/_sandbox/people`)).map(({ id, email, attributes }) => [
          id ?? email ?? '',
          attributes,
        ]),
      ),
    events: () => ndjson<StoredEvent>(`${sandbox.url}/_sandbox/events`),
    things: async (what) =>
      (await ndjson<{ readonly seq: number }>(`${sandbox.url}/_sandbox/${what}`)).map((thing) =>
        Object.fromEntries(Object.entries(thing).filter(([name]) => name !== 'seq')),
      ),
    async writes() {
      const { requests } = await sandbox.state();
      return Object.entries(requests.by_path)
        .filter(([path]) => !path.includes('accounts/region'))
        .flatMap(([, statuses]) => Object.values(statuses))
        .reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Pages of a readout until one is empty. */
async function ndjson<T extends { readonly seq: number }>(url: string): Promise<T[]> {
  const items: T[] = [];
  for (let after = 0; ;) {
    const text = await (await fetch(`${url}?after=${after}&limit=1000`)).text();
    const page = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
    items.push(...page);
    if (page.length < 1000) return items;
    after = page.at(-1)?.seq ?? 0;
  }
}
