import { NEW_BUFFERS, type Buffers } from '../domain/buffers.ts';
import type { Position, PreparedChunk } from '../domain/chunk.ts';
import type { PrepareSpec } from '../domain/plan.ts';
import type { RowBlock } from '../domain/block.ts';
import { openBlocks, type BlockOptions } from '../input/records/blocks.ts';
import { LIMITS } from '../input/records/limits.ts';
import { createPreparer } from '../mapping/rows/prepare.ts';

/** What a reading thread is asked to do. */
export interface ReadingTask extends PrepareSpec {
  /** What messages call the source. */
  readonly name: string;
  /** How far an earlier process has named rows by number. */
  readonly reach?: Position | null;
  /** Rows to read at most in this process (`--limit`); null = all. */
  readonly rowsMax: number | null;
}

export interface ChunkOfSource {
  readonly chunk: PreparedChunk;
  /** Whether it is the last one of the source. */
  readonly isLast: boolean;
  /** Operations so far that are events, pages or screens. */
  readonly events: number;
}

/** So long the last line of a file of events may be in coming, once the file was written to. */
const EVENTS_PATIENCE_MS = 10_000;

/** input -> mapping: blocks of rows become chunks of operations. */
export async function* preparedChunks(
  task: ReadingTask,
  buffers: Buffers = NEW_BUFFERS,
): AsyncGenerator<ChunkOfSource> {
  const preparer = createPreparer(task, buffers, () => Date.now() - (task.clockAheadMs ?? 0));
  for await (const block of limitedBlocks(task, { buffers }))
    yield { chunk: preparer.prepare(block), isLast: block.isLast, events: preparer.eventCount() };
}

/** Blocks up to a number of rows, the last of them cut exactly there: a checkpoint must stand between two rows. */
export async function* limitedBlocks(
  { layout, plan, from, reach, follow, name, rowsMax }: ReadingTask,
  given: BlockOptions,
): AsyncGenerator<RowBlock> {
  // Half an event is another event, which nobody takes back; half a person is overwritten by the whole one.
  const options = {
    ...given,
    follow,
    name,
    reach: reach ?? null,
    ...(plan.kind === 'events' ? { patienceMs: EVENTS_PATIENCE_MS } : {}),
  };
  let left = rowsMax ?? Infinity;
  let at = from;
  while (left > 0) {
    const blockRows = Math.min(LIMITS.rowsMax, left);
    for await (const block of openBlocks(layout, at, { ...options, limits: { ...LIMITS, rowsMax: blockRows } })) {
      yield block;
      at = block.end;
      left -= block.rows.length;
      if (block.isLast) return;
      if (left < blockRows) break;
    }
  }
}
