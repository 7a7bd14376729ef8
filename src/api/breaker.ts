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
  readonly at: number;
  /** The circuit is half-open: this is its trial. */
  readonly isTrial: boolean;
}

/**
 * `failure`: a network fault, a timeout or a 5xx. `itsOwn`: a failure, but the service answers others, so that it is about these bytes.
 * `throttled`: 429. `cut`: ended by us. Of the last three none says that a closed circuit is sick, and none closes an open one.
 */
export type Result = 'success' | 'failure' | 'itsOwn' | 'throttled' | 'cut';

export interface Breaker {
  /** Waits while the circuit is open; half-open lets one request through. Undefined when the signal aborted. */
  admit(signal: AbortSignal): Promise<Admission | undefined>;
  /** True when nothing may be sent now. */
  isOpen(): boolean;
  record(admission: Admission, result: Result): void;
  /** Opens at once: somebody found out that the service does not answer at all. */
  trip(): void;
  /** How often it has opened so far. */
  openings(): number;
  /** Milliseconds since the first request was asked that got no good answer, when there was no good one since; else 0. */
  outageMs(): number;
  /** When the next request may try, while nothing may be sent; for people who watch. */
  openUntil(): number | undefined;
  /** Nothing is asked any more: time that passes now is nobody's outage. */
  rest(): void;
}

/**
 * Circuit breaker around the wire. Open pauses the pump with its rows still pending: an outage costs waiting, not attempts.
 *
 *   closed --too many failures--> open --pause over--> half-open --success--> closed
 *                                                      half-open --failure or 429--> open, for twice as long
 *                                                      half-open --a failure of its own--> half-open: the next one's trial
 *
 * A pause ends at `maxOutageMs` of outage at the latest: before anybody gives up, the service is asked once more.
 */
export function createBreaker(clock: Clock, maxOutageMs = Infinity): Breaker {
  let state: 'closed' | 'open' | 'half-open' = 'closed';
  let generation = 0;
  let openings = 0;
  let openMs = OPEN_FIRST_MS;
  let openUntil = 0;
  let probing = false;
  let failingSince: number | undefined;
  let results: { at: number; succeeded: boolean }[] = [];

  function open(): void {
    const now = clock.monotonic();
    const lastChance = (failingSince ?? now) + maxOutageMs;
    state = 'open';
    generation++;
    openings++;
    probing = false;
    results = [];
    openUntil = Math.max(now, Math.min(now + openMs, lastChance > now ? lastChance : Infinity));
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
      const isTrial = state === 'half-open';
      if (isTrial) probing = true;
      return { generation, at: clock.monotonic(), isTrial };
    },
    isOpen,
    record(admission, result) {
      if (result === 'success') failingSince = undefined;
      else if (result !== 'cut') failingSince ??= admission.at;
      if (admission.generation !== generation) return;
      if (state === 'half-open') {
        if (result === 'success') close();
        else if (result === 'itsOwn') probing = false;
        else open();
      } else if (result === 'success' || result === 'failure') {
        results.push({ at: clock.monotonic(), succeeded: result === 'success' });
        if (result === 'failure' && tooManyFailures()) open();
      }
    },
    trip: () => {
      if (state !== 'open') open();
    },
    openUntil: () => (isOpen() ? openUntil : undefined),
    openings: () => openings,
    outageMs: () => (failingSince === undefined ? 0 : clock.monotonic() - failingSince),
    rest: () => void (failingSince = undefined),
  };
}
