import type { Reply } from '../domain/outcome.ts';
import type { Signals, WireRequest } from '../domain/wire.ts';
import type { Breaker } from './breaker.ts';
import type { Probe } from './region.ts';
import type { Throttling } from './throttling.ts';

/** Part of a failed batch is halved again sooner than a whole batch: no row fails by that. */
const SUSPECT_ATTEMPTS = 2;

export interface SuspicionOptions {
  readonly breaker: Breaker;
  readonly throttling: Throttling;
  readonly probe: Probe;
  readonly maxAttempts: number;
  /** Requests of anybody that were accepted so far. */
  readonly accepted: () => number;
}

export type Finding =
  | 'again' // no reason to blame these bytes, or no attempts used up yet
  | 'its own' // it is about these bytes: the service takes others, or answers the probe
  | 'perhaps'; // the service answers the probe, but takes nothing else either

/** Whose fault it is that one request does not get through: its bytes', or the service's. */
export interface Suspicion {
  failed(reply: Reply): Promise<Finding>;
  throttled(reply: Reply): Promise<Finding>;
  /** Attempts used up since the last pardon. */
  attempts(): number;
}

/**
 *   trying --a failure--> an attempt is used up --all used up--> others got through, or the service answers the probe: its own
 *                                                                neither: the circuit opens, and everything is forgiven
 *   trying --429--> no attempt is used up --as many 429s as attempts--> too unlikely to be bad luck: its own
 *                                                                       nobody gets through, but the probe does: perhaps
 *                                                                       the probe does not, either: the circuit opens
 *   any --the circuit has opened meanwhile--> forgiven: an outage uses up nobody's attempts
 */
export function createSuspicion(
  content: Omit<WireRequest, 'attempt'>,
  signals: Signals,
  options: SuspicionOptions,
): Suspicion {
  const { breaker, throttling, probe, maxAttempts, accepted } = options;
  const { rows, isSuspect = false } = content;
  const patience = isSuspect && rows > 1 ? Math.min(SUSPECT_ATTEMPTS, maxAttempts) : maxAttempts;
  let acceptedBefore = accepted();
  let openingsBefore = breaker.openings();
  let throttles = throttling.watch();
  let attempts = 0;

  function forgiveAfterOutage(): Finding {
    if (breaker.openings() === openingsBefore) return 'again';
    openingsBefore = breaker.openings();
    acceptedBefore = accepted();
    throttles = throttling.watch();
    attempts = 0;
    return 'again';
  }

  return {
    async failed({ serviceAnswers = false }) {
      throttles = throttling.watch();
      if (serviceAnswers && rows > 1) return 'its own';
      if (++attempts >= patience) {
        if (serviceAnswers || accepted() > acceptedBefore) return 'its own';
        if (!breaker.isOpen() && (await probe(signals))) return 'its own';
        if (!signals.stopping.aborted) breaker.trip();
      }
      return serviceAnswers ? 'again' : forgiveAfterOutage();
    },
    async throttled(reply) {
      throttling.throttled(reply, isSuspect);
      throttles.again();
      if (throttles.count() < patience) return forgiveAfterOutage();
      if (throttles.isItsOwn(rows)) return 'its own';
      if (throttles.othersPassed()) return forgiveAfterOutage();
      const serviceAnswers = !breaker.isOpen() && (await probe(signals));
      if (signals.stopping.aborted) return 'again';
      if (serviceAnswers && rows > 1) return 'perhaps';
      breaker.trip();
      return serviceAnswers ? 'perhaps' : forgiveAfterOutage();
    },
    attempts: () => attempts,
  };
}
