import { operationBytes, type InvalidRow, type PreparedChunk } from '../domain/chunk.ts';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { EMPTY_TALLY } from '../domain/outcome.ts';
import { personsOf } from '../domain/person.ts';
import { recentSinceSeconds } from '../domain/recent.ts';
import { createLaneWriter, type LaneOperation } from '../fleet/lane-writer.ts';
import type { InputFile } from '../input/bytes/files.ts';
import { createProgress } from '../output/progress.ts';
import { showSummary } from '../output/summary.ts';
import type { Terminal } from '../output/terminal.ts';
import { createBuffer, type Buffer } from '../producer/buffer.ts';
import { ProducerError } from '../producer/producer-error.ts';
import { withSample, type OpenSource } from '../reading/open-source.ts';
import type { SourceOptions } from '../reading/options.ts';
import type { ReadingTask } from '../reading/prepared-chunks.ts';
import { startReading } from '../reading/start-reading.ts';
import { withProducerSession, type ProducerSession } from '../session/fleet-session.ts';
import { SENDING_DEFAULTS } from '../session/options.ts';
import { assertConfirmable, confirmAction } from './confirm-action.ts';
import { eachFile } from './each-file.ts';
import { createInspection, type Inspection } from './inspect/inspection.ts';
import { showPlan } from './show-plan.ts';

/** Redis is given so much time for each operation. */
const TIMEOUT_MS = 30_000;

export interface EnqueueSetting {
  readonly source: SourceOptions;
  readonly redisUrl: string | undefined;
  readonly envFile: string | undefined;
  readonly pendingMax: number;
  /** --yes: no question before people are deleted or suppressed. */
  readonly isConfirmed: boolean;
  readonly host: Host;
  readonly terminal: Terminal;
}

/** Puts the rows of files into the lanes of a workspace, mapped as an import would map them. */
export function enqueueFiles(files: readonly InputFile[], setting: EnqueueSetting): Promise<ExitCode> {
  const { source, host, terminal } = setting;
  assertConfirmable(source.plan.action ?? source.plan.map?.action ?? 'identify', setting.isConfirmed, host);
  return withProducerSession(setting, (session) =>
    eachFile(
      files,
      terminal,
      (file) => withSample(file, source, host, (opened) => enqueueFile(opened, file.name, session, setting)),
      (code) => !host.stopping.aborted && code !== EXIT.unfinished,
    ),
  );
}

async function enqueueFile(
  source: OpenSource,
  name: string,
  session: ProducerSession,
  setting: EnqueueSetting,
): Promise<ExitCode> {
  const { host, terminal } = setting;
  const startedAt = host.clock.monotonic();
  showPlan(source, terminal, terminal.say);
  if (source.hopeless) throw source.hopeless;
  await confirmAction(source, setting.source, setting.isConfirmed, host);
  const task = taskOf(source, name, session, setting);
  const inspection = createInspection(task, { ...ESTIMATE, rate: 0 }, terminal);
  const end = (error?: unknown): ExitCode => {
    const exitCode = exitCodeOf(inspection, error, host);
    showEnd(source.source, inspection, { durationMs: host.clock.monotonic() - startedAt, exitCode }, terminal);
    return exitCode;
  };
  try {
    await enqueueRows(source, task, { inspection, session, setting });
  } catch (error) {
    end(error);
    if (host.stopping.aborted) return host.stopCode() ?? EXIT.ok;
    throw error;
  }
  return end();
}

const ESTIMATE = {
  batchRowsMax: SENDING_DEFAULTS.batchRows,
  batchBytesMax: SENDING_DEFAULTS.batchBytes,
  rowsPerSecond: 0,
};

function taskOf(
  { layout, planned, name: dataset, follow }: OpenSource,
  name: string,
  { workspace }: ProducerSession,
  { source, host }: EnqueueSetting,
): ReadingTask {
  const now = host.clock.now();
  return {
    layout,
    plan: planned.plan,
    identity: { target: workspace, dataset, clockMs: now },
    timesFrom: Math.floor(now / 1000),
    from: null,
    skipRows: source.skip,
    recent: { policy: source.skipRecent ? 'skip' : 'allow', sinceSeconds: recentSinceSeconds(now) },
    follow,
    name,
    rowsMax: source.limit === null ? null : source.limit + source.skip,
  };
}

async function enqueueRows(
  source: OpenSource,
  task: ReadingTask,
  {
    inspection,
    session: { link, keys },
    setting: { host, terminal, pendingMax },
  }: {
    readonly inspection: Inspection;
    readonly session: ProducerSession;
    readonly setting: EnqueueSetting;
  },
): Promise<void> {
  const buffer = createBuffer(createLaneWriter(link, keys, pendingMax), host.clock, TIMEOUT_MS);
  const progress = createProgress(terminal, host.clock, task.name);
  const reading = startReading(task, source.signal);
  let before: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of reading) {
      const ours = withoutSingles(chunk);
      const added = addAll(ours, buffer);
      added.catch(() => undefined); // awaited one chunk later
      await before; // one chunk is prepared while Redis takes the one before it
      before = added;
      inspection.add(ours, reading.eventCount());
      reading.giveBack(chunk);
      const rows = inspection.rows();
      const undelivered = inspection.problems.total();
      progress.update({ rowsTotal: null, rowsSettled: rows, rowsRead: rows, undelivered, requests: 0 });
    }
    await before;
  } catch (error) {
    throw error instanceof ProducerError ? refusal(error) : error;
  } finally {
    progress.stop();
    await buffer.close();
  }
}

/** A lane holds v2 operations: an event that would go by a request of its own is too large for one. */
function withoutSingles(chunk: PreparedChunk): PreparedChunk {
  const { singles, rows } = chunk.operations;
  if (singles.size === 0) return chunk;
  const tooLong = [...singles.keys()].map((index): InvalidRow => ({
    index: rows[index] ?? 0,
    code: 'too_long',
    message: 'the event is too large for a batch, and workers send nothing else',
  }));
  return { ...chunk, invalid: [...chunk.invalid, ...tooLong].toSorted((a, b) => a.index - b.index) };
}

async function addAll({ operations }: PreparedChunk, buffer: Buffer): Promise<void> {
  const taken: Promise<void>[] = [];
  for (let index = 0; index < operations.count; index++)
    if (!operations.singles.has(index)) taken.push(buffer.add(operationOf(operations, index)));
  await Promise.all(taken);
}

const decoder = new TextDecoder();

function operationOf(operations: PreparedChunk['operations'], index: number): LaneOperation {
  const text = decoder.decode(operationBytes(operations, index));
  return { orderingKey: personsOf(text)[0] ?? '', text };
}

function refusal({ code, message }: ProducerError): CioBulkError {
  return code === 'full'
    ? new CioBulkError('fleet_full', `${message}, and --max-pending allows no more`, {
        hint: 'run the same command again when workers have sent some: events that are already there count once',
      })
    : new CioBulkError('redis_unreachable', message, {
        hint: 'run the same command again when Redis is back: events that are already there count once',
      });
}

function exitCodeOf(inspection: Inspection, error: unknown, host: Host): ExitCode {
  const stopped = host.stopping.aborted ? host.stopCode() : undefined;
  if (stopped !== undefined) return stopped;
  if (error !== undefined) return error instanceof CioBulkError ? error.exitCode : EXIT.bug;
  return inspection.problems.total() > 0 ? EXIT.undelivered : EXIT.ok;
}

/** What is in the lanes is pending: nobody has sent it yet. */
function showEnd(
  source: string,
  inspection: Inspection,
  { durationMs, exitCode }: { readonly durationMs: number; readonly exitCode: ExitCode },
  terminal: Terminal,
): void {
  const rowsRead = inspection.rows();
  const invalid = inspection.problems.total();
  const skipped = Object.values(inspection.skipped()).reduce((a, b) => a + b, 0);
  showSummary(terminal, {
    run: null,
    source,
    rowsRead,
    tally: { ...EMPTY_TALLY, invalid, skipped },
    pending: rowsRead - invalid - skipped,
    inDoubtResent: 0,
    requests: 0,
    retries: 0,
    bytesSent: 0,
    durationMs,
    rowsSettledHere: rowsRead,
    warnings: inspection.warnings(),
    exitCode,
  });
  if (invalid > 0 && !terminal.options.json) terminal.say(`Cannot be sent:\n${inspection.problems.text()}`);
}
