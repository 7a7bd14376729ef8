import type { Clock } from '../domain/host.ts';
import { createFailureShare } from './failure-share.ts';

/** First pause, doubled after each failed trial up to the last. */
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
 * `throttled`: 429. `cut`: ended by us. The last three never open a closed circuit, and never close an open one.
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
 * Circuit breaker around the wire. While it is open nothing is sent, and rows stay pending: an outage costs waiting, not attempts.
 *
 *   closed --too many failures--> open --pause over--> half-open --success--> closed
 *                                                      half-open --failure or 429--> open, for twice as long
 *                                                      half-open --a failure of its own--> half-open: the next request is the trial
 *
 * A pause ends at `maxOutageMs` of outage at the latest: before anybody gives up, the service is asked once more.
 */
export function createBreaker(clock: Clock, maxOutageMs = Infinity): Breaker {
  let state: 'closed' | 'open' | 'half-open' = 'closed';
  let generation = 0;
  let openings = 0;
  let openMs = OPEN_FIRST_MS;
  let openUntil = 0;
  let isTrying = false;
  const outage = createOutageWatch(clock);
  const share = createFailureShare(clock);

  function enter(next: typeof state): void {
    state = next;
    generation++;
    isTrying = false;
    share.forget();
  }

  function open(): void {
    const now = clock.monotonic();
    const lastChance = (outage.since() ?? now) + maxOutageMs;
    enter('open');
    openings++;
    openUntil = Math.max(now, Math.min(now + openMs, lastChance > now ? lastChance : Infinity));
    openMs = Math.min(OPEN_LAST_MS, openMs * 2);
  }

  function close(): void {
    enter('closed');
    openMs = OPEN_FIRST_MS;
  }

  function isOpen(): boolean {
    if (state === 'open' && clock.monotonic() >= openUntil) enter('half-open');
    return state === 'open' || (state === 'half-open' && isTrying);
  }

  function record(admission: Admission, result: Result): void {
    outage.note(admission, result);
    if (admission.generation !== generation) return;
    if (state === 'half-open') {
      if (result === 'success') close();
      else if (result === 'itsOwn') isTrying = false;
      else open();
    } else if (result === 'success' || result === 'failure') {
      share.add(result === 'success');
      if (result === 'failure' && share.isTooHigh()) open();
    }
  }

  return {
    async admit(signal) {
      while (isOpen() && !signal.aborted)
        await clock.sleep(Math.max(20, Math.min(250, openUntil - clock.monotonic())), signal);
      if (signal.aborted) return undefined;
      isTrying = state === 'half-open';
      return { generation, at: clock.monotonic(), isTrial: isTrying };
    },
    isOpen,
    record,
    trip: () => (state === 'open' ? undefined : open()),
    openUntil: () => (isOpen() ? openUntil : undefined),
    openings: () => openings,
    outageMs: outage.ms,
    rest: outage.rest,
  };
}

interface OutageWatch {
  note(admission: Admission, result: Result): void;
  /** When the first request was asked that got no good answer, when there was no good one since. */
  since(): number | undefined;
  ms(): number;
  rest(): void;
}

function createOutageWatch(clock: Clock): OutageWatch {
  let since: number | undefined;
  return {
    note({ at }, result) {
      if (result === 'success') since = undefined;
      else if (result !== 'cut') since ??= at;
    },
    since: () => since,
    ms: () => (since === undefined ? 0 : clock.monotonic() - since),
    rest: () => void (since = undefined),
  };
}
