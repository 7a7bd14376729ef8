import type { Reply } from '../domain/outcome.ts';
import { classify, isAborted, UNSENT, type Sender, type WireRequest } from '../domain/wire.ts';
import type { Breaker, Result } from './breaker.ts';
import type { Probe } from './region.ts';

/** So many failures in a row are not held against a service that answers the probe: isolating one row of a thousand takes ten halvings. */
const OWN_FAILURES_MAX = 64;
const CIRCUIT_OPEN: Reply = { kind: 'fault', fault: 'circuit_open', isUnsent: true };

/**
 * Asks the circuit breaker (its states are in breaker.ts) before a try, and tells it afterwards what the reply says about the service.
 *
 *   circuit open      -> nothing is sent: the fault `circuit_open`, at once
 *   circuit closed    -> sent; the reply is recorded
 *   circuit half-open -> sent as the trial; when it fails, the probe tells a service that is down from bytes that it cannot take
 *
 * A part of a batch that failed before (`isSuspect`) is expected to fail again: that is not held against the service, up to a limit.
 */
export function guarded(
  inner: Sender,
  { breaker, probe }: { readonly breaker: Breaker; readonly probe: Probe },
): Sender {
  let failuresInARow = 0;

  function resultOf(reply: Reply, { isSuspect }: WireRequest): Result {
    const verdict = classify(reply);
    if (verdict === 'accepted') failuresInARow = 0;
    if (isAborted(reply)) return 'cut';
    if (verdict === 'throttled') return 'throttled';
    if (verdict !== 'retryable') return 'success';
    failuresInARow++;
    return isSuspect === true && failuresInARow <= OWN_FAILURES_MAX ? 'itsOwn' : 'failure';
  }

  return {
    async send(request, signals) {
      if (breaker.isOpen()) return CIRCUIT_OPEN;
      const admission = await breaker.admit(signals.stopping);
      if (!admission) return UNSENT;
      const reply = await inner.send(request, signals);
      const result = resultOf(reply, request);
      const hasFailed = result === 'failure' || result === 'itsOwn';
      if (!admission.isTrial || !hasFailed) {
        breaker.record(admission, result);
        return reply;
      }
      const serviceAnswers = !signals.stopping.aborted && (await probe(signals));
      breaker.record(admission, serviceAnswers && failuresInARow <= OWN_FAILURES_MAX ? 'itsOwn' : 'failure');
      return serviceAnswers ? { ...reply, serviceAnswers } : reply;
    },
  };
}
