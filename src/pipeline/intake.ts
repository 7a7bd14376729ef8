import type { PreparedChunk } from '../domain/chunk.ts';
import type { Clock } from '../domain/host.ts';

/** Reads one chunk ahead, and rings when it has arrived. */
export interface Intake {
  /** The next chunk, if it has arrived. Throws what the source threw, once, after all chunks before it are taken. */
  take(): PreparedChunk | undefined;
  /** Nothing more will come: the source has ended, or has failed, and every chunk is taken. */
  ended(): boolean;
  /** Milliseconds since the last chunk came in; 0 while one is ready. */
  starvedMs(): number;
  close(): Promise<void>;
}

export function startIntake(chunks: AsyncIterable<PreparedChunk>, ring: () => void, clock: Clock): Intake {
  const iterator = chunks[Symbol.asyncIterator]();
  let arrivedAt = clock.monotonic();
  let ready: PreparedChunk | undefined;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;

  async function read(): Promise<void> {
    try {
      const next = await iterator.next();
      if (next.done === true) ended = true;
      else ready = next.value;
      arrivedAt = clock.monotonic();
    } catch (error) {
      failure = { error };
    }
    ring();
  }

  let reading = read();
  return {
    take() {
      if (failure && !ended) {
        ended = true;
        throw failure.error;
      }
      const chunk = ready;
      ready = undefined;
      if (chunk) reading = read();
      return chunk;
    },
    ended: () => ended && ready === undefined,
    starvedMs: () => (ready === undefined ? clock.monotonic() - arrivedAt : 0),
    async close() {
      await iterator.return?.();
      await reading;
    },
  };
}
