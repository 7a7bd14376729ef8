import type { Clock } from '../domain/host.ts';

/** Open when half of at least this many requests within the window failed. */
const REQUESTS_MIN = 20;
const FAILURE_SHARE = 0.5;
const WINDOW_MS = 10_000;
/** First pause, doubled after each failed probe up to the last. */
const OPEN_FIRST_MS = 5_000;
const OPEN_LAST_MS = 60_000;

/** A request that was let through; its result counts only for the state that let it through. */
export interface Admission {
  readonly generation: number;
}

export interface Breaker {
  /** Waits while the circuit is open; half-open lets one request through. Undefined when the signal aborted. */
  admit(signal: AbortSignal): Promise<Admission | undefined>;
  /** True when nothing may be sent now. */
  isOpen(): boolean;
  /**
   * A failure is a network fault, a timeout or a 5xx. `neither` (429, or a request cut short by us) says nothing about the
   * health of a closed circuit, and is not enough to close an open one.
   */
  record(admission: Admission, result: 'success' | 'failure' | 'neither'): void;
  /** Opens at once: somebody found out that the service does not answer at all. */
  trip(): void;
  /** Milliseconds since the last success (or since the start), while open or half-open; else 0. */
  outageMs(): number;
  /** When the next request may try, while nothing may be sent; for people who watch. */
  openUntil(): number | undefined;
}

/**
 * Circuit breaker around the wire. Open pauses the pump with its rows still pending: an outage costs waiting, not attempts.
 * closed -> open (too many failures) -> half-open (one probe) -> closed, or open again for twice as long.
 */
export function createBreaker(clock: Clock): Breaker {
  let state: 'closed' | 'open' | 'half-open' = 'closed';
  let generation = 0;
  let openMs = OPEN_FIRST_MS;
  let openUntil = 0;
  let probing = false;
  let lastSuccessAt = clock.monotonic();
  let results: { at: number; succeeded: boolean }[] = [];

  function open(): void {
    state = 'open';
    generation++;
    probing = false;
    results = [];
    openUntil = clock.monotonic() + openMs;
    openMs = Math.min(OPEN_LAST_MS, openMs * 2);
  }

  function close(): void {
    state = 'closed';
    generation++;
    probing = false;
    results = [];
    openMs = OPEN_FIRST_MS;
  }

  function tooManyFailures(): boolean {
    const since = clock.monotonic() - WINDOW_MS;
    if (results.length > 0 && (results[0]?.at ?? 0) < since) results = results.filter(({ at }) => at >= since);
    if (results.length < REQUESTS_MIN) return false;
    return results.filter(({ succeeded }) => !succeeded).length >= results.length * FAILURE_SHARE;
  }

  function isOpen(): boolean {
    if (state === 'open' && clock.monotonic() >= openUntil) {
      state = 'half-open';
      generation++;
    }
    return state === 'open' || (state === 'half-open' && probing);
  }

  return {
    async admit(signal) {
      while (isOpen() && !signal.aborted) await clock.sleep(Math.max(20, Math.min(250, openUntil - clock.monotonic())), signal);
      if (signal.aborted) return undefined;
      if (state === 'half-open') probing = true;
      return { generation };
    },
    isOpen,
    record(admission, result) {
      if (result === 'success') lastSuccessAt = clock.monotonic();
      if (admission.generation !== generation) return;
      if (state === 'half-open') return result === 'success' ? close() : open();
      if (result === 'neither') return;
      results.push({ at: clock.monotonic(), succeeded: result === 'success' });
      if (result === 'failure' && tooManyFailures()) open();
    },
    trip: () => {
      if (state !== 'open') open();
    },
    openUntil: () => (isOpen() ? openUntil : undefined),
    outageMs: () => (state === 'closed' ? 0 : clock.monotonic() - lastSuccessAt),
  };
}
