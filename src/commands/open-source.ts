import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RawRow } from '../domain/block.ts';
import type { Host } from '../domain/host.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { openBlocks } from '../input/blocks.ts';
import type { InputFile } from '../input/files.ts';
import { detectLayout } from '../input/layout.ts';
import { removeSpool, spoolStdin } from '../input/spool.ts';
import type { PlanResult } from '../mapping/plan-options.ts';
import { inferPlan } from '../mapping/plan.ts';
import type { SourceOptions } from './source-flags.ts';

/** The plan is decided on this many rows. */
const SAMPLE_ROWS = 1000;

/** A source that is ready to be read: its layout, its plan, and the first rows. */
export interface OpenSource {
  /** As shown to people. */
  readonly source: string;
  readonly name: string;
  /** What a run knows its source by. */
  readonly key: string;
  readonly layout: SourceLayout;
  readonly sample: readonly RawRow[];
  readonly planned: PlanResult;
  /** A spool that is still being written while it is read. */
  readonly follow: boolean;
  /** Rejects when the stream behind the spool cannot be used; resolves when it ended. */
  readonly spooled: Promise<void>;
  /** The run is finished: nobody needs the spool any more. */
  discard(): Promise<void>;
}

/** Where streams are kept so that they can be read again. */
export interface SpoolPlace {
  readonly spoolFolder: string;
  /** Forget what an earlier process has kept of this stream. */
  readonly restart: boolean;
}

/** Finds out what a file or stream is and what its rows become. Streams go through a spool beside the journal. */
export async function openSource(file: InputFile, options: SourceOptions, host: Host, place: SpoolPlace): Promise<OpenSource> {
  const key = file.path === '-' ? `stdin:${options.dataset ?? ''}` : file.path;
  const name = options.dataset ?? file.name;
  const spool = file.isStream ? await spoolFor(file, key, host, place) : undefined;
  const path = spool?.path ?? file.path;
  const layout = await detectLayout(path, {
    format: options.format,
    delimiter: options.delimiter,
    encoding: options.encoding,
    name: file.name,
    follow: spool !== undefined,
    signal: host.stopping,
  });
  const sample = await firstRows(layout, file.name, spool !== undefined, host.stopping);
  return {
    source: file.path === '-' ? 'stdin' : file.path,
    name,
    key,
    layout,
    sample,
    planned: inferPlan(layout, sample, options.plan),
    follow: spool !== undefined,
    spooled: spool?.done ?? Promise.resolve(),
    discard: () => (spool ? removeSpool(spool.path) : Promise.resolve()),
  };
}

/** Like `openSource`, for a look that leaves nothing behind: a stream is kept in a temporary folder while `look` runs. */
export async function withSample<T>(file: InputFile, options: SourceOptions, host: Host, look: (source: OpenSource) => Promise<T>): Promise<T> {
  const spoolFolder = await mkdtemp(join(tmpdir(), 'cio-bulk-'));
  try {
    return await look(await openSource(file, options, host, { spoolFolder, restart: false }));
  } finally {
    await rm(spoolFolder, { recursive: true, force: true });
  }
}

async function spoolFor(file: InputFile, key: string, host: Host, place: SpoolPlace): Promise<{ path: string; done: Promise<void> }> {
  mkdirSync(place.spoolFolder, { recursive: true, mode: 0o700 });
  const path = join(place.spoolFolder, createHash('sha256').update(key).digest('hex').slice(0, 16));
  if (place.restart) await removeSpool(path);
  const stream = file.path === '-' ? host.stdin : createReadStream(file.path);
  const { done } = await spoolStdin(stream, path, { signal: host.stopping });
  done.catch(() => undefined); // whoever runs the source waits for it; until then it must not count as unhandled
  return { path, done };
}

async function firstRows(layout: SourceLayout, name: string, follow: boolean, signal: AbortSignal): Promise<readonly RawRow[]> {
  const rows: RawRow[] = [];
  for await (const block of openBlocks(layout, null, { name, follow, signal })) {
    rows.push(...block.rows.slice(0, SAMPLE_ROWS - rows.length));
    // A slow pipe: what came so far decides. Waiting for a thousand rows could take for ever.
    if (rows.length >= SAMPLE_ROWS || (follow && rows.length > 0)) break;
  }
  return rows;
}
