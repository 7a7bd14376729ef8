import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CioBulkError, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { settledRows } from '../domain/outcome.ts';
import { recordsOf } from '../input/records.ts';
import type { InputFile } from '../input/files.ts';
import { createImportLedger } from '../journal/import-ledger.ts';
import { runsOfSource, setEnvironment } from '../journal/runs.ts';
import { runPipeline } from '../pipeline/run.ts';
import { createProgress } from '../report/progress.ts';
import type { Terminal } from '../report/terminal.ts';
import { endRun, endWithoutRows } from './end-run.ts';
import { findOrCreateRun, type RunSpec } from './find-run.ts';
import { createLimits } from './limits.ts';
import { bytesTotalOf, openSource, type OpenSource } from './open-source.ts';
import { startReading } from './reading.ts';
import { decideOnRecent } from './recent-events.ts';
import type { SendingOptions } from './sending-flags.ts';
import { countingFromHere, type SendingSession } from './session.ts';
import { showPlan } from './show-plan.ts';
import type { SourceOptions } from './source-flags.ts';
import { undeliveredLines } from './undelivered-lines.ts';

export interface ImportSetting {
  readonly session: SendingSession;
  readonly source: SourceOptions;
  readonly sending: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
  readonly journalPath: string;
  readonly restart: boolean;
}

/** One file, one run: find out what it is, find its run or begin one, send what is left, and say how it ended. */
export async function importFile(file: InputFile, setting: ImportSetting): Promise<ExitCode> {
  const place = { spoolFolder: join(dirname(setting.journalPath), 'spool'), restart: setting.restart };
  const source = await openSource(file, setting.source, setting.host, place);
  try {
    return await importSource(source, file, setting);
  } finally {
    source.release();
  }
}

async function importSource(source: OpenSource, file: InputFile, setting: ImportSetting): Promise<ExitCode> {
  const { source: options, sending, host, terminal } = setting;
  const session = countingFromHere(setting.session);
  const { journal, workspace } = session;
  const fingerprint = createHash('sha256').update(JSON.stringify(options.meaning)).digest('hex');
  const recent = await decideOnRecent(source, { allowTriggers: sending.allowTriggers, skipRecent: options.skipRecent, isSandbox: session.target.isSandbox }, host);
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
  const { run, spec, nothingToSend } = await findOrCreateRun({
    journal, terminal, workspace, fingerprint,
    sourceKey: source.key, source: source.source, environmentId: session.environmentId, restart: setting.restart, now: host.clock.now(),
    newSpec: (): RunSpec => ({ name: source.name, layout: source.layout, plan: source.planned.plan, dataset: source.name, clockMs: host.clock.now(), skip: options.skip }),
  }); // prettier-ignore
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
    from: run.checkpoint,
    skipRows: spec.skip,
    recent,
    follow: source.follow,
    name: file.name,
    rowsMax: options.limit === null ? null : options.limit + (run.checkpoint === null ? spec.skip : 0),
  });
  const limits = createLimits(sending, host);
  source.spooled.catch(limits.fail);
  const bytesTotal = await bytesTotalOf(source);
  const progress = createProgress(terminal, host.clock, file.name);
  try {
    const end = await runPipeline({
      chunks: reading,
      isComplete: reading.isComplete,
      onSpent: reading.giveBack,
      ledger,
      courier: session.courier,
      findRecords: (chunk, indexes) => recordsOf(spec.layout, chunk.raw, chunk.start.line, indexes),
      clock: host.clock,
      concurrency: sending.concurrency,
      requestsTaken: session.requestsTaken,
      batchRowsMax: sending.rowsPerSecond > 0 ? Math.max(1, Math.min(sending.batchRows, Math.floor(sending.rowsPerSecond))) : sending.batchRows,
      batchBytesMax: sending.batchBytes,
      stopping: limits.stopping,
      onUndelivered: undeliveredLines(terminal, run.id, file.name),
      onProgress(now) {
        limits.check(now);
        const undelivered = now.tally.failed + now.tally.rejected + now.tally.invalid + now.tally.unclear;
        progress.update({ done: now.offset, total: bytesTotal, rowsSettled: settledRows(now.tally), rowsRead: now.rowsRead, undelivered, requests: session.traffic().requests });
      },
    });
    progress.stop();
    if (end.finished) await source.discard();
    return endRun({ terminal, run, end, host, session, startedAt, settledBefore, stop: limits.reason(), limit: options.limit, warnings: reading.warnings() });
  } catch (error) {
    progress.stop();
    endRun({ terminal, run, host, session, startedAt, settledBefore, error, warnings: reading.warnings() });
    throw error;
  } finally {
    limits.close();
  }
}
