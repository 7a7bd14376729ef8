import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CioBulkError, type ExitCode } from '../domain/errors.ts';
import { count } from '../domain/text/numbers.ts';
import type { Host } from '../domain/host.ts';
import type { InputFile } from '../input/bytes/files.ts';
import { sourceAt } from '../input/bytes/source-at.ts';
import { recordsOf } from '../input/records/records.ts';
import { createImportLedger } from '../journal/import-ledger.ts';
import type { Journal } from '../journal/journal.ts';
import { noteBytesWanted, notesOf } from '../journal/run-notes.ts';
import { runsOfSource, secondsUsed, setEnvironment, type Run } from '../journal/runs.ts';
import { sameCommand } from '../output/next-command.ts';
import { createProgress } from '../output/progress.ts';
import { showError } from '../output/show-error.ts';
import { bytesTotalOf, openSource, type OpenSource, type SpoolPlace } from '../reading/open-source.ts';
import type { SourceOptions } from '../reading/options.ts';
import { createRowEstimate } from '../reading/row-estimate.ts';
import { startReading } from '../reading/start-reading.ts';
import type { SendingSession } from '../session/session.ts';
import { confirmAction } from './confirm-action.ts';
import { endRun, endWithoutRows } from './end-run.ts';
import { findOrCreateRun } from './find-run.ts';
import { createLimits, stoppingAt, type Limits } from './limits.ts';
import { decideOnRecent } from './recent-events.ts';
import { sendRun, type RunWork } from './send-run.ts';
import type { SendSetting } from './setting.ts';
import { showPlan } from './show-plan.ts';
import { decideForRun, type RecentRun } from './skipped-recent.ts';

export interface ImportSetting extends SendSetting {
  readonly source: SourceOptions;
  readonly journalPath: string;
  readonly restart: boolean;
  /** --yes: no question before people are deleted or suppressed. */
  readonly isConfirmed: boolean;
  /** When the command began, by the monotonic clock. */
  readonly startedAt: number;
}

/** One file, one run: opens the file, finds its run or begins one, sends what is left, and reports how it ended. */
export async function importFile(file: InputFile, setting: ImportSetting): Promise<ExitCode> {
  const { host, terminal } = setting;
  const limits = createLimits(setting.sending, host, setting.startedAt);
  try {
    const source = await openPatiently(file, setting, limits);
    try {
      return await importSource(source, file, setting, limits);
    } finally {
      source.release();
    }
  } catch (error) {
    const reason = limits.reason();
    if (reason === undefined || error instanceof CioBulkError) throw error;
    showError(terminal, reason, 'Stopped'); // the deadline came before there was a run
    terminal.next(sameCommand(host));
    return reason.exitCode;
  } finally {
    limits.close();
  }
}

async function importSource(
  source: OpenSource,
  file: InputFile,
  setting: ImportSetting,
  limits: Limits,
): Promise<ExitCode> {
  const {
    session: { journal, workspace, target, clockAheadMs },
    sending,
    source: options,
    host,
    terminal,
  } = setting;
  const recent = await decideOnRecent(
    source,
    { allowTriggers: sending.allowTriggers, skipRecent: options.skipRecent, isSandbox: target.isSandbox, clockAheadMs },
    host,
  );
  const { planned } = source;
  showPlan(
    { ...source, planned: { ...planned, warnings: [...planned.warnings, ...planned.identityWarnings] } },
    terminal,
    terminal.say,
  );
  if (source.sample.length === 0 && runsOfSource(journal, source.key, workspace).length === 0) {
    await source.discard();
    return endWithoutRows(source.source, setting); // no run: an empty sample must not decide on rows that come later
  }
  await refuseHopeless(source, setting);
  await confirmAction(source, options, setting.isConfirmed, host);
  const timesFrom = timesAfter(setting.session, host);
  const found = await findRun(source, setting, recent);
  const { run } = found;
  const bytes = await bytesOf(source);
  if (run.state === 'open') assertNotCut(journal, run, bytes);
  if (found.nothingToSend) {
    await source.discard();
    return endRun({ run, ending: { kind: 'nothing_to_send' } }, setting);
  }
  source.spooled.catch(limits.fail);
  const work = await startWork(source, found, setting, { name: file.name, timesFrom });
  try {
    return await sendRun(work, setting, limits);
  } catch (error) {
    const now = await bytesOf(source).catch(() => null);
    if (bytes !== null && now !== null && now < bytes) noteBytesWanted(journal, run.id, bytes);
    throw error;
  }
}

/** Starts to read what is left of the source. */
async function startWork(
  source: OpenSource,
  found: RecentRun,
  { session: { journal, workspace, clockAheadMs }, source: options, host }: ImportSetting,
  { name, timesFrom }: { readonly name: string; readonly timesFrom: number },
): Promise<RunWork> {
  const { run, spec } = found;
  const estimate = createRowEstimate({ bytesTotal: await bytesTotalOf(source), rowsMax: options.limit });
  const reading = startReading({
    ...taskOf(source, found, options),
    timesFrom,
    clockAheadMs,
    identity: { target: workspace, dataset: spec.dataset, clockMs: spec.clockMs },
    name,
  });
  return {
    run,
    name,
    chunks: estimate.counted(reading),
    isComplete: reading.isComplete,
    onSpent: reading.giveBack,
    ledger: createImportLedger(journal, run.id, host.clock.now),
    findRecords: (chunk, indexes) => recordsOf(spec.layout, chunk, indexes),
    rowsTotal: estimate.rowsTotal,
    isStream: source.follow,
    warnings: reading.warnings,
    limit: options.limit,
    onFinished: source.discard,
  };
}

/** Bytes of the file as it lies there; null for a stream, which only we write down. */
async function bytesOf({ follow, layout }: OpenSource): Promise<number | null> {
  return follow ? null : (await sourceAt(layout.path, { follow }).look()).bytes;
}

/** A file that was cut while it was read, and still is: its end would be taken for the end of the data. */
function assertNotCut(journal: Journal, { id }: Run, bytes: number | null): void {
  const wanted = notesOf(journal, id)?.bytesWanted ?? null;
  if (wanted === null || bytes === null || bytes >= wanted) return;
  throw new CioBulkError(
    'input_changed',
    `the file was cut while run ${id} read it, and is still shorter: ${count(bytes)} of ${count(wanted)} bytes`,
    {
      hint: 'restore the file and run the same command again, or send it as it is now with --restart',
    },
  );
}

/** A stream may be silent for a long time: the progress says so. */
async function openPatiently(
  file: InputFile,
  { session: { journal, workspace }, source: options, host, terminal, ...setting }: ImportSetting,
  limits: Limits,
): Promise<OpenSource> {
  const place: SpoolPlace = {
    spoolFolder: join(dirname(setting.journalPath), 'spool'),
    workspace,
    // A copy that no run waits for was left behind by a process that died before its run began, or after it had ended.
    isWanted: (key) => !setting.restart && runsOfSource(journal, key, workspace).some(({ state }) => state === 'open'),
  };
  const open = (): Promise<OpenSource> => openSource(file, options, stoppingAt(host, limits), place);
  if (!file.isStream) return open();
  const since = host.clock.monotonic();
  const progress = createProgress(terminal, host.clock, file.name, {
    waitingFor: () => ({ state: 'input', reason: `data from ${file.name}`, since, until: null }),
  });
  try {
    return await open();
  } finally {
    progress.stop();
  }
}

/** Nothing of the sample can be sent, and there is no run to resume: the user will come back with another flag. */
async function refuseHopeless(
  source: OpenSource,
  { session: { journal, workspace }, source: options }: ImportSetting,
): Promise<void> {
  if (
    source.hopeless === null ||
    runsOfSource(journal, source.key, workspace).some(({ fingerprint }) => fingerprint === fingerprintOf(options))
  )
    return;
  source.release();
  await source.spooled.catch(() => undefined);
  await source.discard();
  throw source.hopeless;
}

/** The run of this source, and what becomes of its recent events. Throws when the run belongs to another workspace. */
async function findRun(
  source: OpenSource,
  setting: ImportSetting,
  decision: Awaited<ReturnType<typeof decideOnRecent>>,
): Promise<RecentRun> {
  const {
    session: { journal, workspace, environmentId, target },
    source: options,
    host,
    terminal,
  } = setting;
  const now = host.clock.now();
  const before = await findOrCreateRun({
    journal,
    terminal,
    workspace,
    environmentId,
    now,
    fingerprint: fingerprintOf(options),
    sourceKey: source.key,
    source: source.source,
    restart: setting.restart,
    newSpec: {
      name: source.name,
      layout: source.layout,
      plan: source.planned.plan,
      dataset: source.name,
      clockMs: now,
      skip: options.skip,
    },
    follow: source.follow,
    signal: source.signal,
  });
  const found = decideForRun({ journal, host, target }, before, decision);
  const { run } = found;
  if (found.recent.policy === 'only' && !found.nothingToSend)
    terminal.say(`Run ${run.id} sends only the recent events that run ${before.run.id} left out`);
  if (environmentId === undefined) return found;
  if (run.environmentId !== null && run.environmentId !== environmentId)
    throw new CioBulkError(
      'wrong_workspace',
      `run ${run.id} was sent to workspace ${run.environmentId}, but this key belongs to workspace ${environmentId}`,
    );
  setEnvironment(journal, run.id, environmentId);
  return found;
}

/** What is left of the run's source, within `--limit`. */
function taskOf({ layout, follow }: OpenSource, { run, spec, recent }: RecentRun, { limit }: SourceOptions) {
  return {
    layout: { ...spec.layout, path: layout.path },
    plan: spec.plan,
    from: run.checkpoint,
    reach: run.reach,
    skipRows: spec.skip,
    recent,
    follow,
    rowsMax: limit === null ? null : limit + Math.max(0, spec.skip - (run.checkpoint?.row ?? 0)),
  };
}

/** What the flags mean for the rows: another meaning is another run. */
function fingerprintOf({ meaning }: SourceOptions): string {
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
}

/** The first second that updates of this process may carry: after those of earlier runs, and not in the future, where later updates by others would lose. */
function timesAfter({ journal, workspace, clockAheadMs }: SendingSession, { clock }: Host): number {
  const now = Math.floor((clock.now() - clockAheadMs) / 1000);
  return Math.min(secondsUsed(journal, workspace), now) + 1;
}
