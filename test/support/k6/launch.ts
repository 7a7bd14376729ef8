import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '../../../src/domain/secret.ts';
import type { Clock } from '../../../src/domain/host.ts';
import type { LoadPlan, ScenarioName } from '../../../src/domain/loadtest.ts';
import { newRunId } from '../../../src/loadtest/run-id.ts';
import { prepareLoadtest, runLoadtest } from '../../../src/loadtest/run-loadtest.ts';
import type { LoadtestFiles } from '../../../src/loadtest/store.ts';
import type { LoadtestSummary } from '../../../src/loadtest/summary.ts';
import type { Sample } from '../../../src/loadtest/watch.ts';
import { k6Bin } from '../k6-binary.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { tempFolder, type Finishing } from '../temp.ts';

export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (delayMs, signal) =>
    sleep(Math.max(0, delayMs), undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};

export interface LaunchOptions {
  readonly url: string;
  readonly scenario: ScenarioName;
  readonly rate?: number;
  readonly durationMs?: number;
  readonly maxUsers?: number;
  /** Loose unless a test is about latency: how fast a busy test machine answers is no finding. */
  readonly p95Ms?: number;
  readonly p99Ms?: number;
  readonly script?: string;
  readonly stopping?: AbortSignal;
  readonly aborting?: AbortSignal;
  readonly onSample?: (sample: Sample) => void;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Launched {
  readonly plan: LoadPlan;
  readonly summary: LoadtestSummary;
  readonly files: LoadtestFiles;
  readonly samples: readonly Sample[];
  readonly moves: readonly string[];
}

/** Runs a load test with real k6 as the command does, with a ledger in memory. */
export async function launch(test: Finishing, options: LaunchOptions): Promise<Launched> {
  const {
    url,
    scenario,
    rate = 40,
    durationMs = 5_000,
    maxUsers = 5_000,
    p95Ms = 5_000,
    p99Ms = 8_000,
    script,
  } = options;
  const target = {
    trackUrl: url,
    siteId: new Secret('site'),
    trackApiKey: new Secret('key'),
    isSandbox: true,
    environment: undefined,
    region: null,
    workspaceId: null,
  };
  const env = { ...process.env, ...options.env };
  const prepared = await prepareLoadtest({
    request: { scenario, rate, durationMs, maxUsers, p95Ms, p99Ms },
    target,
    env,
    cwd: process.cwd(),
    k6Bin,
    ...(script === undefined ? {} : { script }),
  });
  const ledger = createMemoryLedger();
  const samples: Sample[] = [];
  const { summary, files } = await runLoadtest({
    run: newRunId(Date.now(), Math.random),
    prepared,
    target,
    env,
    workspace: 'test',
    ledger,
    root: tempFolder(test),
    clock,
    stopping: options.stopping ?? new AbortController().signal,
    aborting: options.aborting ?? new AbortController().signal,
    onSample: (sample) => {
      samples.push(sample);
      options.onSample?.(sample);
    },
  });
  return { plan: prepared.plan, summary, files, samples, moves: ledger.moves };
}
