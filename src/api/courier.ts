import type { Courier } from '../domain/courier.ts';
import type { Clock } from '../domain/host.ts';
import type { Sender } from '../domain/wire.ts';
import type { Breaker } from './breaker.ts';
import { createEnding, fatal } from './fatal.ts';
import { guarded } from './guarded.ts';
import { createHealth } from './health.ts';
import { observed } from './observed.ts';
import { paced } from './paced.ts';
import type { Pacer } from './pacer.ts';
import { createProbe } from './region.ts';
import { retrying } from './retrying.ts';
import type { Slots } from './slots.ts';
import { createThrottling } from './throttling.ts';

export interface CourierOptions {
  readonly wire: Sender;
  readonly pacer: Pacer;
  readonly breaker: Breaker;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxAttempts: number;
  readonly maxOutageMs: number;
  /** Cuts short what is under way. */
  readonly aborting: AbortSignal;
  /** Who does not answer, for messages: `the API`, or the API and the proxy on the way to it. */
  readonly place?: string;
}

/**
 * The courier of the Track API: one layer for each concern, from the wire outwards. The circuit breaker stands behind the pacer, so that
 * a request that waited for its turn while the circuit opened does not go out.
 */
export function createCourier({
  wire,
  pacer,
  breaker,
  slots,
  clock,
  random,
  maxAttempts,
  maxOutageMs,
  aborting,
  place = 'the API',
}: CourierOptions): Courier {
  const health = createHealth(clock);
  const ending = createEnding();
  const throttling = createThrottling({ pacer, clock, random });
  const seen = observed(wire, health);
  const probe = createProbe(seen, pacer);
  const send = retrying(paced(fatal(guarded(seen, { breaker, probe }), ending), { pacer, slots }), {
    breaker,
    throttling,
    probe,
    clock,
    random,
    health,
    ending,
    maxAttempts,
    maxOutageMs,
    place,
  });
  return {
    send: (request, stopping) => send(request, { stopping, aborting }),
    hasRoom: slots.hasRoom,
    traffic: seen.traffic,
    health: () => pacer.waiting() ?? health.waiting(breaker.openUntil(), throttling.pausedUntil()),
  };
}
