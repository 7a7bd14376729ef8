import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { RawRow, RowBlock } from '../../domain/block.ts';
import { NEW_BUFFERS, type Buffers } from '../../domain/buffers.ts';
import type { Position } from '../../domain/chunk.ts';
import type { CioBulkError } from '../../domain/errors.ts';
import type { SourceLayout } from '../../domain/plan.ts';
import { type Extents, SHAPE } from './extents.ts';
import { LIMITS, type Limits, OVERSIZE_SHOWN_BYTES } from './limits.ts';
import { createSplitter } from './records.ts';
import { assertReach, assertSame, type Passage, seek } from './places.ts';
import { isBlankBehind, skipLine } from '../bytes/passing.ts';
import { undecodable } from '../detect/refusals.ts';
import { createRowReader } from './rows.ts';
import { openWindow, type Window } from '../bytes/window.ts';

/** A file that was written to within this time may be in the middle of being written. */
const YOUNG_MS = 60_000;

export interface BlockOptions {
  readonly signal?: AbortSignal;
  /** Read on while the file grows, until `<path>.done` exists. */
  readonly follow?: boolean;
  /** What messages call the source; by default the base name of its path. */
  readonly name?: string;
  /** Where the text of blocks is kept; new buffers by default. */
  readonly buffers?: Buffers;
  /** How far an earlier process has named rows by number: the text up to there must be the one of then. */
  readonly reach?: Position | null;
  /** How long a file whose last line has no end is given to end it, since it was written to last. */
  readonly patienceMs?: number;
  /** The last line counts as it stands: it is neither waited for nor left for another time, however young the file is. */
  readonly isLastLineFinal?: boolean;
  /** For tests, which force blocks to end everywhere. */
  readonly limits?: Limits;
}

/**
 * Reads a source from a position on, or from its first row. There is always exactly one last block, if need be without
 * rows; others may be without rows too (a stretch of blank lines). `raw` is in an ArrayBuffer of its own. A record over the
 * limit is a block by itself, whose `raw` holds only the beginning of it.
 *
 * Throws CioBulkError: input_changed when the text before `from` is not the text that was read then; input_undecodable when
 * the data ends in the middle or is damaged, after the rows before that place; input_missing, input_unreadable. When the
 * signal aborts it throws the signal's reason.
 */
export async function* openBlocks(
  layout: SourceLayout,
  from: Position | null,
  options: BlockOptions = {},
): AsyncGenerator<RowBlock, void, void> {
  const name = options.name ?? basename(layout.path);
  const { follow = false, signal, patienceMs } = options;
  const window = openWindow(layout, {
    follow,
    signal,
    patienceMs,
    ...(options.isLastLineFinal === true ? {} : { watchAs: name }),
  });
  const reading: Reading = {
    window,
    hash: createHash('sha256'),
    layout,
    limits: options.limits ?? LIMITS,
    name,
    buffers: options.buffers ?? NEW_BUFFERS,
  };
  try {
    const start = await seek(reading, from);
    if (options.reach) await assertReach(reading, start, options.reach);
    yield* blocksFrom(reading, start);
  } finally {
    await window.close();
  }
}

/** The place before the first row: what stands there is the header, whose bytes a run must find again. */
export async function firstPosition(
  layout: SourceLayout,
  options: Pick<BlockOptions, 'follow' | 'signal' | 'name'> = {},
): Promise<Position> {
  const window = openWindow(layout, { follow: options.follow ?? false, signal: options.signal });
  try {
    return await seek(
      { window, hash: createHash('sha256'), layout, name: options.name ?? basename(layout.path) },
      null,
    );
  } finally {
    await window.close();
  }
}

interface Reading extends Passage {
  readonly limits: Limits;
  readonly buffers: Buffers;
}

async function* blocksFrom(reading: Reading, first: Position): AsyncGenerator<RowBlock, void, void> {
  const { window, layout, limits, name } = reading;
  const { watch } = window;
  const split = createSplitter(layout, limits);
  const readRows = createRowReader(layout);
  let start = first;
  let wanted = limits.blockBytes + 1;
  for (;;) {
    await window.fill(wanted);
    if (watch?.wasTouched()) await assertSame(reading, start);
    const found = split(window.bytes(), window.isEnded());
    if (found.oversize && layout.jsonArray) throw endless(name, start, found, window);
    if (found.oversize) {
      const { one, ...block } = await takeOversized(reading, start, found);
      yield { ...block, rows: readRows(block.raw, one, false) };
      if (block.isLast) return;
      start = block.end;
      continue;
    }
    const isAll = found.closed || (window.isEnded() && found.consumed === window.bytes().length);
    if (found.consumed === 0 && !isAll) {
      window.throwIfBroken();
      if (window.isEnded()) throw new Error(`no record found in the last bytes of ${name}`);
      wanted = Math.max(window.bytes().length * 2, limits.blockBytes + 1);
      continue;
    }
    wanted = limits.blockBytes + 1;
    if (!isAll) {
      const { raw, end } = take(reading, start, {
        bytes: found.consumed,
        rows: found.count,
        lines: found.consumedLines,
      });
      yield { start, end, raw, rows: readRows(raw, found, false), isLast: false, isPlain: found.isPlain };
      start = end;
      continue;
    }
    const rows = readRows(window.bytes().subarray(0, found.consumed), found, true);
    const block = takeLast(reading, start, found, rows);
    const problem = layout.jsonArray ? await arrayEndProblem(window, found, name) : undefined;
    if (watch?.hasGrown() || watch?.wasTouched()) await assertSame(reading, block.end);
    yield { ...block, isLast: problem === undefined };
    if (problem !== undefined) throw problem;
    return;
  }
}

/** Moves this much text out of the window. */
function take(
  { window, hash, buffers }: Reading,
  start: Position,
  { bytes, rows, lines }: { readonly bytes: number; readonly rows: number; readonly lines: number },
): { raw: Buffer; end: Position } {
  const raw = ownCopy(window.bytes().subarray(0, bytes), buffers);
  window.drop(bytes);
  hash.update(raw);
  return {
    raw,
    end: {
      row: start.row + rows,
      line: start.line + lines,
      offset: start.offset + bytes,
      hash: hash.copy().digest('hex'),
    },
  };
}

/**
 * The last block of a source. Its last row may have no line end, which is legal, and may be half a row: the place before it is
 * remembered. One that nobody can read, in a file written to within the last minute, is left for the next run: it is being written.
 */
function takeLast(reading: Reading, start: Position, found: Extents, rows: RawRow[]): Omit<RowBlock, 'isLast'> {
  const { window, layout } = reading;
  const { watch } = window;
  const last = found.count - 1;
  const lastStart = found.starts[last] ?? 0;
  const isFault = isFaulty(rows[last]);
  const isUnended =
    last >= 0 &&
    !layout.jsonArray &&
    found.ends[last] === window.bytes().length &&
    (layout.format !== 'ndjson' || isFault);
  if (!isUnended) {
    const { raw, end } = take(reading, start, { bytes: found.consumed, rows: found.count, lines: found.consumedLines });
    return { start, end, raw, rows };
  }
  const before = reading.hash.copy().update(window.bytes().subarray(0, lastStart)).digest('hex');
  const unended: Position = {
    row: start.row + last,
    line: start.line + (found.lines[last] ?? 0),
    offset: start.offset + lastStart,
    hash: before,
  };
  if (isFault && layout.compression === 'none' && watch !== undefined && watch.ageMs() < YOUNG_MS) {
    const { raw, end } = take(reading, start, { bytes: lastStart, rows: last, lines: found.lines[last] ?? 0 });
    return { start, end, raw, rows: rows.slice(0, last), isHeldBack: true };
  }
  const { raw, end } = take(reading, start, { bytes: found.consumed, rows: found.count, lines: found.consumedLines });
  return { start, end, raw, rows, unended };
}

function isFaulty(row: RawRow | undefined): boolean {
  return row !== undefined && !Array.isArray(row) && 'fault' in row;
}

/** A record over the limit: of it only the beginning is kept. */
async function takeOversized(
  { window, hash, limits, layout, buffers }: Reading,
  start: Position,
  found: Extents,
): Promise<Omit<RowBlock, 'rows' | 'raw'> & { readonly raw: Buffer; readonly one: Extents }> {
  const shown = Math.min(OVERSIZE_SHOWN_BYTES, limits.recordBytesMax);
  const raw = ownCopy(window.bytes().subarray(0, shown), buffers);
  const offset = start.offset + (await skipLine(window, hash, layout.format !== 'ndjson'));
  const end = { row: start.row + 1, line: start.line + 1, offset, hash: hash.copy().digest('hex') };
  const one = {
    ...found,
    count: 1,
    starts: Uint32Array.of(0),
    ends: Uint32Array.of(raw.length),
    shapes: Uint8Array.of(SHAPE.tooLong),
  };
  return { start, end, raw, one, isLast: window.isEnded() && window.bytes().length === 0 };
}

function endless(name: string, start: Position, found: Extents, window: Window): CioBulkError {
  const isEnded = window.isEnded();
  const before = /^[\s,]*/.exec(window.bytes().toString('latin1', found.consumed, found.consumed + 65_536))?.[0] ?? '';
  const line = start.line + found.consumedLines + before.split('\n').length;
  const element = `element ${(start.row + 1).toLocaleString('en-US')} of its array, on line ${line},`;
  return undecodable(
    name,
    isEnded ? `is cut off: ${element} never ends` : `has an element over 16 MiB: ${element} does not end before`,
    'mend it there; the rows before are good',
  );
}

/** Behind a JSON array only white space may follow; and an array must have its end, or the file is not whole. */
async function arrayEndProblem(window: Window, found: Extents, name: string): Promise<CioBulkError | undefined> {
  if (!found.closed)
    return undecodable(
      name,
      'is cut off: its JSON array has no closing bracket',
      'copy or download it again; the rows before are good',
    );
  if (await isBlankBehind(window, 1)) return undefined;
  return undecodable(name, 'has text behind the end of its JSON array', 'give it as NDJSON, one object per line');
}

function ownCopy(bytes: Buffer, buffers: Buffers): Buffer {
  const copy = Buffer.from(buffers.take(bytes.length), 0, bytes.length);
  bytes.copy(copy);
  return copy;
}
