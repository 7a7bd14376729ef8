import { createHash, type Hash } from 'node:crypto';
import { basename } from 'node:path';
import type { RowBlock } from '../domain/block.ts';
import { NEW_BUFFERS, type Buffers } from '../domain/buffers.ts';
import type { Position } from '../domain/chunk.ts';
import type { CioBulkError } from '../domain/errors.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { type Extents, SHAPE } from './extents.ts';
import { LIMITS, type Limits, OVERSIZE_SHOWN_BYTES } from './limits.ts';
import { createSplitter } from './records.ts';
import { changed, undecodable } from './refusals.ts';
import { createRowReader } from './rows.ts';
import { openWindow, type Window } from './window.ts';

export interface BlockOptions {
  readonly signal?: AbortSignal;
  /** Read on while the file grows, until `<path>.done` exists. */
  readonly follow?: boolean;
  /** What messages call the source; by default the base name of its path. */
  readonly name?: string;
  /** Where the text of blocks is kept; new buffers by default. */
  readonly buffers?: Buffers;
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
export async function* openBlocks(layout: SourceLayout, from: Position | null, options: BlockOptions = {}): AsyncGenerator<RowBlock, void, void> {
  const limits = options.limits ?? LIMITS;
  const name = options.name ?? basename(layout.path);
  const hash = createHash('sha256');
  const window = openWindow(layout, options.follow ?? false, options.signal);
  try {
    const start = await seek(window, hash, layout, from, name);
    yield* blocksFrom(window, hash, layout, start, limits, name, options.buffers ?? NEW_BUFFERS);
  } finally {
    await window.close();
  }
}

async function* blocksFrom(window: Window, hash: Hash, layout: SourceLayout, first: Position, limits: Limits, name: string, buffers: Buffers): AsyncGenerator<RowBlock, void, void> {
  const split = createSplitter(layout, limits);
  const readRows = createRowReader(layout);
  let start = first;
  let wanted = limits.blockBytes + 1;
  for (;;) {
    await window.fill(wanted);
    const found = split(window.bytes(), window.isEnded());
    if (found.oversize && layout.jsonArray) throw endless(name, start, found, window.isEnded());
    if (found.oversize) {
      const shown = Math.min(OVERSIZE_SHOWN_BYTES, limits.recordBytesMax);
      const raw = ownCopy(window.bytes().subarray(0, shown), buffers);
      const offset = start.offset + (await window.skipLine(hash, layout.format !== 'ndjson'));
      const end = { row: start.row + 1, line: start.line + 1, offset, hash: hash.copy().digest('hex') };
      const isLast = window.isEnded() && window.bytes().length === 0;
      const one = { ...found, count: 1, starts: Uint32Array.of(0), ends: Uint32Array.of(raw.length), shapes: Uint8Array.of(SHAPE.tooLong) };
      yield { start, end, raw, rows: readRows(raw, one, false), isLast };
      if (isLast) return;
      start = end;
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
    const raw = ownCopy(window.bytes().subarray(0, found.consumed), buffers);
    window.drop(found.consumed);
    hash.update(raw);
    const end = {
      row: start.row + found.count,
      line: start.line + found.consumedLines,
      offset: start.offset + found.consumed,
      hash: hash.copy().digest('hex'),
    };
    const rows = readRows(raw, found, isAll);
    const problem = isAll && layout.jsonArray ? await arrayEndProblem(window, found, name) : undefined;
    yield { start, end, raw, rows, isLast: isAll && problem === undefined };
    if (problem !== undefined) throw problem;
    if (isAll) return;
    start = end;
  }
}

/** Passes over the text before the first row wanted, and makes sure that it is the text of then. */
async function seek(window: Window, hash: Hash, layout: SourceLayout, from: Position | null, name: string): Promise<Position> {
  const offset = from?.offset ?? layout.headerBytes;
  const last = await window.skip(offset, hash);
  const found = hash.copy().digest('hex');
  if (last === undefined || (from !== null && from.hash !== found)) throw changed(name, from?.row ?? 0);
  if (from === null) return { row: 0, line: layout.headerLines, offset, hash: found };
  if (layout.jsonArray || (layout.format === 'ndjson' && offset <= layout.headerBytes)) return from;
  const passed = await window.skipHalfLineEnd(hash, last, () => changed(name, from.row));
  return { ...from, offset: offset + passed, hash: hash.copy().digest('hex') };
}

function endless(name: string, start: Position, found: Extents, isEnded: boolean): CioBulkError {
  const element = `element ${(start.row + 1).toLocaleString('en-US')} of its array, on line ${start.line + found.consumedLines + 1},`;
  return undecodable(name, isEnded ? `is cut off: ${element} never ends` : `has an element over 16 MiB: ${element} does not end before`, 'mend it there; the rows before are good');
}

/** Behind a JSON array only white space may follow; and an array must have its end, or the file is not whole. */
async function arrayEndProblem(window: Window, found: Extents, name: string): Promise<CioBulkError | undefined> {
  if (!found.closed) return undecodable(name, 'is cut off: its JSON array has no closing bracket', 'copy or download it again; the rows before are good');
  if (await window.isBlankBehind(1)) return undefined;
  return undecodable(name, 'has text behind the end of its JSON array', 'give it as NDJSON, one object per line');
}

function ownCopy(bytes: Buffer, buffers: Buffers): Buffer {
  const copy = Buffer.from(buffers.take(bytes.length), 0, bytes.length);
  bytes.copy(copy);
  return copy;
}
