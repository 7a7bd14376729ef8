import type { Clock } from '../domain/host.ts';
import type { Admission } from './admission.ts';
import type { Flights } from './flight.ts';
import type { Intake } from './intake.ts';
import type { Lanes } from './lanes.ts';

/** With nothing under way, a batch that is not full leaves after so long without a new row: a slow pipe. */
const LINGER_MS = 50;
/** With batches under way, perhaps waiting for a retry, it leaves when no other has left for so long. */
const LINGER_MAX_MS = 500;
const TICK_MS = 200;

/** A full batch leaves at once. One that is not full waits for more rows, as long as there is hope for them. */
export interface Departures {
  /** Whether the batch being filled may leave as it is: no row can come, or none has come for a while. */
  mayFlush(): boolean;
  /** How long to wait, if nothing happens, before asking again. */
  askAgainMs(): number;
}

export interface DepartureOptions {
  readonly intake: Intake;
  readonly admission: Admission;
  readonly flights: Flights;
  readonly lanes: Pick<Lanes, 'waiting'>;
  readonly clock: Clock;
  /** See `RunOptions.lingerMs`. */
  readonly lingerMs: number | undefined;
}

export function createDepartures({ intake, admission, flights, lanes, clock, lingerMs }: DepartureOptions): Departures {
  const hasLingered = (): boolean => {
    if (lingerMs !== undefined)
      return clock.monotonic() - Math.max(admission.filledAt(), flights.launchedAt()) >= lingerMs;
    return flights.underWay() === 0
      ? intake.starvedMs() >= LINGER_MS
      : intake.starvedMs() > 0 && clock.monotonic() - flights.launchedAt() >= LINGER_MAX_MS;
  };
  return {
    mayFlush: () => intake.ended() || admission.isBlocked() || hasLingered(),
    askAgainMs() {
      if (lingerMs !== undefined) return lanes.waiting() > 0 ? lingerMs : TICK_MS; // what comes in rings
      return flights.underWay() === 0 ? LINGER_MS : TICK_MS;
    },
  };
}
