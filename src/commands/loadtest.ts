import { closeSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { withEnvFile } from '../session/env-file.ts';
import { targetFrom, type Target } from '../session/target.ts';
import { duration, oneOf, plainNumber, wholeNumber } from './flags/values.ts';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { SCENARIOS, type ScenarioName } from '../domain/loadtest.ts';
import { createLoadtestLedger } from '../journal/loadtests.ts';
import { checkComparable, compareSummaries, toComparisonLines } from '../loadtest/compare.ts';
import { checkGuards } from '../loadtest/guards.ts';
import { toJunit } from '../loadtest/junit.ts';
import type { LoadRequest, LoadTarget } from '../loadtest/k6-environment.ts';
import { newRunId } from '../loadtest/run-id.ts';
import { GRACE_MS, prepareLoadtest, runLoadtest, type PreparedLoadtest } from '../loadtest/run-loadtest.ts';
import { hasSummaryOf, readLatest, readSummary, type LoadtestFiles } from '../loadtest/store.ts';
import type { LoadtestSummary } from '../loadtest/summary.ts';
import { toTable } from '../loadtest/table.ts';
import { shellWord } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { writeWhole } from '../output/write-lines.ts';
import type { Terminal } from '../output/terminal.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { createLoadProgress } from '../loadtest/progress.ts';
import { SANDBOX_KEYS } from '../session/sandbox-process.ts';
import { addTargetFlags } from './flags/sending.ts';
import type { SendingOptions } from '../session/options.ts';
import { withSendingSession, type SendingSession } from '../session/session.ts';

export function configure(command: Command): void {
  addTargetFlags(command)
    .option('--scenario <name>', SCENARIOS.join(', '), 'ramp')
    .option('--rate <n>', 'HTTP requests per second in all (default: the scenario\'s own, 80 for most)')
    .option('--duration <duration>', 'length of the whole test; its shape is stretched')
    .option('--max-users <n>', 'test people at most', '5000')
    .option('--p95 <duration>', 'limit of the 95th percentile, per operation', '500ms')
    .option('--p99 <duration>', 'limit of the 99th percentile, per operation', '2s')
    .option('--confirm <last4>', 'last 4 characters of the site id of the staging workspace')
    .option('--allow-over-limit', 'allow more than 80 % of the documented limit')
    .option('--force', 'run although an earlier load test was not cleaned up')
    .option('--compare <run|last>', 'show the change against an earlier run of the same scenario and rate')
    .option('--junit <file>', 'write the result as JUnit XML')
    .option('--k6-bin <path>', 'the k6 to use (default: CIO_BULK_K6, then PATH)');
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk loadtest --sandbox --scenario smoke', 'cio-bulk loadtest --sandbox --rate 80 --duration 2m'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.credentials, EXIT.forbidden, EXIT.unreachable, EXIT.stopped, EXIT.loadtest, EXIT.sigint, EXIT.sigterm],
  );
}

/** Refusals first, in the order of what they cost: flags, k6, guards, the journal; only then is anybody contacted. */
export async function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  if (args.length > 0) throw new CioBulkError('usage', `loadtest takes no arguments, but got "${args.join(' ')}"`);
  const terminal = terminalOf(options, host);
  const request = loadRequest(options);
  const isSandbox = options['sandbox'] === true;
  const journalPath = journalPathOf(options, host);
  const root = join(dirname(journalPath), 'loadtests');
  const known = isSandbox ? SANDBOX_TO_BE : loadTarget(targetFrom(withEnvFile(host.env, text(options, 'envFile'))), undefined);
  const compare = text(options, 'compare');
  if (compare !== undefined) assertBaseline(root, compare, request.scenario);
  const junit = junitPath(text(options, 'junit'), host);
  const prepared = await prepareLoadtest({ request, target: known, env: host.env, cwd: host.cwd, k6Bin: text(options, 'k6Bin') });
  const guard = { plan: prepared.plan, confirm: text(options, 'confirm'), allowOverLimit: options['allowOverLimit'] === true, force: options['force'] === true };
  checkGuards({ ...guard, target: known, uncleaned: [] });
  const baseline = readBaseline(root, compare, prepared);

  const result = await withSendingSession({ command: 'loadtest', options: sessionOptions(options), journalPath, host, terminal }, async (session) => {
    if (host.stopping.aborted) return null;
    const ledger = createLoadtestLedger(session.journal);
    const target = loadTarget(session.target, session.environmentId);
    checkGuards({ ...guard, target, uncleaned: ledger.uncleaned(session.workspace) });
    const { summary, files } = await runPlanned({ session, prepared, target, ledger, root, host, terminal, options });
    showResult(summary, baseline, terminal);
    if (junit !== undefined) writeWhole(junit, `--junit ${junit}`, toJunit(summary));
    terminal.say(`summary.json, dashboard.html and k6.log are in ${safeLine(files.dir)}`);
    terminal.say(`Test people ${summary.people.first} to ${summary.people.last} may be left: the last line deletes them`);
    terminal.next(cleanupCommand(summary.run, options));
    return summary;
  });
  if (result === null) return host.stopCode() ?? EXIT.sigint;
  return exitCodeOf(result, host);
}

/** The people are still there: the last line is the command that deletes them, with the flags that lead to the same place. */
function cleanupCommand(run: string, options: Record<string, unknown>): string {
  const flag = (name: string, flagName: string): string[] => {
    const value = text(options, name);
    return value === undefined ? [] : [flagName, shellWord(value)];
  };
  const place = [...flag('journal', '--journal'), ...flag('envFile', '--env-file'), ...flag('confirm', '--confirm')];
  return ['cio-bulk cleanup --run', run, ...place, ...(options['sandbox'] === true ? ['--sandbox'] : [])].join(' ');
}

async function runPlanned(setting: {
  readonly session: SendingSession;
  readonly prepared: PreparedLoadtest;
  readonly target: LoadTarget;
  readonly ledger: ReturnType<typeof createLoadtestLedger>;
  readonly root: string;
  readonly host: Host;
  readonly terminal: Terminal;
  readonly options: Record<string, unknown>;
}): Promise<{ summary: LoadtestSummary; files: LoadtestFiles }> {
  const { session, prepared, host, terminal, options, ...rest } = setting;
  const { plan, k6 } = prepared;
  const run = newRunId(host.clock.now(), host.random);
  terminal.json({ type: 'plan', job: 'loadtest', run, scenario: plan.scenario, rate: plan.rate, peak_rate: plan.peakRate, duration_ms: plan.durationMs, requests: plan.requests, max_n: plan.users - 1 });
  terminal.say(`Load test ${run}: ${plan.scenario}, ${plan.requests} requests in ${plan.durationMs / 1_000} s, up to ${plan.peakRate}/s, ${plan.users} test people, k6 ${k6.version}`);
  const progress = createLoadProgress(terminal, plan.durationMs);
  const sayStopping = (): void => terminal.say(`Stopping: k6 ends its iterations and writes its summary, ${GRACE_MS / 1_000} s at most. A second Ctrl-C ends it at once`);
  host.stopping.addEventListener('abort', sayStopping, { once: true });
  try {
    const { env, clock, stopping, aborting } = host;
    return await runLoadtest({ ...rest, run, prepared, workspace: session.workspace, env, clock, stopping, aborting, onSample: progress.update });
  } catch (error) {
    if (error instanceof CioBulkError && error.code !== 'k6_failed') error.next ??= cleanupCommand(run, options);
    throw error;
  } finally {
    progress.stop();
    host.stopping.removeEventListener('abort', sayStopping);
  }
}

function loadRequest(options: Record<string, unknown>): LoadRequest {
  const given = <T>(name: string, read: (value: string) => T): T | null => {
    const value = text(options, name);
    return value === undefined ? null : read(value);
  };
  return {
    scenario: oneOf('--scenario', text(options, 'scenario') ?? '', SCENARIOS),
    rate: given('rate', (value) => plainNumber('--rate', value, 0.1, 100_000)),
    durationMs: given('duration', (value) => duration('--duration', value, 1_000)),
    maxUsers: wholeNumber('--max-users', text(options, 'maxUsers') ?? '', 1, 100_000_000),
    p95Ms: duration('--p95', text(options, 'p95') ?? ''),
    p99Ms: duration('--p99', text(options, 'p99') ?? ''),
  };
}

/** Stands for the sandbox until it runs: what k6 plans does not depend on the URL. */
const SANDBOX_TO_BE: LoadTarget = { ...SANDBOX_KEYS, siteId: 'sandbox', trackUrl: 'http://127.0.0.1', isSandbox: true, environment: undefined, region: null, workspaceId: null };

function loadTarget({ trackUrl, siteId, trackApiKey, isSandbox, environment, region }: Target, environmentId: number | undefined): LoadTarget {
  return { trackUrl, siteId, trackApiKey, isSandbox, environment, region: region ?? null, workspaceId: environmentId ?? null };
}

/** The session's own requests are the one that asks for region and workspace: k6 sends the others. */
function sessionOptions(options: Record<string, unknown>): SendingOptions {
  return {
    rate: 10, rowsPerSecond: 0, concurrency: 1, batchRows: 1, batchBytes: 1_000, maxAttempts: 3, timeoutMs: 10_000, maxOutageMs: 10_000,
    maxErrors: undefined, maxDurationMs: undefined, allowTriggers: false,
    preflight: options['preflight'] !== false, sandbox: options['sandbox'] === true, envFile: text(options, 'envFile'),
  }; // prettier-ignore
}

/** What can be known before k6 has told the plan. */
function assertBaseline(root: string, compare: string, scenario: ScenarioName): void {
  if (compare !== 'last') readSummary(root, compare);
  else if (!hasSummaryOf(root, scenario)) throw new CioBulkError('no_such_run', `there is no earlier ${scenario} run to compare with`);
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

/** Tried before the run, so that nobody waits an hour for a file that cannot be written. */
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
