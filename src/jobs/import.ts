import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CioBulkError, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { settledRows } from '../domain/outcome.ts';
import { recordsOf } from '../input/records/records.ts';
import type { InputFile } from '../input/bytes/files.ts';
import { createImportLedger } from '../journal/import-ledger.ts';
import { runsOfSource, secondsUsed, setEnvironment } from '../journal/runs.ts';
import { runPipeline } from '../pipeline/run.ts';
import type { Waiting } from '../domain/waiting.ts';
import { createProgress } from '../output/progress.ts';
import type { Terminal } from '../output/terminal.ts';
import { confirmAction } from './confirm-action.ts';
import { showError } from '../output/show-error.ts';
import { endRun, endWithoutRows } from './end-run.ts';
import { findOrCreateRun } from './find-run.ts';
import { createLimits, stoppingAt, type Limits } from './limits.ts';
import { bytesTotalOf, openSource, type OpenSource, type SpoolPlace } from '../reading/open-source.ts';
import { startReading } from '../reading/start-reading.ts';
import { decideOnRecent } from './recent-events.ts';
import { createRowEstimate } from '../reading/row-estimate.ts';
import { sameCommand } from '../output/same-command.ts';
import type { SendingOptions } from '../session/options.ts';
import { countingFromHere, type SendingSession } from '../session/session.ts';
import { showPlan } from './show-plan.ts';
import { decideForRun } from './skipped-recent.ts';
import type { SourceOptions } from '../reading/options.ts';
import { undeliveredLines } from '../output/undelivered-lines.ts';

export interface ImportSetting {
  readonly session: SendingSession;
  readonly source: SourceOptions;
  readonly sending: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
  readonly journalPath: string;
  readonly restart: boolean;
  /** --yes: deleting and suppressing are not asked about. */
  readonly isConfirmed: boolean;
  /** Monotonic. */
  readonly startedAt: number;
}

/** One file, one run: find out what it is, find its run or begin one, send what is left, and say how it ended. */
export async function importFile(file: InputFile, setting: ImportSetting): Promise<ExitCode> {
  const { host, terminal } = setting;
  const { journal, workspace } = setting.session;
  const place: SpoolPlace = {
    spoolFolder: join(dirname(setting.journalPath), 'spool'),
    workspace,
    // One that no run waits for was left behind, by a process that died before the run began or after it had ended.
    isWanted: (key) => !setting.restart && runsOfSource(journal, key, workspace).some(({ state }) => state === 'open'),
  };
  const limits = createLimits(setting.sending, host, setting.startedAt);
  try {
    const source = await openPatiently(file, setting, () => openSource(file, setting.source, stoppingAt(host, limits), place));
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

/** A pipe may say nothing for a long time: that is told. */
async function openPatiently(file: InputFile, { host, terminal }: ImportSetting, open: () => Promise<OpenSource>): Promise<OpenSource> {
  if (!file.isStream) return open();
  const since = host.clock.monotonic();
  const progress = createProgress(terminal, host.clock, file.name, { waitingFor: () => ({ state: 'input', reason: `data from ${file.name}`, since, until: null }) });
  try {
    return await open();
  } finally {
    progress.stop();
  }
}

async function importSource(source: OpenSource, file: InputFile, setting: ImportSetting, limits: Limits): Promise<ExitCode> {
  const { source: options, sending, host, terminal } = setting;
  const session = countingFromHere(setting.session);
  const { journal, workspace } = session;
  const fingerprint = createHash('sha256').update(JSON.stringify(options.meaning)).digest('hex');
  const decision = await decideOnRecent(source, { allowTriggers: sending.allowTriggers, skipRecent: options.skipRecent, isSandbox: session.target.isSandbox }, host);
  showPlan(terminal, terminal.say, source.source, source.layout, source.guess, { ...source.planned, warnings: [...source.planned.warnings, ...source.planned.identityWarnings] });
  if (source.sample.length === 0 && runsOfSource(journal, source.key, workspace).length === 0) {
    await source.discard();
    return endWithoutRows(terminal, source.source, session); // no run: what the file holds later is not decided by an empty sample
  }
  if (source.hopeless !== null && !runsOfSource(journal, source.key, workspace).some((run) => run.fingerprint === fingerprint)) {
    source.release();
    await source.spooled.catch(() => undefined);
    await source.discard(); // no run of it, and nothing to resume: the command comes again with another flag
    throw source.hopeless;
  }
  await confirmAction(source, options, setting.isConfirmed, host);
  const timesFrom = secondsUsed(journal, workspace) + 1;
  const found = await findOrCreateRun({
    journal, terminal, workspace, fingerprint,
    sourceKey: source.key, source: source.source, environmentId: session.environmentId, restart: setting.restart, now: host.clock.now(),
    newSpec: { name: source.name, layout: source.layout, plan: source.planned.plan, dataset: source.name, clockMs: host.clock.now(), skip: options.skip },
    follow: source.follow, signal: source.signal,
  }); // prettier-ignore
  const { run, spec, nothingToSend, recent } = decideForRun({ journal, host, target: session.target }, found, decision);
  if (recent.policy === 'only' && !nothingToSend) terminal.say(`Run ${run.id} sends the recent events that run ${found.run.id} left out, and nothing else`);
  if (run.environmentId !== null && session.environmentId !== undefined && run.environmentId !== session.environmentId)
    throw new CioBulkError('wrong_workspace', `run ${run.id} has sent to workspace ${run.environmentId}, and this key belongs to workspace ${session.environmentId}`);
  if (session.environmentId !== undefined) setEnvironment(journal, run.id, session.environmentId);
  if (nothingToSend) {
    await source.discard();
    return endRun({ terminal, run, note: 'Nothing to send: this file was sent before, and nothing was added', host, session });
  }

  const startedAt = host.clock.monotonic();
  const settledBefore = settledRows(run.tally);
  const ledger = createImportLedger(journal, run.id, host.clock.now);
  const reading = startReading({
    layout: { ...spec.layout, path: source.layout.path },
    plan: spec.plan,
    identity: { target: workspace, dataset: spec.dataset, clockMs: spec.clockMs },
    timesFrom,
    from: run.checkpoint,
    reach: run.reach,
    skipRows: spec.skip,
    recent,
    follow: source.follow,
    name: file.name,
    rowsMax: options.limit === null ? null : options.limit + Math.max(0, spec.skip - (run.checkpoint?.row ?? 0)),
  });
  source.spooled.catch(limits.fail);
  const estimate = createRowEstimate({ bytesTotal: await bytesTotalOf(source), rowsMax: options.limit });
  let settledAt: number | undefined; // everything that came was settled by then
  const waitingFor = (): Waiting | undefined => session.waiting() ?? (source.follow && settledAt !== undefined ? { state: 'input', reason: `more data from ${file.name}`, since: settledAt, until: null } : undefined);
  const progress = createProgress(terminal, host.clock, file.name, { rowsBefore: settledBefore, waitingFor });
  try {
    const end = await runPipeline({
      chunks: estimate.counted(reading),
      isComplete: reading.isComplete,
      onSpent: reading.giveBack,
      ledger,
      courier: session.courier,
      findRecords: (chunk, indexes) => recordsOf(spec.layout, chunk, indexes),
      clock: host.clock,
      concurrency: sending.concurrency,
      requestsTaken: session.requestsTaken,
      batchRowsMax: sending.batchRows,
      batchBytesMax: sending.batchBytes,
      stopping: limits.stopping,
      onUndelivered: undeliveredLines(terminal, run.id, file.name),
      onProgress(now) {
        limits.check(now);
        const undelivered = now.tally.failed + now.tally.rejected + now.tally.invalid + now.tally.unclear;
        settledAt = now.pending === 0 ? host.clock.monotonic() : undefined;
        progress.update({ rowsTotal: estimate.rowsTotal(), rowsSettled: settledRows(now.tally), rowsRead: now.rowsRead, undelivered, requests: session.traffic().requests });
      },
    });
    progress.stop();
    if (end.finished) await source.discard();
    return endRun({ terminal, run, end, host, session, startedAt, settledBefore, stop: limits.reason(), limit: options.limit, warnings: reading.warnings() });
  } catch (error) {
    progress.stop();
    endRun({ terminal, run, host, session, startedAt, settledBefore, error, warnings: reading.warnings() });
    throw error;
  }
}
