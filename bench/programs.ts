/** The programs that are measured, each with its own journal, against the sink, and checked: exit code, rows, bytes. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CLI, YARDSTICK } from './paths.ts';
import { inFolder, measureNode, type Ended } from './processes.ts';
import type { ProgramFigures } from './results.ts';
import type { SinkSettings } from './sink.ts';
import type { Sink } from './sink-process.ts';

export const QUIET_SINK: SinkSettings = { latencyMs: 0, countRows: false };

/** What the summary line of the CLI says. */
export interface Summary {
  readonly rows_read: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly failed: number;
  readonly invalid: number;
  readonly skipped: number;
  readonly unclear: number;
  readonly pending: number;
  readonly requests: number;
  readonly retries: number;
  readonly bytes_sent: number;
}

export interface ImportOptions {
  readonly sink: Sink;
  readonly settings?: SinkSettings;
  readonly file: string;
  readonly rows: number;
  readonly flags?: readonly string[];
  readonly nodeArgs?: readonly string[];
}

export function cliEnvironment(sink: Pick<Sink, 'url'>): Record<string, string> {
  return { CUSTOMERIO_SITE_ID: 'bench', CUSTOMERIO_TRACK_API_KEY: 'bench', CUSTOMERIO_TRACK_URL: sink.url };
}

export function importArgs(file: string, folder: string, flags: readonly string[]): string[] {
  return [CLI, 'import', file, '--journal', join(folder, 'journal', 'journal.db'), '--json', '--quiet', ...flags];
}

/** `cio-bulk import` of a clean file from its start to its end. */
export async function measureImport(options: ImportOptions): Promise<ProgramFigures> {
  return inFolder((folder) => measureImportIn(folder, options));
}

export async function measureImportIn(
  folder: string,
  { sink, settings = QUIET_SINK, file, rows, flags = [], nodeArgs = [] }: ImportOptions,
): Promise<ProgramFigures> {
  await sink.reset(settings);
  const used = await measureNode(importArgs(file, folder, flags), { cwd: folder, env: cliEnvironment(sink), nodeArgs });
  const summary = summaryOf(used);
  if (summary.delivered !== rows || summary.rows_read !== rows)
    throw new Error(`${basename(file)}: ${rows} rows, and the summary says ${JSON.stringify(summary)}`);
  return figures(basename(file), used, rows, await arrived(sink, rows, summary), journalBytes(folder));
}

/** One of the ways of yardstick.ts. */
export async function measureYardstick(
  way: 'bare' | 'sdk-batch' | 'sdk-identify',
  { sink, file, rows }: Pick<ImportOptions, 'sink' | 'file' | 'rows'>,
): Promise<ProgramFigures> {
  return inFolder(async (folder) => {
    await sink.reset(QUIET_SINK);
    const used = await measureNode([YARDSTICK, way, file, sink.url, String(rows)], { cwd: folder });
    const counts = await arrived(sink, rows);
    const requests = way === 'sdk-identify' ? rows : Math.ceil(rows / 1000);
    if (counts.writes !== requests)
      throw new Error(`${way} of ${basename(file)}: ${requests} requests expected, ${counts.writes} arrived`);
    return figures(basename(file), used, rows, counts, null);
  });
}

export function summaryOf({ stdout }: Pick<Ended, 'stdout'>): Summary {
  const line = stdout.split('\n').find((text) => text.startsWith('{"type":"summary"'));
  if (line === undefined) throw new Error(`no summary in ${stdout.slice(-1000)}`);
  return JSON.parse(line) as Summary;
}

/** Everything in the folder of the journal: database, WAL, shared memory, and whatever else was left behind. */
export function journalBytes(folder: string): number {
  const journal = join(folder, 'journal');
  return existsSync(journal)
    ? readdirSync(journal).reduce((sum, name) => sum + statSync(join(journal, name)).size, 0)
    : 0;
}

/** What the sink has seen, held against what the sender says. */
async function arrived(
  sink: Sink,
  rows: number,
  summary?: Summary,
): Promise<{ writes: number; bodyBytes: number; seconds: number }> {
  const { writes, bodyBytes, rows: counted, firstWriteAt, lastWriteAt } = await sink.counts();
  if (counted !== null && counted !== rows) throw new Error(`${rows} rows were sent, and ${counted} arrived`);
  if (summary && bodyBytes !== summary.bytes_sent)
    throw new Error(`${summary.bytes_sent} bytes were sent, and ${bodyBytes} arrived`);
  if (firstWriteAt === null || lastWriteAt === null) throw new Error('nothing arrived');
  return { writes, bodyBytes, seconds: (lastWriteAt - firstWriteAt) / 1000 };
}

function figures(
  file: string,
  {
    startedAt,
    endedAt,
    cpuSeconds,
    peakRssBytes,
  }: { startedAt: number; endedAt: number; cpuSeconds: number; peakRssBytes: number },
  rows: number,
  { writes, bodyBytes, seconds }: { writes: number; bodyBytes: number; seconds: number },
  journal: number | null,
): ProgramFigures {
  const wallSeconds = (endedAt - startedAt) / 1000;
  return {
    file,
    rows,
    wallSeconds,
    sendingSeconds: seconds,
    cpuSeconds,
    peakRssBytes,
    journalBytes: journal,
    requests: writes,
    bodyBytes,
  };
}
