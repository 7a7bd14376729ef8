/** The reading thread: bytes in, prepared chunks out. It wires input to mapping, and keeps a few chunks ahead. */
import { parentPort, workerData } from 'node:worker_threads';
import { createBufferPool } from '../domain/buffers.ts';
import type { PreparedChunk } from '../domain/chunk.ts';
import { CioBulkError } from '../domain/errors.ts';
import { createCollector } from '../runtime/garbage.ts';
import { preparedChunks, type ReadingTask } from './prepared-chunks.ts';

export type ReadingMessage =
  | { readonly type: 'chunk'; readonly chunk: PreparedChunk; readonly events: number }
  | { readonly type: 'end'; readonly isComplete: boolean }
  | {
      readonly type: 'error';
      readonly error: {
        readonly code: string | undefined;
        readonly message: string;
        readonly hint: string | undefined;
        readonly stack: string | undefined;
      };
    };

/** What the sending thread says: so many more chunks please, and take these buffers back. */
export interface ReadingRequest {
  readonly chunks: number;
  readonly buffers: readonly ArrayBuffer[];
}

/** Chunks handed over and not yet consumed. */
const CHUNKS_AHEAD = 32;

if (parentPort) {
  const port = parentPort;
  let credits = CHUNKS_AHEAD;
  let wake: (() => void) | undefined;
  const buffers = createBufferPool();
  port.on('message', (request: ReadingRequest) => {
    for (const buffer of request.buffers) buffers.giveBack(buffer);
    credits += request.chunks;
    wake?.();
  });
  const post = (message: ReadingMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  try {
    const task = workerData as ReadingTask;
    const collect = createCollector();
    let bytesMade = 0;
    let isComplete = true;
    for await (const { chunk, isLast, events } of preparedChunks(task, buffers)) {
      while (credits === 0) await new Promise<void>((resolve) => (wake = resolve));
      credits--;
      isComplete = isLast;
      bytesMade += chunk.operations.body.length;
      post({ type: 'chunk', chunk, events }, buffersOf(chunk));
      collect(bytesMade);
    }
    post({ type: 'end', isComplete });
  } catch (error) {
    const known = error instanceof CioBulkError ? error : undefined;
    const other = error instanceof Error ? error : new Error(String(error));
    post({
      type: 'error',
      error: { code: known?.code, message: other.message, hint: known?.hint, stack: other.stack },
    });
  }
  port.close();
}

/** Every chunk has two buffers of its own, the source's text and the operations: they are moved, not copied. */
function buffersOf({ raw, operations }: PreparedChunk): ArrayBuffer[] {
  return [raw.buffer, operations.body.buffer].filter(
    (buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer && buffer.byteLength > 0,
  );
}
