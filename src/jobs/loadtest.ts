import { closeSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { LoadtestLedger, ScenarioName } from '../domain/loadtest.ts';
import { Secret } from '../domain/secret.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { createLoadtestLedger } from '../journal/loadtests.ts';
import { checkComparable, compareSummaries, toComparisonLines } from '../loadtest/compare.ts';
import { checkGuards } from '../loadtest/guards.ts';
import { toJunit } from '../loadtest/junit.ts';
import type { LoadRequest, LoadTarget } from '../loadtest/k6-environment.ts';
import { createLoadProgress } from '../loadtest/progress.ts';
import { newRunId } from '../loadtest/run-id.ts';
import { GRACE_MS, prepareLoadtest, runLoadtest, type PreparedLoadtest } from '../loadtest/run-loadtest.ts';
import { hasSummaryOf, readLatest, readSummary, type LoadtestFiles } from '../loadtest/store.ts';
import type { LoadtestSummary } from '../loadtest/summary.ts';
import { toTable } from '../loadtest/table.ts';
import { cleanupCommand } from '../output/next-command.ts';
import type { Terminal } from '../output/terminal.ts';
import { writeWhole } from '../output/write-lines.ts';
import { withEnvFile } from '../session/env-file.ts';
import { SENDING_DEFAULTS, type TargetOptions } from '../session/options.ts';
import { SANDBOX_KEYS } from '../session/sandbox-process.ts';
import { withSendingSession, type SendingSession } from '../session/session.ts';
import { targetFrom, type Target } from '../session/target.ts';
import type { LookSetting } from './setting.ts';

export interface LoadtestOrder {
  readonly request: LoadRequest;
  readonly target: TargetOptions;
  /** The last 4 characters of the site id of a staging workspace. */
  readonly confirm: string | undefined;
  readonly allowOverLimit: boolean;
  readonly force: boolean;
  /** An earlier run, or `last`. */
  readonly compare: string | undefined;
  readonly junit: string | undefined;
  readonly k6Bin: string | undefined;
}

/** The session asks for region and workspace, and no more: k6 sends the load. */
const FEW_REQUESTS = { ...SENDING_DEFAULTS, rate: 10, maxAttempts: 3 };

/** Refusals first, the cheapest before the others: flags, k6, guards, the journal. Only then is anything sent. */
export async function loadtest(order: LoadtestOrder, setting: LookSetting): Promise<ExitCode> {
  const { host, terminal, journalPath } = setting;
  const { request, confirm, allowOverLimit, force, compare } = order;
  const root = join(dirname(journalPath), 'loadtests');
  const known = order.target.sandbox
    ? SANDBOX_TO_BE
    : loadTarget(targetFrom(withEnvFile(host.env, order.target.envFile)), undefined);
  if (compare !== undefined) assertBaseline(root, compare, request.scenario);
  const junit = junitPath(order.junit, host);
  const prepared = await prepareLoadtest({ request, target: known, env: host.env, cwd: host.cwd, k6Bin: order.k6Bin });
  const guard = { plan: prepared.plan, confirm, allowOverLimit, force };
  checkGuards({ ...guard, target: known, uncleaned: [] });
  const baseline = readBaseline(root, compare, prepared);

  const result = await withSendingSession(
    { command: 'loadtest', options: { ...FEW_REQUESTS, ...order.target }, journalPath, host, terminal },
    async (session) => {
      if (host.stopping.aborted) return null;
      const ledger = createLoadtestLedger(session.journal);
      const target = loadTarget(session.target, session.environmentId);
      const { sharedBudget, workspace } = session;
      checkGuards({ ...guard, target, uncleaned: ledger.uncleaned(workspace), sharedBudget });
      const { summary, files } = await runPlanned({ session, prepared, target, ledger, root }, setting);
      showResult(summary, baseline, terminal);
      if (junit !== undefined) writeWhole(junit, `--junit ${junit}`, toJunit(summary));
      terminal.say(`summary.json, dashboard.html and k6.log are in ${safeLine(files.dir)}`);
      terminal.say(
        `Test people ${summary.people.first} to ${summary.people.last} may be left: the last line deletes them`,
      );
      terminal.next(cleanupCommand(summary.run, host.argv));
      return summary;
    },
  );
  return result === null ? (host.stopCode() ?? EXIT.sigint) : exitCodeOf(result, host);
}

interface Planned {
  readonly session: SendingSession;
  readonly prepared: PreparedLoadtest;
  readonly target: LoadTarget;
  readonly ledger: LoadtestLedger;
  readonly root: string;
}

async function runPlanned(
  { session, prepared, ...rest }: Planned,
  { host, terminal }: LookSetting,
): Promise<{ summary: LoadtestSummary; files: LoadtestFiles }> {
  const { plan, k6 } = prepared;
  const run = newRunId(host.clock.now(), host.random);
  terminal.json({
    type: 'plan',
    job: 'loadtest',
    run,
    scenario: plan.scenario,
    rate: plan.rate,
    peak_rate: plan.peakRate,
    duration_ms: plan.durationMs,
    requests: plan.requests,
    max_n: plan.users - 1,
  });
  terminal.say(
    `Load test ${run}: ${plan.scenario}, ${plan.requests} requests in ${plan.durationMs / 1_000} s, up to ${plan.peakRate}/s, ${plan.users} test people, k6 ${k6.version}`,
  );
  const progress = createLoadProgress(terminal, plan.durationMs);
  const sayStopping = (): void =>
    terminal.say(
      `Stopping: k6 ends its iterations and writes its summary, ${GRACE_MS / 1_000} s at most. A second Ctrl-C ends it at once`,
    );
  host.stopping.addEventListener('abort', sayStopping, { once: true });
  try {
    const { env, clock, stopping, aborting } = host;
    return await runLoadtest({
      ...rest,
      run,
      prepared,
      workspace: session.workspace,
      env,
      clock,
      stopping,
      aborting,
      onSample: progress.update,
    });
  } catch (error) {
    if (error instanceof CioBulkError && error.code !== 'k6_failed') error.next ??= cleanupCommand(run, host.argv);
    throw error;
  } finally {
    progress.stop();
    host.stopping.removeEventListener('abort', sayStopping);
  }
}

/** Stands for the sandbox until it runs: what k6 plans does not depend on the URL. */
const SANDBOX_TO_BE: LoadTarget = {
  siteId: new Secret('sandbox'),
  trackApiKey: new Secret(SANDBOX_KEYS.trackApiKey),
  trackUrl: 'http://127.0.0.1',
  isSandbox: true,
  environment: undefined,
  region: null,
  workspaceId: null,
};

function loadTarget(
  { trackUrl, siteId, trackApiKey, isSandbox, environment, region }: Target,
  environmentId: number | undefined,
): LoadTarget {
  return {
    trackUrl,
    siteId,
    trackApiKey,
    isSandbox,
    environment,
    region: region ?? null,
    workspaceId: environmentId ?? null,
  };
}

/** What can be checked before k6 knows the plan. */
function assertBaseline(root: string, compare: string, scenario: ScenarioName): void {
  if (compare !== 'last') readSummary(root, compare);
  else if (!hasSummaryOf(root, scenario))
    throw new CioBulkError('no_such_run', `there is no earlier ${scenario} run to compare with`);
}

function readBaseline(root: string, compare: string | undefined, { plan }: PreparedLoadtest): LoadtestSummary | null {
  if (compare === undefined) return null;
  if (compare === 'last') return readLatest(root, plan.scenario, plan.rate);
  const baseline = readSummary(root, compare);
  checkComparable(baseline, plan.scenario, plan.rate);
  return baseline;
}

function showResult(summary: LoadtestSummary, baseline: LoadtestSummary | null, terminal: Terminal): void {
  const comparison = baseline === null ? null : compareSummaries(baseline, summary);
  terminal.json({ type: 'summary', job: 'loadtest', ...summary, ...(comparison === null ? {} : { comparison }) });
  terminal.data(toTable(summary).join('\n'));
  if (comparison !== null) terminal.data(`\n${toComparisonLines(comparison).join('\n')}`);
}

/** Tried before the run: nobody should wait an hour for a file that cannot be written. */
function junitPath(path: string | undefined, host: Host): string | undefined {
  if (path === undefined) return undefined;
  try {
    const absolute = resolve(host.cwd, path);
    closeSync(openSync(absolute, 'a'));
    return absolute;
  } catch (cause) {
    throw new CioBulkError('output_unwritable', `--junit ${path} cannot be written`, { cause });
  }
}

function exitCodeOf({ verdict }: LoadtestSummary, host: Host): ExitCode {
  if (verdict === 'pass') return EXIT.ok;
  return verdict === 'aborted' ? (host.stopCode() ?? EXIT.loadtest) : EXIT.loadtest;
}
