import { Worker } from 'node:worker_threads';
import type { PreparedChunk } from '../domain/chunk.ts';
import { CioBulkError, ERRORS, type ErrorCode } from '../domain/errors.ts';
import { createWarningCounts, type Warning } from '../domain/warnings.ts';
import { startWithoutHelpers } from '../runtime/helper-threads.ts';
import type { ReadingTask } from './prepared-chunks.ts';
import type { ReadingMessage, ReadingRequest } from './thread.ts';

/** Chunks from a reading thread. */
export interface Reading extends AsyncIterable<PreparedChunk> {
  /** The source was read to its end; false when a row limit ended it. Meaningful after the last chunk. */
  isComplete(): boolean;
  /** Of the rows read so far, by this process. */
  warnings(): readonly Warning[];
  /** Operations up to the chunk given last that are events, pages or screens. */
  eventCount(): number;
  /** All rows of a chunk are settled: its buffers are used again. Nobody may look at them after this. */
  giveBack(chunk: PreparedChunk): void;
}

/** Young objects die fast here: a small nursery keeps the thread's memory flat. */
const YOUNG_GENERATION_MB = 6;

/** Told to the reading thread at once, instead of a message for every chunk. */
const CHUNKS_ASKED_FOR = 8;

/** Starts a thread that reads and prepares, so that this one only paces, sends and settles. When the signal aborts, the chunks end with its reason. */
export function startReading(task: ReadingTask, signal?: AbortSignal): Reading {
  signal?.throwIfAborted();
  startWithoutHelpers();
  const thread = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: task,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const inbox = listen(thread, signal);
  const warnings = createWarningCounts();
  let eventCount = 0;
  let consumed = 0;
  let spent: ArrayBuffer[] = [];
  const askForMore = (): void => {
    if (++consumed < CHUNKS_ASKED_FOR || inbox.end) return;
    const request: ReadingRequest = { chunks: consumed, buffers: spent };
    thread.postMessage(request, spent);
    consumed = 0;
    spent = [];
  };

  async function* chunks(): AsyncGenerator<PreparedChunk> {
    for (;;) {
      for (let next = inbox.ready.shift(); next; next = inbox.ready.shift()) {
        askForMore();
        eventCount = next.events;
        for (const { code, column, count } of next.chunk.warnings) warnings.add(code, column, count);
        yield next.chunk;
      }
      if (inbox.end) break;
      await inbox.news();
    }
    if ('error' in inbox.end) throw inbox.end.error;
  }

  return {
    [Symbol.asyncIterator]() {
      const iterator = chunks();
      return {
        next: () => iterator.next(),
        // Not the generator's own return: it would wait for a pipe that may never say another word.
        async return() {
          inbox.close({ isComplete: false });
          await thread.terminate();
          return { done: true, value: undefined };
        },
      };
    },
    giveBack({ raw, operations }) {
      for (const { buffer } of [raw, operations.body])
        if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) spent.push(buffer);
    },
    warnings: warnings.list,
    eventCount: () => eventCount,
    isComplete: () => inbox.end !== undefined && 'isComplete' in inbox.end && inbox.end.isComplete,
  };
}

type End = { readonly isComplete: boolean } | { readonly error: unknown };

/** What a reading thread has sent. */
interface Inbox {
  readonly ready: Extract<ReadingMessage, { type: 'chunk' }>[];
  /** Nothing comes any more. */
  readonly end: End | undefined;
  /** Resolves when something has come, or the end. */
  news(): Promise<void>;
  /** Ends it, unless it has ended. */
  close(end: End): void;
}

function listen(thread: Worker, signal: AbortSignal | undefined): Inbox {
  const ready: Inbox['ready'] = [];
  let end: End | undefined;
  let wake: (() => void) | undefined;
  const close = (how: End): void => {
    end ??= how;
    wake?.();
  };
  const stop = (): void => {
    close({ error: signal?.reason });
    void thread.terminate();
  };
  thread.on('message', (message: ReadingMessage) => {
    if (message.type === 'chunk') ready.push(message);
    else end = message.type === 'end' ? { isComplete: message.isComplete } : { error: revive(message.error) };
    wake?.();
  });
  thread.on('error', (error) => close({ error }));
  signal?.addEventListener('abort', stop);
  thread.on('exit', (code) => {
    signal?.removeEventListener('abort', stop);
    close({ error: new Error(`the reading thread ended with code ${code}`) });
  });
  return {
    ready,
    get end() {
      return end;
    },
    news: () => new Promise((resolve) => (wake = resolve)),
    close,
  };
}

/** Errors lose their class on the way between threads. */
function revive(error: Extract<ReadingMessage, { type: 'error' }>['error']): Error {
  if (error.code !== undefined && Object.hasOwn(ERRORS, error.code))
    return new CioBulkError(
      error.code as ErrorCode,
      error.message,
      error.hint === undefined ? {} : { hint: error.hint },
    );
  const other = new Error(error.message);
  if (error.stack !== undefined) other.stack = error.stack;
  return other;
}
