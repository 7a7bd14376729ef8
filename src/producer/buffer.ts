import type { Clock } from '../domain/host.ts';
import type { LaneOperation, LaneWriter } from '../fleet/lane-writer.ts';
import { redisFault } from '../fleet/redis-fault.ts';
import { ProducerError } from './producer-error.ts';

/** So many operations go at once; fewer wait this long for more. */
const CALL_OPERATIONS = 100;
const LINGER_MS = 20;
/** What has come while a call was under way goes with the next, up to so many: Redis does nothing else for three milliseconds. */
const CALL_OPERATIONS_MAX = 500;
const RETRY_FIRST_MS = 20;
const RETRY_LAST_MS = 500;

/**
 * Operations on their way to Redis, in order. One call at a time, so that a repeat never overtakes what came after it.
 *
 *   waiting --20 ms, or enough for a call--> in a call --Redis has it--> taken
 *                                            in a call --no answer--> in a call again, with the same bytes
 *                                            in a call --full, or too late--> refused
 */
export interface Buffer {
  add(operation: LaneOperation): Promise<void>;
  /** Operations that are neither taken nor refused. */
  size(): number;
  /** Waits for no more. Resolves when all are taken or refused. */
  close(): Promise<void>;
}

interface Waiting {
  readonly operation: LaneOperation;
  readonly resolve: () => void;
  readonly reject: (error: ProducerError) => void;
  /** Given up at this time; monotonic. */
  readonly until: number;
}

export function createBuffer(writer: LaneWriter, clock: Clock, timeoutMs: number): Buffer {
  const waiting: Waiting[] = [];
  let inCall = 0;
  let timer: NodeJS.Timeout | undefined;
  let calling: Promise<void> | undefined;
  let isClosed = false;

  async function callAll(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // What has come during one call has waited for long enough: it goes with the next.
    while (waiting.length > 0) {
      const batch = waiting.splice(0, CALL_OPERATIONS_MAX);
      inCall = batch.length;
      await call(writer, batch, clock);
      inCall = 0;
    }
    calling = undefined;
  }

  function start(): void {
    calling ??= callAll();
  }

  return {
    add(operation) {
      return new Promise((resolve, reject) => {
        waiting.push({ operation, resolve, reject, until: clock.monotonic() + timeoutMs });
        if (isClosed || waiting.length >= CALL_OPERATIONS) start();
        else if (!calling) timer ??= setTimeout(start, LINGER_MS);
      });
    },
    size: () => waiting.length + inCall,
    async close() {
      isClosed = true;
      if (waiting.length > 0) start();
      await calling;
    },
  };
}

/** Until Redis has answered, or the patience of the whole batch has ended. */
async function call(writer: LaneWriter, batch: readonly Waiting[], clock: Clock): Promise<void> {
  let left = batch;
  for (let pauseMs = RETRY_FIRST_MS; left.length > 0; pauseMs = Math.min(RETRY_LAST_MS, pauseMs * 2)) {
    try {
      const written = await writer.write(left.map(({ operation }) => operation));
      for (const { resolve, reject } of left)
        if (written.isFull) reject(new ProducerError('full', `${written.pending} operations are pending already`));
        else resolve();
      return;
    } catch (error) {
      const { message, isLasting } = redisFault(error);
      const now = clock.monotonic();
      const isOver = ({ until }: Waiting): boolean => isLasting || until <= now;
      for (const one of left.filter(isOver)) one.reject(new ProducerError('unreachable', `Redis ${message}`));
      left = left.filter((one) => !isOver(one));
    }
    if (left.length > 0) await clock.sleep(pauseMs);
  }
}
