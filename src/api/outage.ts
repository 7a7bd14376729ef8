import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Breaker } from './breaker.ts';
import type { Ending } from './fatal.ts';

const POLL_MS = 100;

export interface OutageOptions {
  readonly breaker: Breaker;
  readonly clock: Clock;
  readonly ending: Ending;
  /** An outage longer than this ends the run, resumable. */
  readonly maxOutageMs: number;
  /** Who does not answer, for messages. */
  readonly place: string;
}

/** What a request does while the service is away. */
export interface Outage {
  /** Until the circuit lets something through, sending is over, or the signal aborts. Without a slot. */
  waitOut(stopping: AbortSignal): Promise<void>;
  /** Throws once it has lasted too long. Asked after a try that failed, so that nobody gives up without having asked. */
  assertBearable(): void;
}

export function createOutage({ breaker, clock, ending, maxOutageMs, place }: OutageOptions): Outage {
  return {
    async waitOut(stopping) {
      while (breaker.isOpen() && !stopping.aborted && !ending.reason()) await clock.sleep(POLL_MS, stopping);
    },
    assertBearable() {
      const outageMs = breaker.outageMs();
      if (outageMs <= maxOutageMs) return;
      throw ending.end(
        new CioBulkError('outage', `${place} has not answered for ${Math.round(outageMs / 1000)} s (--max-outage)`, {
          hint: 'nothing is lost: run the same command again when the service is back',
        }),
      );
    },
  };
}
