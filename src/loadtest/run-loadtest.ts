/** The life of a load test, from finding k6 to the summary on disk. */
import { dirname } from 'node:path';
import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { LoadPlan, LoadtestLedger } from '../domain/loadtest.ts';
import { freeLoopbackPort, openControlPort } from './control-port.ts';
import { findK6 } from './find-k6.ts';
import type { K6Binary } from './find-k6.ts';
import { inspectPlan } from './inspect-plan.ts';
import { dashboardEnvironment, K6_CONFIG, k6Environment, scriptOf } from './k6-environment.ts';
import type { LoadRequest, LoadTarget } from './k6-environment.ts';
import { startK6 } from './k6-process.ts';
import type { K6Process } from './k6-process.ts';
import { readK6Numbers } from './k6-summary.ts';
import { closeToOthers, createFiles, writeSummary } from './store.ts';
import type { LoadtestFiles } from './store.ts';
import { toSummary } from './summary.ts';
import type { LoadtestSummary } from './summary.ts';
import { judge } from './verdict.ts';
import { watchLoad } from './watch.ts';
import type { Sample } from './watch.ts';

/** A load test that is ready to start: k6 was found, the script compiles, and its plan is known. Nothing has been sent. */
export interface PreparedLoadtest {
  readonly request: LoadRequest;
  readonly k6: K6Binary;
  readonly plan: LoadPlan;
  readonly script: string;
}

type Env = Readonly<Record<string, string | undefined>>;

export interface PrepareOptions {
  readonly request: LoadRequest;
  readonly target: LoadTarget;
  readonly env: Env;
  readonly cwd: string;
  readonly k6Bin: string | undefined;
  /** A script to use instead of the scenario's own (for tests). */
  readonly script?: string;
}

/** Finds k6 and learns the plan, which does not depend on the target. Throws `k6_missing` or `k6_failed`. */
export async function prepareLoadtest(options: PrepareOptions): Promise<PreparedLoadtest> {
  const { request, target } = options;
  const k6 = await findK6(options.k6Bin, options.env, options.cwd);
  const script = options.script ?? scriptOf(request.scenario);
  return { request, k6, plan: await inspectPlan(k6, script, k6Environment(options.env, request, target)), script };
}

export interface RunOptions {
  readonly run: string;
  readonly prepared: PreparedLoadtest;
  readonly target: LoadTarget;
  /** Hash of the target, as the journal keeps it. */
  readonly workspace: string;
  readonly ledger: LoadtestLedger;
  /** `.cio-bulk/loadtests`. */
  readonly root: string;
  /** The caller's environment, of which k6 gets a part. */
  readonly env: Env;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
  readonly onSample: (sample: Sample) => void;
}

/** How long k6 may need to stop: 25 s for iterations in flight, and then the summary. */
export const GRACE_MS = 45_000;

/** Runs a load test. It is recorded in the ledger before k6 starts, and `summary.json` is on disk when this returns, however k6 ended. */
export async function runLoadtest(options: RunOptions): Promise<{ summary: LoadtestSummary; files: LoadtestFiles }> {
  const { run, target, ledger, clock } = options;
  const { plan, k6 } = options.prepared;
  const files = createFiles(options.root, run);
  const startedAt = clock.now();
  ledger.plan({
    id: run,
    workspace: options.workspace,
    scenario: plan.scenario,
    rate: plan.rate,
    duration_ms: plan.durationMs,
    max_n: plan.users - 1,
    started_at: startedAt,
  });
  const samples: Sample[] = [];
  const exit = await runK6(options, files, (sample) => {
    samples.push(sample);
    options.onSample(sample);
  });
  const endedAt = clock.now();
  const numbers = readK6Numbers(files.k6Numbers);
  const judgement = judge({ plan, numbers, exit, isInterrupted: options.stopping.aborted });
  const summary = toSummary({ run, plan, target, k6, exit, numbers, samples, judgement, startedAt, endedAt });
  closeToOthers(files);
  writeSummary(files.summary, summary);
  ledger.finish(run, summary.verdict, endedAt);
  return { summary, files };
}

async function runK6(
  options: RunOptions,
  files: LoadtestFiles,
  onSample: (sample: Sample) => void,
): Promise<Awaited<K6Process['exit']>> {
  const { run, prepared, ledger, clock } = options;
  const control = await openControlPort();
  const ended = new AbortController();
  let k6: K6Process | undefined;
  try {
    const apiPort = await freeLoopbackPort();
    k6 = await startK6({
      path: prepared.k6.path,
      args: [
        'run',
        '--config',
        K6_CONFIG,
        '--no-usage-report',
        '--no-color',
        '--quiet',
        '--summary-mode=compact',
        '--address',
        `127.0.0.1:${apiPort}`,
        prepared.script,
      ],
      env: {
        ...k6Environment(options.env, prepared.request, options.target),
        ...dashboardEnvironment(files.dashboard, prepared.plan.durationMs),
        CIO_BULK_RUN: run,
        CIO_BULK_CONTROL: control.url,
        CIO_BULK_SUMMARY: files.k6Numbers,
      },
      cwd: dirname(prepared.script),
      logPath: files.k6Log,
      stopping: options.stopping,
      aborting: options.aborting,
      graceMs: GRACE_MS,
    }).catch((cause: unknown) => {
      // Nothing was sent, so there are no people to delete.
      ledger.markCleaned(run);
      throw new CioBulkError('k6_failed', `${prepared.k6.path} cannot be started`, { cause });
    });
    ledger.started(run, k6.pid);
    const exit = k6.exit.finally(() => ended.abort());
    const watching = Promise.race([control.asked, exit]).then(() =>
      watchLoad({ clock, apiUrl: `http://127.0.0.1:${apiPort}`, plan: prepared.plan, onSample, ended: ended.signal }),
    );
    const [outcome] = await Promise.all([exit, watching]);
    return outcome;
  } finally {
    ended.abort();
    // Whatever went wrong above, no load keeps running.
    k6?.kill();
    await control.close();
  }
}
