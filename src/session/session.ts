import { dirname, isAbsolute, join, relative } from 'node:path';
import { createBreaker } from '../api/breaker.ts';
import { createCourier } from '../api/courier.ts';
import { basicAuth } from '../api/credentials.ts';
import { createHttpSender } from '../api/http.ts';
import { createPacer } from '../api/pacer.ts';
import { askRegion, UNKNOWN_ACCOUNT, type Account } from '../api/preflight.ts';
import { proxyFor, type Proxy } from '../api/proxy.ts';
import { createSlots } from '../api/slots.ts';
import { withEnvFile } from './env-file.ts';
import { targetFrom, workspaceOf, type Target } from './target.ts';
import type { Courier } from '../domain/courier.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { Secret } from '../domain/secret.ts';
import { lockSender } from '../journal/lock.ts';
import { networkOf } from '../journal/file-system.ts';
import { journalError } from '../journal/errors.ts';
import type { Journal } from '../journal/journal.ts';
import { openJournal } from '../journal/open.ts';
import { count, bytes, plural, span } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import type { Terminal } from '../output/terminal.ts';
import { canContinue, sameCommand } from '../output/next-command.ts';
import { closing } from './closing.ts';
import { collectingBodies } from '../runtime/garbage.ts';
import { startSandbox, type Sandbox } from './sandbox-process.ts';
import { assertTargetFlags, type SendingOptions } from './options.ts';

/** Everything a command needs to send: journal, lock, target, and the decorated wire. Opened and closed once per process. */
export interface SendingSession {
  readonly journal: Journal;
  readonly target: Target;
  readonly workspace: string;
  readonly environmentId: number | undefined;
  /** How far this machine's clock is ahead of the service's. Times that the service compares follow the service's clock. */
  readonly clockAheadMs: number;
  readonly courier: Courier;
  /** The proxy on the way to a URL, if there is one. */
  readonly proxyFor: (url: string) => Proxy | undefined;
}

/** A host that is silent for longer than this is told. */
const SILENCE_MS = 2_000;
/** A clock that is off by more than this is told. */
const CLOCK_TOLD_MS = 60_000;

/** Opens a session, hands it to `work`, and closes it whatever happens. Shows region and workspace, and at the end the sandbox. */
export async function withSendingSession<T>(
  setting: SessionSetting,
  work: (session: SendingSession) => Promise<T>,
): Promise<T> {
  try {
    return await openSession(setting, work);
  } catch (caught) {
    const error = journalError(caught, setting.journalPath); // a damaged page may turn up anywhere
    if (error instanceof CioBulkError && canContinue(error)) error.next ??= sameCommand(setting.host);
    if (!(error instanceof CioBulkError) && setting.host.stopping.aborted)
      setting.terminal.next(sameCommand(setting.host));
    throw error;
  } finally {
    setting.terminal.showNext();
  }
}

export interface SessionSetting {
  readonly command: string;
  readonly options: SendingOptions;
  readonly journalPath: string;
  readonly host: Host;
  readonly terminal: Terminal;
}

function openSession<T>(
  { command, options, journalPath, host, terminal }: SessionSetting,
  work: (session: SendingSession) => Promise<T>,
): Promise<T> {
  return closing(async (defer) => {
    assertTargetFlags(options);
    const { clock } = host;
    const env = withEnvFile(host.env, options.envFile);
    const realTarget = options.sandbox ? undefined : targetFrom(env);
    const journal = openJournal(journalPath);
    defer(() => closeJournal(journal));
    journal.onLargeWal((size) =>
      terminal.warn(
        `the journal's WAL file has reached ${bytes(size)} and keeps growing, because another process has been reading the journal all the time: end that process`,
      ),
    );
    const network = networkOf(journalPath);
    if (network !== undefined)
      terminal.warn(
        `the journal lies on a network file system (${network}), where SQLite can lose it: choose a local place with --journal`,
      );
    const sandboxDb = join(dirname(journalPath), 'sandbox.db');
    const sandbox = options.sandbox ? await startSandbox({ db: sandboxDb }) : undefined;
    defer(() => closeSandbox(sandbox, shownPath(sandboxDb, host.cwd), terminal));
    const target = realTarget ?? sandboxTarget(sandbox);
    const workspace = workspaceOf(target);
    const lock = lockSender(journal, workspace, { command, pid: process.pid }, clock.now);
    let recentStarts: readonly number[] = [];
    defer(() => lock.release(recentStarts));
    const pacer = createPacer({
      rate: options.rate,
      rowsPerSecond: options.rowsPerSecond,
      clock,
      ...earlierStarts(lock.recentStartsAgoMs, options.rate),
    });
    defer(() => void (recentStarts = pacer.recentStartsAgoMs()));
    const proxy = proxyFor(target.trackUrl, env);
    const place = placeOf(target.trackUrl, proxy);
    const wire = createHttpSender({
      baseUrl: target.trackUrl,
      proxy,
      authorization: basicAuth(target.siteId, target.trackApiKey),
      timeoutMs: options.timeoutMs,
      clock,
      onDoubt: (rows) =>
        terminal.warn(
          `${place} answered more often than it was asked: up to ${count(rows)} rows may have been settled by another request's answer, as accepted or as refused`,
        ),
    });
    defer(() => wire.close());
    const slots = createSlots(options.concurrency);
    const courier = collectingBodies(
      createCourier({
        wire,
        pacer,
        slots,
        clock,
        breaker: createBreaker(clock, options.maxOutageMs),
        random: host.random,
        aborting: host.aborting,
        maxAttempts: options.maxAttempts,
        maxOutageMs: options.maxOutageMs,
        ...(proxy ? { place } : {}),
      }),
    );
    const sayStopping = (): void => {
      if (slots.taken() > 0)
        terminal.say(
          `Stopping: waiting for the answers to the requests in flight, ${span(options.timeoutMs)} at most. A second Ctrl-C ends at once; the same command finishes the job either way`,
        );
    };
    host.stopping.addEventListener('abort', sayStopping, { once: true });
    defer(() => host.stopping.removeEventListener('abort', sayStopping));
    const { environmentId, clockAheadMs } = options.preflight
      ? await preflight(target, {
          wire,
          pacer,
          place,
          host,
          terminal,
          maxAttempts: options.maxAttempts,
          timeoutMs: options.timeoutMs,
        })
      : UNKNOWN_ACCOUNT;
    return work({
      journal,
      target,
      workspace,
      environmentId,
      clockAheadMs,
      proxyFor: (url) => proxyFor(url, env),
      courier,
    });
  });
}

/** A process that died leaves no word about its last requests: then its whole last window counts as used up. */
function earlierStarts(agoMs: readonly number[] | null, rate: number): { recentStartsAgoMs: readonly number[] } {
  return { recentStartsAgoMs: agoMs ?? Array.from({ length: Math.ceil(Math.min(rate, 10_000)) }, () => 0) };
}

function sandboxTarget(sandbox: Sandbox | undefined): Target {
  if (!sandbox) throw new Error('a sandbox target without a sandbox');
  return {
    trackUrl: sandbox.trackUrl,
    appUrl: sandbox.appUrl,
    siteId: new Secret(sandbox.siteId),
    trackApiKey: new Secret(sandbox.trackApiKey),
    appApiKey: new Secret(sandbox.appApiKey),
    region: undefined,
    isSandbox: true,
    environment: 'sandbox',
  };
}

async function preflight(
  target: Target,
  {
    wire,
    pacer,
    place,
    host,
    terminal,
    maxAttempts,
    timeoutMs,
  }: Pick<Parameters<typeof askRegion>[0], 'wire' | 'pacer' | 'place' | 'maxAttempts'> & {
    host: Host;
    terminal: Terminal;
    timeoutMs: number;
  },
): Promise<Account> {
  const answered = new AbortController();
  const tellSilence = async (): Promise<void> => {
    await host.clock.sleep(SILENCE_MS, answered.signal);
    if (!answered.signal.aborted)
      terminal.say(`Waiting for ${place} to answer: ${plural(maxAttempts, 'attempt')} of ${span(timeoutMs)} at most`);
  };
  void tellSilence();
  const asked = askRegion({ wire, pacer, clock: host.clock, maxAttempts, place, stopping: host.stopping });
  const account = await asked.finally(() => answered.abort());
  const { region, environmentId, clockAheadMs } = account;
  if (target.region !== undefined && region !== undefined && region !== target.region)
    throw new CioBulkError(
      'wrong_region',
      `the account lives in region ${region}, and CUSTOMERIO_REGION says ${target.region}`,
      { hint: `set CUSTOMERIO_REGION=${region}` },
    );
  const where = target.isSandbox ? 'sandbox' : `region ${region ?? 'unknown'}, workspace ${environmentId ?? 'unknown'}`;
  terminal.say(`Sending to ${where} (${place})`);
  if (Math.abs(clockAheadMs) >= CLOCK_TOLD_MS)
    terminal.warn(
      `this machine's clock is ${span(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the service's: times of updates and the age of events follow the service's clock`,
    );
  return account;
}

/** Who is spoken to, and through whom: for messages. */
function placeOf(baseUrl: string, proxy: Proxy | undefined): string {
  return `${new URL(baseUrl).host}${proxy ? ` through the proxy ${proxy.name}` : ''}`;
}

/** From where the user stands, unless it lies elsewhere. */
function shownPath(path: string, cwd: string): string {
  const from = relative(cwd, path);
  return from.startsWith('..') || isAbsolute(from) ? path : from;
}

async function closeSandbox(sandbox: Sandbox | undefined, path: string, terminal: Terminal): Promise<void> {
  if (!sandbox) return;
  try {
    const state = await sandbox.state();
    terminal.say(
      `The sandbox now holds ${plural(state.people, 'person', 'people')} and ${plural(state.events, 'event')} (${safeLine(path)})`,
    );
  } catch {
    // it answers no more: there is nothing to say about it
  } finally {
    await sandbox.stop();
  }
}

/** What stays behind is one file, unless a reader keeps the WAL from being moved into it. */
function closeJournal(journal: Journal): void {
  journal.truncateWal();
  journal.close();
}
