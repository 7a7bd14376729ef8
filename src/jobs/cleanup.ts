import { createAppApi, type AppApi } from '../api/app-api.ts';
import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { personId, type LoadtestLedger, type LoadtestRun } from '../domain/loadtest.ts';
import { count, minuteOf, plural, span } from '../domain/text/numbers.ts';
import { textTable } from '../domain/text/table.ts';
import { createLoadtestLedger } from '../journal/loadtests.ts';
import { openJournal } from '../journal/open.ts';
import { askForWord, canAsk } from '../output/ask.ts';
import { sameCommand } from '../output/next-command.ts';
import type { Terminal } from '../output/terminal.ts';
import { withSendingSession, type SessionSetting } from '../session/session.ts';
import type { LookSetting, SendSetting } from './setting.ts';
import { finishedSweeps, reachedAll, sweep } from './sweep.ts';

/** The service applies deletes late, and an update that arrives after one would bring a person back: hence a second sweep. */
const SWEEPS_MIN = 2;
/** In one call: by the next one, whatever keeps creating people may have been found. */
const SWEEPS_MAX = 5;
const SETTLE_MS = 60_000;
const SANDBOX_SETTLE_MS = 500;
/** k6 stops by itself within seconds when its launcher dies; until then it may still create people. */
const K6_GONE_MS = 15_000;

export interface CleanupRequest {
  /** One load test by its id; undefined = all that are not cleaned up. */
  readonly loadtest: string | undefined;
  readonly isDryRun: boolean;
  /** --yes: no question before people are deleted. */
  readonly isConfirmed: boolean;
  /** The last 4 characters of the site id, instead of --yes. */
  readonly confirm: string | undefined;
  /** Between two sweeps; undefined = what the target needs. */
  readonly settleMs: number | undefined;
}

/** Deletes the test people of load tests, one load test after the other. */
export function cleanUpAll(
  request: CleanupRequest,
  { options: sending, ...setting }: Omit<SessionSetting, 'command'>,
): Promise<ExitCode> {
  return withSendingSession({ ...setting, options: sending, command: 'cleanup' }, (session) => {
    const { host, terminal } = setting;
    return cleanUpChosen(request, { session, sending, host, terminal });
  });
}

async function cleanUpChosen(request: CleanupRequest, setting: SendSetting): Promise<ExitCode> {
  const { session, terminal } = setting;
  const ledger = createLoadtestLedger(session.journal);
  const loadtests = chosen(ledger, session.workspace, request.loadtest);
  if (loadtests.length === 0) {
    terminal.say('Nothing to clean up: all load tests of this workspace are cleaned up');
    return EXIT.ok;
  }
  const people = loadtests.reduce((sum, { max_n: maxN }) => sum + maxN + 1, 0);
  if (request.isDryRun) {
    for (const loadtest of loadtests) announce(loadtest, terminal);
    terminal.say(`Dry run: ${plural(people, 'test person', 'test people')} would be deleted`);
    return EXIT.ok;
  }
  await confirm(request, people, setting);
  const settleMs = request.settleMs ?? (session.target.isSandbox ? SANDBOX_SETTLE_MS : SETTLE_MS);
  const appApi = appApiOf(setting);
  try {
    return await cleanUpEach(loadtests, settleMs, { ...setting, appApi });
  } finally {
    await appApi?.close();
  }
}

interface CleanupSetting extends SendSetting {
  /** Undefined without a key. */
  readonly appApi: AppApi | undefined;
}

function appApiOf({ session: { target, proxyFor }, host: { clock, stopping } }: SendSetting): AppApi | undefined {
  return (
    target.appApiKey &&
    createAppApi({
      baseUrl: target.appUrl,
      proxy: proxyFor(target.appUrl),
      appApiKey: target.appApiKey,
      clock,
      stopping,
    })
  );
}

async function cleanUpEach(
  loadtests: readonly LoadtestRun[],
  settleMs: number,
  setting: CleanupSetting,
): Promise<ExitCode> {
  const { session, terminal } = setting;
  const ledger = createLoadtestLedger(session.journal);
  for (const loadtest of loadtests) {
    const code = await cleanUp(loadtest, settleMs, setting);
    if (code !== EXIT.ok) return code;
    crashPoint('cleanup swept');
    ledger.markCleaned(loadtest.id);
    terminal.json({ type: 'cleaned', run: loadtest.id, people: loadtest.max_n + 1 });
    terminal.data(
      `Load test ${loadtest.id} is cleaned up: ${plural(loadtest.max_n + 1, 'test person', 'test people')} deleted`,
    );
  }
  return EXIT.ok;
}

/** Sweeps until two are done and nobody is left. Finished sweeps are in the journal: an interrupted cleanup resumes after them. */
async function cleanUp(loadtest: LoadtestRun, settleMs: number, setting: CleanupSetting): Promise<ExitCode> {
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
      const found =
        !host.stopping.aborted && done.filter(reachedAll).length >= SWEEPS_MIN
          ? await whatIsLeft(loadtest, setting)
          : 'left';
      if (host.stopping.aborted) {
        terminal.next(sameCommand(host));
        return host.stopCode() ?? EXIT.unfinished;
      }
      if (found !== 'left') return EXIT.ok; // gone, or as far as two sweeps tell
    }
    if (sweeps >= SWEEPS_MAX)
      throw new CioBulkError(
        'cleanup_unverified',
        `people of load test ${loadtest.id} are still found after ${SWEEPS_MAX} sweeps`,
        {
          hint: 'something may still be creating them: stop it first',
        },
      );
    const code = await sweep(loadtest, done.length + 1, setting);
    if (code !== EXIT.ok) return code;
  }
}

/** Asks the App API whether anybody is left. Unknown without its key, or without an answer: then two sweeps have to be enough. */
async function whatIsLeft(
  { id }: LoadtestRun,
  { session, appApi, host, terminal }: CleanupSetting,
): Promise<'gone' | 'left' | 'unknown'> {
  if (!appApi) {
    terminal.say('Not verified: set CUSTOMERIO_APP_API_KEY to have the App API asked whether anybody is left');
    return 'unknown';
  }
  const { people, because } = await appApi.countPeopleWith('cio_bulk_run', id);
  if (host.stopping.aborted) return 'unknown'; // nobody waited for the answer
  if (people === undefined) {
    const proxy = session.proxyFor(session.target.appUrl);
    terminal.warn(
      `the App API gave no answer${proxy ? ` through the proxy ${proxy.name}` : ''}: whether anybody is left is not verified${because ? ` (${because.message}; ${because.hint})` : ''}`,
    );
    return 'unknown';
  }
  if (people === 0) return 'gone';
  terminal.say(`${plural(people, 'test person is', 'test people are')} still there: another sweep`);
  return 'left';
}

/** Waits until k6 is gone. Only a launcher that was killed leaves a load test unfinished; if it had not noted k6's pid yet, only time tells. */
async function untilGone(
  { state, k6_pid: pid, started_at: startedAt }: LoadtestRun,
  { clock, stopping }: Host,
): Promise<void> {
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
  if (!known)
    throw new CioBulkError('no_such_run', `there is no load test ${JSON.stringify(id)} in this journal`, {
      hint: '`cio-bulk cleanup --list` shows them',
    });
  if (known.workspace !== workspace)
    throw new CioBulkError(
      'wrong_workspace',
      `load test ${id} ran in another workspace than the one of these credentials`,
      { hint: 'use the credentials (or --sandbox) it ran with' },
    );
  return uncleaned.filter((loadtest) => loadtest.id === id);
}

async function confirm(
  { confirm: last4, isConfirmed }: CleanupRequest,
  people: number,
  { session: { target }, host }: SendSetting,
): Promise<void> {
  if (last4 !== undefined && !target.siteId.hasLast4(last4))
    throw new CioBulkError('guard', '--confirm is not the end of this site id', {
      hint: 'give the last 4 characters of CUSTOMERIO_SITE_ID',
    });
  if (target.isSandbox || isConfirmed || last4 !== undefined) return;
  const found = plural(people, 'test person', 'test people');
  if (canAsk(host) && (await askForWord(host, `Delete ${found} from this workspace?`, 'delete'))) return;
  throw new CioBulkError(
    'confirmation_needed',
    `${found} would be deleted: this needs --yes, or --confirm with the end of the site id`,
  );
}

function announce(loadtest: LoadtestRun, terminal: Terminal): void {
  terminal.json({
    type: 'cleanup',
    run: loadtest.id,
    first: personId(loadtest.id, 0),
    last: personId(loadtest.id, loadtest.max_n),
    people: loadtest.max_n + 1,
  });
  terminal.data(`${personId(loadtest.id, 0)} to ${personId(loadtest.id, loadtest.max_n)}`);
}

/** `--list`: the load tests in the journal. */
export function listLoadtests({ journalPath, terminal }: LookSetting): ExitCode {
  const journal = openJournal(journalPath, { readonly: true });
  try {
    const all = createLoadtestLedger(journal).list();
    for (const { workspace: _, ...loadtest } of all) terminal.json({ type: 'loadtest', ...loadtest });
    if (all.length === 0) terminal.data('The journal holds no load tests');
    else
      terminal.data(
        textTable(['run', 'scenario', 'rate', 'people at most', 'started (UTC)', 'state'], all.map(cellsOf)),
      );
    return EXIT.ok;
  } finally {
    journal.close();
  }
}

function cellsOf({ id, scenario, rate, max_n: maxN, started_at: startedAt, state }: LoadtestRun): string[] {
  return [
    id,
    scenario,
    String(rate),
    count(maxN + 1),
    minuteOf(startedAt),
    state === 'cleaned' ? 'cleaned' : 'not cleaned',
  ];
}
