import type { Command } from 'commander';
import { countPeopleWith } from '../api/app-api.ts';
import { Secret } from '../api/credentials.ts';
import { duration, plainNumber } from './flags/values.ts';
import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Clock, Host } from '../domain/host.ts';
import { personId, type LoadtestLedger, type LoadtestRun } from '../domain/loadtest.ts';
import { createLoadtestLedger } from '../journal/loadtests.ts';
import { openJournal } from '../journal/open.ts';
import { count, plural, span } from '../domain/text/numbers.ts';
import { textTable } from '../domain/text/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { askForWord, canAsk } from '../output/ask.ts';
import { finishedSweeps, reachedAll, sweep } from '../jobs/sweep.ts';
import type { SendSetting } from '../jobs/setting.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { sameCommand } from '../output/next-command.ts';
import { addTargetFlags } from './flags/sending.ts';
import type { SendingOptions } from '../session/options.ts';
import { withSendingSession, type SendingSession } from '../session/session.ts';

/** The service applies deletes late, and a late update call would bring a person back: hence a second sweep. */
const SWEEPS_MIN = 2;
/** Of one call: whoever calls again may have found out what keeps creating people. */
const SWEEPS_MAX = 5;
const SETTLE_MS = 60_000;
const SANDBOX_SETTLE_MS = 500;
/** k6 stops by itself within seconds when its launcher dies; until then it may still create people. */
const K6_GONE_MS = 15_000;

export function configure(command: Command): void {
  addTargetFlags(command)
    .option('--run <id>', 'clean up after one load test (default: every one that is not cleaned up)')
    .option('--list', 'show load tests and whether they are cleaned up')
    .option('--dry-run', 'say what would be deleted')
    .option('--yes', 'do not ask')
    .option('--confirm <last4>', 'last 4 characters of the site id, instead of --yes')
    .option('--rate <n>', 'HTTP requests per second in all, retries included; 0 = no limit', '80')
    .option('--settle-wait <duration>', 'between two sweeps, since the service applies late (default: 60s; sandbox: 500ms)');
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk cleanup --sandbox'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.credentials, EXIT.forbidden, EXIT.unreachable, EXIT.undelivered, EXIT.stopped, EXIT.unfinished, EXIT.sigint, EXIT.sigterm],
  );
}

export async function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  if (args.length > 0) throw new CioBulkError('usage', `cleanup takes no arguments, but got "${args.join(' ')}"`);
  const terminal = terminalOf(options, host);
  const journalPath = journalPathOf(options, host);
  if (options['list'] === true) return list(journalPath, terminal);
  const settleWait = text(options, 'settleWait');
  const settleWaitMs = settleWait === undefined ? undefined : duration('--settle-wait', settleWait, 0);
  const sending = sessionOptions(options);
  return withSendingSession({ command: 'cleanup', options: sending, journalPath, host, terminal }, async (session) => {
    const ledger = createLoadtestLedger(session.journal);
    const loadtests = chosen(ledger, session.workspace, text(options, 'run'));
    if (loadtests.length === 0) {
      terminal.say('Nothing to clean up: every load test of this workspace is cleaned up');
      return EXIT.ok;
    }
    const people = loadtests.reduce((sum, { max_n: maxN }) => sum + maxN + 1, 0);
    if (options['dryRun'] === true) {
      for (const loadtest of loadtests) announce(loadtest, terminal);
      terminal.say(`Dry run: ${plural(people, 'test person', 'test people')} would be deleted`);
      return EXIT.ok;
    }
    await confirm(session, people, options, host);
    const settleMs = settleWaitMs ?? (session.target.isSandbox ? SANDBOX_SETTLE_MS : SETTLE_MS);
    for (const loadtest of loadtests) {
      const code = await cleanUp(loadtest, settleMs, { session, sending, host, terminal });
      if (code !== EXIT.ok) return code;
      crashPoint('cleanup swept');
      ledger.markCleaned(loadtest.id);
      terminal.json({ type: 'cleaned', run: loadtest.id, people: loadtest.max_n + 1 });
      terminal.data(`Load test ${loadtest.id} is cleaned up: ${plural(loadtest.max_n + 1, 'test person', 'test people')} deleted`);
    }
    return EXIT.ok;
  });
}

/** Sweeps until two are done and nobody is left. What is done is in the journal: an interrupted cleanup goes on from there. */
async function cleanUp(loadtest: LoadtestRun, settleMs: number, setting: SendSetting): Promise<ExitCode> {
  const { session, host, terminal } = setting;
  await untilGone(loadtest, host);
  for (let sweeps = 0; ; sweeps++) {
    const done = finishedSweeps(session, loadtest);
    if (done.length > 0) {
      const restMs = (done.at(-1)?.updatedAt ?? 0) + settleMs - host.clock.now();
      if (restMs > 0) {
        terminal.say(`Waiting ${span(Math.min(restMs, settleMs))} for the service to apply the deletes`);
        await host.clock.sleep(Math.min(restMs, settleMs), host.stopping);
      }
      if (host.stopping.aborted) {
        terminal.next(sameCommand(host));
        return host.stopCode() ?? EXIT.unfinished;
      }
      if (done.filter(reachedAll).length >= SWEEPS_MIN && (await isGone(loadtest, session, terminal, host.clock))) return EXIT.ok;
    }
    if (sweeps >= SWEEPS_MAX)
      throw new CioBulkError('cleanup_unverified', `people of load test ${loadtest.id} are still found after ${SWEEPS_MAX} sweeps`, {
        hint: 'something may still be creating them: stop it first',
      });
    const code = await sweep(loadtest, done.length + 1, setting);
    if (code !== EXIT.ok) return code;
  }
}

/** Asks the App API when there is a key; without one the second sweep has to do. */
async function isGone(loadtest: LoadtestRun, { target, proxyFor }: SendingSession, terminal: Terminal, clock: Clock): Promise<boolean> {
  if (target.appApiKey === undefined) {
    terminal.say('Not verified: set CUSTOMERIO_APP_API_KEY to have the App API asked whether anybody is left');
    return true;
  }
  const left = await countPeopleWith({ baseUrl: target.appUrl, proxy: proxyFor(target.appUrl), appApiKey: new Secret(target.appApiKey), attribute: 'cio_bulk_run', value: loadtest.id, clock });
  if (left === undefined) {
    const proxy = proxyFor(target.appUrl);
    terminal.warn(`the App API gave no answer${proxy ? ` through the proxy ${proxy.name}` : ''}: whether anybody is left is not verified`);
    return true;
  }
  if (left > 0) terminal.say(`${plural(left, 'test person is', 'test people are')} still there: another sweep`);
  return left === 0;
}

/** Only a launcher that was killed leaves a load test unfinished. If that was before it noted k6's pid, time has to tell. */
async function untilGone({ state, k6_pid: pid, started_at: startedAt }: LoadtestRun, { clock, stopping }: Host): Promise<void> {
  const passedMs = pid === null ? Math.max(0, clock.now() - startedAt) : 0;
  const deadline = clock.monotonic() + K6_GONE_MS - passedMs;
  const mayLive = (): boolean => state !== 'finished' && (pid === null || isAlive(pid)) && clock.monotonic() < deadline;
  while (mayLive() && !stopping.aborted) await clock.sleep(200, stopping);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function chosen(ledger: LoadtestLedger, workspace: string, id: string | undefined): readonly LoadtestRun[] {
  const uncleaned = ledger.uncleaned(workspace);
  if (id === undefined) return uncleaned;
  const known = ledger.list().find((loadtest) => loadtest.id === id);
  if (!known) throw new CioBulkError('no_such_run', `there is no load test ${JSON.stringify(id)} in this journal`, { hint: '`cio-bulk cleanup --list` shows them' });
  if (known.workspace !== workspace)
    throw new CioBulkError('wrong_workspace', `load test ${id} ran in another workspace than these credentials belong to`, { hint: 'use the credentials (or --sandbox) with which it ran' });
  return uncleaned.filter((loadtest) => loadtest.id === id);
}

async function confirm({ target }: SendingSession, people: number, options: Record<string, unknown>, host: Host): Promise<void> {
  const last4 = text(options, 'confirm');
  if (last4 !== undefined && last4 !== target.siteId.slice(-4))
    throw new CioBulkError('guard', '--confirm is not the end of this site id', { hint: 'give the last 4 characters of CUSTOMERIO_SITE_ID' });
  if (target.isSandbox || options['yes'] === true || last4 !== undefined) return;
  const question = `Delete ${plural(people, 'test person', 'test people')} from this workspace?`;
  if (canAsk(host) && (await askForWord(host, question, 'delete'))) return;
  throw new CioBulkError('confirmation_needed', `${plural(people, 'test person', 'test people')} would be deleted: it needs --yes, or --confirm with the end of the site id`);
}

function announce(loadtest: LoadtestRun, terminal: Terminal): void {
  terminal.json({ type: 'cleanup', run: loadtest.id, first: personId(loadtest.id, 0), last: personId(loadtest.id, loadtest.max_n), people: loadtest.max_n + 1 });
  terminal.data(`${personId(loadtest.id, 0)} to ${personId(loadtest.id, loadtest.max_n)}`);
}

function list(journalPath: string, terminal: Terminal): ExitCode {
  const journal = openJournal(journalPath, { readonly: true });
  try {
    const all = createLoadtestLedger(journal).list();
    for (const { workspace: _, ...loadtest } of all) terminal.json({ type: 'loadtest', ...loadtest });
    if (all.length === 0) terminal.data('The journal holds no load tests');
    else
      terminal.data(
        textTable(
          ['run', 'scenario', 'rate', 'people at most', 'started (UTC)', 'state'],
          all.map((one) => [one.id, one.scenario, String(one.rate), count(one.max_n + 1), new Date(one.started_at).toISOString().slice(0, 16).replace('T', ' '), one.state === 'cleaned' ? 'cleaned' : 'not cleaned']),
        ),
      );
    return EXIT.ok;
  } finally {
    journal.close();
  }
}

/** Deletes travel in full v2 batches; only the rate is worth a flag. */
function sessionOptions(options: Record<string, unknown>): SendingOptions {
  return {
    rate: plainNumber('--rate', text(options, 'rate') ?? '80', 0, 100_000),
    rowsPerSecond: 0, concurrency: 15, batchRows: 1_000, batchBytes: 480_000, maxAttempts: 5, timeoutMs: 10_000, maxOutageMs: 15 * 60_000,
    maxErrors: undefined, maxDurationMs: undefined, allowTriggers: false,
    preflight: options['preflight'] !== false, sandbox: options['sandbox'] === true, envFile: text(options, 'envFile'),
  }; // prettier-ignore
}
