import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Reply } from '../domain/outcome.ts';
import type { Waiting } from '../domain/waiting.ts';
import { classify, type Sender, type WireRequest } from '../domain/wire.ts';
import type { Breaker, Result } from './breaker.ts';
import { fatalError } from './fatal.ts';
import { createHealth } from './health.ts';
import type { Pacer } from './pacer.ts';
import type { Slots } from './slots.ts';
import { createThrottling } from './throttling.ts';

/** Full jitter: random between 0 and the doubled base, up to the cap. */
const BACKOFF_BASE_MS = 200;
const BACKOFF_CAP_MS = 20_000;
const ABORTED: Reply = { kind: 'fault', fault: 'aborted' };
/** A part of a batch that failed is halved sooner than a batch: nobody fails by that. */
const SUSPECT_ATTEMPTS = 2;
/** Failures in a row that are not held against a service that answers the question for the region: isolating one row of a thousand takes ten halvings. */
const OWN_FAILURES_MAX = 64;
const REGION_PATH = '/api/v1/accounts/region';

export interface PersistentOptions {
  readonly wire: Sender;
  readonly pacer: Pacer;
  readonly breaker: Breaker;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxAttempts: number;
  /** An outage longer than this ends the run, resumable. */
  readonly maxOutageMs: number;
  /** Who does not answer, for messages: `the API`, or the API and the proxy on the way to it. */
  readonly place?: string;
}

/**
 * The last word on a request. One that failed or was throttled to the end may be halved; it is proven to be about these bytes when
 * `othersPassed`: the service took others meanwhile, or answers the question for the region.
 */
export interface FinalReply {
  readonly reply: Reply;
  readonly othersPassed: boolean;
  /** The run stopped before a byte of it left. */
  readonly isUnsent?: true;
}

export interface PersistentSender {
  /**
   * Sends until there is an answer, attempts are used up, or `stopping` aborts between two tries (then the reply is the
   * fault `aborted`). `aborting` cuts a request short. Throws CioBulkError when no row can be sent at all: 401, 403,
   * a redirect, an outage that lasts.
   */
  send(request: Omit<WireRequest, 'attempt'>, signals: { stopping: AbortSignal; aborting: AbortSignal }): Promise<FinalReply>;
  /** Requests started, retries included. */
  requests(): number;
  retries(): number;
  /** What sending waits for right now, for people who watch. */
  waiting(): Waiting | undefined;
}

interface Try {
  readonly reply: Reply;
  /** It failed as the trial of a half-open circuit, and the service answered the question for the region: it is there. */
  readonly serviceIsThere: boolean;
}

/** retry(breaker(limit(wire))): every try asks the breaker, takes a slot, and pays the pacer. */
export function createPersistentSender(options: PersistentOptions): PersistentSender {
  const { wire, pacer, breaker, slots, clock, random, maxAttempts, maxOutageMs } = options;
  const health = createHealth(clock);
  const throttling = createThrottling(options);
  let asking = 0;
  let requests = 0;
  let retries = 0;
  let accepted = 0;
  let failuresInARow = 0;
  /** No row can be sent at all: whoever waits for a turn need not try. */
  let over: CioBulkError | undefined;

  /** One try. Undefined when the run is over or stops before it has begun. */
  async function once(request: WireRequest, stopping: AbortSignal, aborting: AbortSignal): Promise<Try | undefined> {
    for (;;) {
      await slots.acquire();
      try {
        if (!over) await pacer.start(request.rows, request.attempt > 0, stopping);
        if (over !== undefined || stopping.aborted) return undefined;
        if (!breaker.isOpen()) {
          const admission = await breaker.admit(stopping);
          if (!admission) return undefined;
          requests++;
          if (request.attempt > 0) retries++;
          const reply = await health.watch(wire.send(request, aborting));
          over ??= fatalError(reply, classify(reply));
          const result = resultOf(reply, request);
          const serviceIsThere = admission.isTrial && (result === 'failure' || result === 'itsOwn') && !stopping.aborted && (await serviceAnswers(stopping, aborting));
          breaker.record(admission, serviceIsThere && failuresInARow <= OWN_FAILURES_MAX ? 'itsOwn' : admission.isTrial && result === 'itsOwn' ? 'failure' : result);
          return { reply, serviceIsThere };
        }
      } finally {
        slots.release();
      }
      await waitForService(stopping);
      if (stopping.aborted) return undefined;
    }
  }

  /** What a reply says about the service's health. A culprit on its way to stand alone says nothing, until it takes too long. */
  function resultOf(reply: Reply, { isSuspect }: WireRequest): Result {
    const verdict = classify(reply);
    if (verdict === 'accepted') {
      accepted++;
      failuresInARow = 0;
      throttling.passed();
    }
    if (aborted(reply)) return 'cut';
    if (verdict === 'throttled') return 'throttled';
    if (verdict !== 'retryable') return 'success';
    failuresInARow++;
    return isSuspect === true && failuresInARow <= OWN_FAILURES_MAX ? 'itsOwn' : 'failure';
  }

  /** Waits while the breaker is open, without a slot. */
  async function waitForService(stopping: AbortSignal): Promise<void> {
    while (breaker.isOpen() && !stopping.aborted && !over) await clock.sleep(100, stopping);
  }

  /** An outage has an end: then the run stops, resumable. Asked after a try that failed, so that nobody gives up without having asked. */
  function assertNoLongOutage(): void {
    if (breaker.outageMs() <= maxOutageMs) return;
    over ??= new CioBulkError('outage', `${options.place ?? 'the API'} has not answered for ${Math.round(breaker.outageMs() / 1000)} s (--max-outage)`, {
      hint: 'nothing is lost: run the same command again when the service is back',
    });
    throw over;
  }

  /** Asks for the region: does the service answer at all? */
  async function serviceAnswers(stopping: AbortSignal, aborting: AbortSignal): Promise<boolean> {
    await pacer.start(0, true, stopping);
    if (stopping.aborted) return false;
    requests++;
    const reply = await wire.send({ method: 'GET', path: REGION_PATH, body: new Uint8Array(), rows: 0, attempt: 0 }, aborting);
    const verdict = classify(reply);
    return verdict !== 'retryable' && verdict !== 'throttled';
  }

  async function backOff(reply: Reply, attempt: number, stopping: AbortSignal): Promise<void> {
    const asked = reply.kind === 'response' ? reply.retryAfterMs : undefined;
    const own = random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt);
    const pauseMs = Math.max(own, asked ?? 0);
    await health.backOff(clock.monotonic() + pauseMs, clock.sleep(pauseMs, stopping));
  }

  async function persist(content: Omit<WireRequest, 'attempt'>, stopping: AbortSignal, aborting: AbortSignal): Promise<FinalReply> {
    const patience = content.isSuspect === true && content.rows > 1 ? Math.min(SUSPECT_ATTEMPTS, maxAttempts) : maxAttempts;
    let acceptedBefore = accepted;
    let openingsBefore = breaker.openings();
    let throttles = throttling.watch();
    let attempt = 0;
    for (let tries = 0; ; tries++) {
      const result = await once({ ...content, attempt: tries }, stopping, aborting);
      if (!result) return { reply: ABORTED, othersPassed: false, ...(tries === 0 ? { isUnsent: true } : {}) };
      const { reply, serviceIsThere } = result;
      const verdict = classify(reply);
      if (verdict === 'accepted' || verdict === 'refused') return { reply, othersPassed: true };
      const fatal = fatalError(reply, verdict);
      if (fatal) throw over ?? fatal;
      if (over !== undefined || aborted(reply) || stopping.aborted) return { reply: ABORTED, othersPassed: false };
      assertNoLongOutage();
      if (verdict === 'throttled') {
        // Never the fault of these bytes, unless it can be nothing else: it uses up no attempts.
        throttling.throttled(reply, content.isSuspect === true);
        throttles.again();
        if (throttles.count() >= patience) {
          if (throttles.isItsOwn(content.rows)) return { reply, othersPassed: true };
          if (!throttles.othersPassed()) {
            // Nothing gets through at all. A service that answers the question for the region may mind these bytes alone: parts will tell.
            const mayBeItsOwn = !breaker.isOpen() && (await serviceAnswers(stopping, aborting));
            if (stopping.aborted) return { reply: ABORTED, othersPassed: false };
            if (mayBeItsOwn && content.rows > 1) return { reply, othersPassed: false };
            breaker.trip();
            if (mayBeItsOwn) return { reply, othersPassed: false };
          }
        }
      } else {
        throttles = throttling.watch();
        if (serviceIsThere && content.rows > 1) return { reply, othersPassed: true };
        if (++attempt >= patience) {
          if (accepted > acceptedBefore || serviceIsThere) return { reply, othersPassed: true };
          // Nothing else got through either: is it these bytes, or the whole service? An outage uses up nobody's attempts.
          if (!breaker.isOpen() && (await serviceAnswers(stopping, aborting))) return { reply, othersPassed: true };
          if (stopping.aborted) return { reply: ABORTED, othersPassed: false };
          breaker.trip();
        }
      }
      if (breaker.openings() > openingsBefore && !serviceIsThere) {
        openingsBefore = breaker.openings();
        attempt = 0;
        throttles = throttling.watch();
        acceptedBefore = accepted;
      }
      if (breaker.isOpen()) await waitForService(stopping);
      else if (verdict !== 'throttled') await backOff(reply, attempt, stopping);
    }
  }

  return {
    requests: () => requests,
    retries: () => retries,
    waiting: () => health.waiting(breaker.openUntil(), throttling.pausedUntil()),
    async send(content, { stopping, aborting }) {
      asking++;
      try {
        return await persist(content, stopping, aborting);
      } finally {
        if (--asking === 0) breaker.rest();
      }
    },
  };
}

function aborted(reply: Reply): boolean {
  return reply.kind === 'fault' && reply.fault === 'aborted';
}
