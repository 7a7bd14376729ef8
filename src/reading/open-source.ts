import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RawRow } from '../domain/block.ts';
import type { Host } from '../domain/host.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { openBlocks } from '../input/records/blocks.ts';
import type { InputFile } from '../input/bytes/files.ts';
import { detectLayout } from '../input/detect/layout.ts';
import { openPipe } from '../input/bytes/pipe.ts';
import { sourceAt } from '../input/bytes/source-at.ts';
import { removeSpool, spoolStdin } from '../input/bytes/spool.ts';
import type { PlanResult } from '../mapping/plan/plan-options.ts';
import { inferPlan } from '../mapping/plan/plan.ts';
import { CioBulkError } from '../domain/errors.ts';
import { errorCode } from '../domain/text/error-code.ts';
import { hopelessness, withLooks, type Looked } from './looks-like.ts';
import { encodingGuess } from './encoding-guess.ts';
import type { SourceOptions } from './options.ts';
import { suggestedPreset, type Suggestion } from './presets.ts';

/** The plan is decided on this many rows. */
const SAMPLE_ROWS = 1000;
/** Of a pipe that goes on, so many bad rows and no good one say that none will come. */
const HOPELESS_ROWS = 100;

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
  /** Why nothing of the sample can be sent; null when something can. */
  readonly hopeless: CioBulkError | null;
  /** The preset that the source looks made for, where no mapping was given; null when there is none. */
  readonly suggestion: Suggestion | null;
  /** A word by which people can tell whether the encoding was guessed well; null when it was no guess. */
  readonly guess: string | null;
  /** A spool that is still being written while it is read. */
  readonly follow: boolean;
  /** For reading it: aborts at a stop, and with the failure of the stream behind the spool. */
  readonly signal: AbortSignal;
  /** Rejects when the stream behind the spool cannot be used; resolves when it ended. */
  readonly spooled: Promise<void>;
  /** Stops copying the stream: who has stopped reading must not wait for its end. */
  release(): void;
  /** The run is finished: nobody needs the spool any more. */
  discard(): Promise<void>;
}

/** Where streams are kept so that they can be read again. */
export interface SpoolPlace {
  readonly spoolFolder: string;
  /** Two workspaces read the same stream each in its own time. */
  readonly workspace: string;
  /** Whether what an earlier process has kept of a stream is still wanted, by the stream's key. */
  readonly isWanted: (key: string) => boolean;
}

/** Finds out what a file or stream is and what its rows become. Streams go through a spool beside the journal. */
export async function openSource(
  file: InputFile,
  options: SourceOptions,
  host: Host,
  place: SpoolPlace,
): Promise<OpenSource> {
  const key = file.path === '-' ? `stdin:${options.dataset ?? ''}` : file.path;
  const spool = file.isStream ? await spoolFor(file, key, host, place) : undefined;
  try {
    const follow = spool !== undefined;
    const reading = { follow, name: file.name, signal: spool?.signal ?? host.stopping };
    const { format, table, encoding } = options;
    const layout = await detectLayout(spool?.path ?? file.path, { format, ...table, encoding, ...reading });
    const { sample, isEnough } = await firstRows(layout, reading);
    const suggestion = options.plan.map ? null : suggestedPreset(layout, sample);
    const looked = { layout, sample: sample.slice(options.skip), name: file.name, suggestion };
    const planned = await planOf(looked, sample, options);
    return {
      source: file.path === '-' ? 'stdin' : file.path,
      name: options.dataset ?? file.name,
      key,
      layout,
      sample,
      planned,
      hopeless: isEnough ? await hopelessness(looked, planned.plan) : null,
      suggestion,
      guess: encoding === 'auto' ? encodingGuess(layout, sample) : null,
      follow,
      signal: reading.signal,
      spooled: spool?.done ?? Promise.resolve(),
      release: () => spool?.release(),
      discard: () => (spool ? removeSpool(spool.path) : Promise.resolve()),
    };
  } catch (error) {
    spool?.release();
    throw error;
  }
}

/** Bytes of the text to read, for a progress in per cent; 0 = nobody knows before the end. */
export async function bytesTotalOf({ follow, layout }: OpenSource): Promise<number> {
  return follow || layout.compression !== 'none' || layout.encoding !== 'utf-8'
    ? 0
    : (await sourceAt(layout.path, { follow }).look()).bytes;
}

/** Like `openSource`, for a look that leaves nothing behind: a stream is kept in a temporary folder while `look` runs. */
export async function withSample<T>(
  file: InputFile,
  options: SourceOptions,
  host: Host,
  look: (source: OpenSource) => Promise<T>,
): Promise<T> {
  const spoolFolder = file.isStream ? await temporaryFolder() : '';
  try {
    const source = await openSource(file, options, host, { spoolFolder, workspace: '', isWanted: () => true });
    try {
      return await look(source);
    } finally {
      source.release();
      await source.spooled.catch(() => undefined);
    }
  } finally {
    if (file.isStream) await rm(spoolFolder, { recursive: true, force: true });
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'cio-bulk-'));
  } catch (error) {
    throw new CioBulkError(
      'output_unwritable',
      `a stream is kept in a temporary folder while it is looked at, and ${tmpdir()} does not take one (${errorCode(error) ?? 'unreadable'})`,
      {
        hint: 'name another place with TMPDIR, or look at a file',
        cause: error,
      },
    );
  }
}

interface Spool {
  readonly path: string;
  readonly done: Promise<void>;
  readonly signal: AbortSignal;
  release(): void;
}

async function spoolFor(file: InputFile, key: string, host: Host, place: SpoolPlace): Promise<Spool> {
  mkdirSync(place.spoolFolder, { recursive: true, mode: 0o700 });
  const path = join(
    place.spoolFolder,
    createHash('sha256').update(`${place.workspace}\n${key}`).digest('hex').slice(0, 16),
  );
  if (!place.isWanted(key)) await removeSpool(path);
  const releasing = new AbortController();
  const failing = new AbortController();
  const signal = AbortSignal.any([host.stopping, releasing.signal]);
  const { done } = await spoolStdin(file.path === '-' ? host.stdin : openPipe(file.path, signal), path, { signal });
  done.catch((error: unknown) => failing.abort(error)); // a reader that follows would wait for the rest for ever
  return { path, done, signal: AbortSignal.any([host.stopping, failing.signal]), release: () => releasing.abort() };
}

async function planOf(looked: Looked, sample: readonly RawRow[], options: SourceOptions): Promise<PlanResult> {
  try {
    return inferPlan(looked.layout, sample, options.plan);
  } catch (error) {
    throw await withLooks(error, looked);
  }
}

/** `isEnough`: to say of the whole source that it is hopeless. Of a pipe that has only begun nobody can. */
async function firstRows(
  layout: SourceLayout,
  reading: { readonly name: string; readonly follow: boolean; readonly signal: AbortSignal },
): Promise<{ sample: readonly RawRow[]; isEnough: boolean }> {
  const rows: RawRow[] = [];
  let isWhole = false;
  for await (const block of openBlocks(layout, null, { ...reading, isLastLineFinal: true })) {
    rows.push(...block.rows.slice(0, SAMPLE_ROWS - rows.length));
    isWhole = block.isLast;
    // A slow pipe: what came so far decides. Waiting for a thousand rows could take for ever.
    if (rows.length >= SAMPLE_ROWS || (reading.follow && rows.length > 0)) break;
  }
  return { sample: rows, isEnough: !reading.follow || isWhole || rows.length >= HOPELESS_ROWS };
}
