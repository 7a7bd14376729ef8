import { createPacer, type Pacer } from '../api/pacer.ts';
import { proxyFor, type Proxy } from '../api/proxy.ts';
import type { Courier } from '../domain/courier.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { bytes } from '../domain/text/numbers.ts';
import type { RedisPlace } from '../fleet/redis-url.ts';
import { journalError } from '../journal/errors.ts';
import { networkOf } from '../journal/file-system.ts';
import type { Journal } from '../journal/journal.ts';
import { lockSender } from '../journal/lock.ts';
import { openJournal } from '../journal/open.ts';
import { canContinue, sameCommand } from '../output/next-command.ts';
import type { Terminal } from '../output/terminal.ts';
import { budgetPlace, openBudget, type SharedState } from './budget.ts';
import { closing, type Defer } from './closing.ts';
import { withEnvFile } from './env-file.ts';
import { assertTargetFlags, type SendingOptions } from './options.ts';
import { openCourier } from './open-courier.ts';
import { openOwnSandbox } from './own-sandbox.ts';
import { targetFrom, workspaceOf, type Target } from './target.ts';

/** Everything a command needs to send: journal, lock, target, and the decorated wire. Opened and closed once per process. */
export interface SendingSession {
  readonly journal: Journal;
  readonly target: Target;
  readonly workspace: string;
  readonly environmentId: number | undefined;
  /** How far this machine's clock is ahead of the service's. Times that the service compares follow the service's clock. */
  readonly clockAheadMs: number;
  readonly courier: Courier;
  /** Of `--budget`, as it was when this sender joined it. */
  readonly sharedBudget: SharedState | undefined;
  /** The proxy on the way to a URL, if there is one. */
  readonly proxyFor: (url: string) => Proxy | undefined;
}

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

function openSession<T>(setting: SessionSetting, work: (session: SendingSession) => Promise<T>): Promise<T> {
  return closing(async (defer) => {
    const { options, journalPath, host, terminal } = setting;
    assertTargetFlags(options);
    const env = withEnvFile(host.env, options.envFile);
    const realTarget = options.sandbox ? undefined : targetFrom(env);
    const budgetAt = budgetPlace(options.budget, env);
    const journal = openJournal(journalPath);
    defer(() => closeJournal(journal));
    warnOfDangers(journal, journalPath, terminal);
    const target = realTarget ?? (await openOwnSandbox({ journalPath, cwd: host.cwd, terminal }, defer));
    const workspace = workspaceOf(target);
    const { pacer, sharedBudget } = await lockedPacer({ journal, workspace, place: budgetAt }, setting, defer);
    const { courier, environmentId, clockAheadMs } = await openCourier({ target, env, pacer }, setting, defer);
    return work({
      journal,
      target,
      workspace,
      environmentId,
      clockAheadMs,
      proxyFor: (url) => proxyFor(url, env),
      courier,
      sharedBudget,
    });
  });
}

function warnOfDangers(journal: Journal, path: string, terminal: Terminal): void {
  journal.onLargeWal((size) =>
    terminal.warn(
      `the journal's WAL file has reached ${bytes(size)} and keeps growing, because another process has been reading the journal all the time: end that process`,
    ),
  );
  const network = networkOf(path);
  if (network !== undefined)
    terminal.warn(
      `the journal lies on a network file system (${network}), where SQLite can lose it: choose a local place with --journal`,
    );
}

/** The right to send, and a pacer that counts what the sender before has sent: the rate is the workspace's, not the process's. */
async function lockedPacer(
  {
    journal,
    workspace,
    place,
  }: { readonly journal: Journal; readonly workspace: string; readonly place: RedisPlace | undefined },
  { command, options, host, terminal }: SessionSetting,
  defer: Defer,
): Promise<{ readonly pacer: Pacer; readonly sharedBudget: SharedState | undefined }> {
  const { clock } = host;
  const lock = lockSender(journal, workspace, { command, pid: process.pid }, clock.now);
  const recentStartsAgoMs = lock.recentStartsAgoMs ?? usedUpWindow(options.rate);
  let pacer: Pacer | undefined;
  defer(() => lock.release(pacer?.recentStartsAgoMs() ?? recentStartsAgoMs));
  const { budget, shared } = await openBudget({ options, host, terminal, place, workspace, recentStartsAgoMs }, defer);
  pacer = createPacer({ budget, rowsPerSecond: options.rowsPerSecond, clock });
  return { pacer, sharedBudget: shared };
}

/** A process that died leaves no word about its last requests: then its whole last window counts as used up. */
function usedUpWindow(rate: number): readonly number[] {
  return Array.from({ length: Math.ceil(Math.min(rate, 10_000)) }, () => 0);
}

/** What stays behind is one file, unless a reader keeps the WAL from being moved into it. */
function closeJournal(journal: Journal): void {
  journal.truncateWal();
  journal.close();
}
