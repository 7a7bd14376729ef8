import { resolve } from 'node:path';
import { CioBulkError, EXIT, type ExitCode } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import type { InputFile } from '../../input/bytes/files.ts';
import { createIdentityCheck, type IdentityCheck } from '../../mapping/checks/identity-check.ts';
import { writeMappingFile } from '../../mapping/plan/mapping-write.ts';
import { samplePayloads } from '../../mapping/plan/sample.ts';
import type { EstimateOptions } from '../../output/estimate.ts';
import { shellWord } from '../../domain/text/numbers.ts';
import { createProgress } from '../../output/progress.ts';
import { safeLine, safeText } from '../../domain/text/safe-text.ts';
import { writeWhole } from '../../output/write-lines.ts';
import type { Terminal } from '../../output/terminal.ts';
import { eachFile } from '../each-file.ts';
import { assertNoneOf } from '../not-a-source.ts';
import { createInspection, type Inspection } from './inspection.ts';
import { showInspection } from './inspection-report.ts';
import { bytesTotalOf, withSample, type OpenSource } from '../../reading/open-source.ts';
import { limitedBlocks, type ReadingTask } from '../../reading/prepared-chunks.ts';
import { startReading } from '../../reading/start-reading.ts';
import { recentSinceSeconds } from '../../domain/recent.ts';
import { createRowEstimate } from '../../reading/row-estimate.ts';
import { showPlan } from '../show-plan.ts';
import type { SourceOptions } from '../../reading/options.ts';

export interface InspectSetting {
  readonly source: SourceOptions;
  readonly host: Host;
  readonly terminal: Terminal;
  readonly estimate: EstimateOptions;
  /** The import was told what to do about recent events, or sends to a sandbox: they are counted without a warning. */
  readonly isRecentDecided: boolean;
  /** One operation of every kind, as it would be sent. */
  readonly showSamples: boolean;
  /** Where to write the plan as a mapping file. */
  readonly mapPath: string | undefined;
}

/** `validate` and `import --dry-run`: everything that an import does before it sends, for each file. Nothing is sent or journalled. */
export function inspectFiles(files: readonly InputFile[], setting: InspectSetting): Promise<ExitCode> {
  return eachFile(
    files,
    setting.terminal,
    (file) => inspectFile(file, setting),
    () => !setting.host.stopping.aborted,
  );
}

function inspectFile(file: InputFile, setting: InspectSetting): Promise<ExitCode> {
  return withSample(file, setting.source, setting.host, async (source) => {
    const { terminal, host } = setting;
    showPlan(source, terminal, terminal.data);
    if (setting.mapPath !== undefined) {
      assertNoneOf(resolve(host.cwd, setting.mapPath), `--write-map ${setting.mapPath}`, [
        { path: file.path, what: `${safeLine(file.name)}, which it is made from` },
      ]);
      writeMap(resolve(host.cwd, setting.mapPath), setting.mapPath, source, setting);
    }
    if (setting.showSamples) showSamples(source, terminal);
    const sinceSeconds = recentSinceSeconds(host.clock.now());
    const task: ReadingTask = {
      layout: source.layout,
      plan: source.planned.plan,
      identity: { target: '', dataset: source.name, clockMs: host.clock.now() },
      timesFrom: 0,
      from: null,
      skipRows: setting.source.skip,
      recent: { policy: setting.source.skipRecent ? 'skip' : 'guard', sinceSeconds },
      follow: source.follow,
      name: file.name,
      rowsMax: setting.source.limit === null ? null : setting.source.limit + setting.source.skip,
    };
    const inspection = createInspection(task, setting.estimate, terminal);
    const identities = createIdentityCheck(source.planned.plan, source.layout.header);
    const startedAt = host.clock.monotonic();
    const end = (error?: unknown): ExitCode => {
      const exitCode = exitCodeOf(inspection, error, host);
      showInspection(terminal, {
        inspection,
        identityWarnings: identities.warnings(),
        source: source.source,
        kind: source.planned.plan.kind,
        durationMs: host.clock.monotonic() - startedAt,
        rate: setting.estimate.rate,
        isRecentDecided: setting.isRecentDecided,
        exitCode,
      });
      return exitCode;
    };
    try {
      await lookAtAll({ source, task, inspection, identities }, setting);
    } catch (error) {
      const exitCode = end(error); // what was found up to here is worth knowing
      if (host.stopping.aborted) return exitCode;
      throw error;
    }
    const exitCode = end(source.hopeless ?? undefined);
    if (source.hopeless !== null && !host.stopping.aborted) sayWhy(source.hopeless, terminal);
    return exitCode;
  });
}

interface Look {
  readonly source: OpenSource;
  readonly task: ReadingTask;
  readonly inspection: Inspection;
  readonly identities: IdentityCheck;
}

/**
 * Reads the source twice at the same time, which takes no longer than once: the reading thread prepares the rows, as in an import,
 * while this thread compares the identifiers of all rows, for which it needs their cells.
 */
async function lookAtAll(look: Look, setting: InspectSetting): Promise<void> {
  // Both fail where the source cannot be read any further: first, the rows before that place are counted.
  const looks = [lookAtRows(look, setting), lookAtIdentities(look)];
  for (const look of await Promise.allSettled(looks)) if (look.status === 'rejected') throw look.reason;
}

async function lookAtRows({ source, task, inspection }: Look, { host, terminal }: InspectSetting): Promise<void> {
  const estimate = createRowEstimate({ bytesTotal: await bytesTotalOf(source), rowsMax: task.rowsMax });
  const progress = createProgress(terminal, host.clock, task.name);
  const reading = startReading(task, source.signal);
  try {
    for await (const chunk of estimate.counted(reading)) {
      inspection.add(chunk, reading.eventCount());
      reading.giveBack(chunk);
      const rows = inspection.rows();
      progress.update({
        rowsTotal: estimate.rowsTotal(),
        rowsSettled: rows,
        rowsRead: rows,
        undelivered: inspection.problems.total(),
        requests: 0,
      });
    }
  } finally {
    progress.stop();
  }
}

async function lookAtIdentities({ source, task, identities }: Look): Promise<void> {
  if (!identities.isNeeded) return;
  for await (const { rows, start } of limitedBlocks(task, { signal: source.signal })) identities.add(rows, start.row);
}

function exitCodeOf(inspection: Inspection, error: unknown, host: Host): ExitCode {
  const stopped = host.stopping.aborted ? host.stopCode() : undefined;
  if (stopped !== undefined) return stopped;
  if (error !== undefined) return error instanceof CioBulkError ? error.exitCode : EXIT.bug;
  return inspection.problems.total() > 0 ? EXIT.undelivered : EXIT.ok;
}

/** The command has done its work, so this is not its error: an import would refuse the file with these words. */
function sayWhy({ message, hint }: CioBulkError, terminal: Terminal): void {
  terminal.insist(safeText(message));
  if (hint !== undefined) terminal.insist(safeText(hint));
}

function showSamples(source: OpenSource, terminal: Terminal): void {
  const spec = {
    layout: source.layout,
    plan: source.planned.plan,
    identity: { target: '', dataset: source.name, clockMs: 0 },
  };
  for (const { kind, row, operation, single } of samplePayloads(spec, source.sample)) {
    const route = single ? `${single.method} ${single.path}` : 'in a v2 batch';
    terminal.data(`\nSample: ${kind} (row ${row}, ${route})\n  ${safeText(operation)}`);
  }
}

function writeMap(path: string, shown: string, { planned }: OpenSource, setting: InspectSetting): void {
  writeWhole(path, `--write-map ${shown}`, writeMappingFile(planned, setting.source.file));
  setting.terminal.say(`The plan is in ${safeLine(shown)}; import with --map ${shellWord(shown)} to keep it`);
}
