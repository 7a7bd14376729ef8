import { setMaxListeners } from 'node:events';

/** Whether the run goes on. It halts once, because it was asked to or because something failed; what is under way lands first. */
export interface Halt {
  /** Aborted: nothing new starts. */
  readonly signal: AbortSignal;
  /** Halts the run, which ends by throwing this. The first error counts. */
  fail(error: unknown): void;
  /** The run goes on, and ends by throwing this. */
  remember(error: unknown): void;
  /** Throws what went wrong, if anything did. */
  rethrow(): void;
  /** Listens no longer. */
  release(): void;
}

/** `ring` wakes whoever waits when the run halts. */
export function createHalt(stopping: AbortSignal, ring: () => void): Halt {
  const halt = new AbortController();
  setMaxListeners(0, halt.signal); // every batch under way listens
  let failure: { readonly error: unknown } | undefined;

  const stop = (): void => {
    halt.abort();
    ring();
  };
  const remember = (error: unknown): void => {
    failure ??= { error };
  };
  stopping.addEventListener('abort', stop);
  if (stopping.aborted) stop();

  return {
    signal: halt.signal,
    remember,
    fail(error) {
      remember(error);
      stop();
    },
    rethrow() {
      if (failure)
        throw failure.error instanceof Error ? failure.error : new Error('the run failed', { cause: failure.error });
    },
    release: () => stopping.removeEventListener('abort', stop),
  };
}
