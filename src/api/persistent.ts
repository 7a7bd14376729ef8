import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Reply } from '../domain/outcome.ts';
import { classify, replyCode, type Sender, type WireRequest } from '../domain/wire.ts';
import type { Waiting } from '../domain/waiting.ts';
import type { Breaker } from './breaker.ts';
import { createHealth } from './health.ts';
import type { Pacer } from './pacer.ts';
import type { Slots } from './slots.ts';

/** Full jitter: random between 0 and the doubled base, up to the cap. */
const BACKOFF_BASE_MS = 200;
const BACKOFF_CAP_MS = 20_000;
const THROTTLE_BASE_MS = 1_000;
const THROTTLE_CAP_MS = 30_000;
const ABORTED: Reply = { kind: 'fault', fault: 'aborted' };
/** Failures of suspects in a row that are not held against the service: isolating one row of a thousand takes ten halvings. */
const SUSPECT_FAILURES_MAX = 64;
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
}

/** The last word on a request. `othersPassed`: the service answered others while this one kept failing, so that it is about these bytes. */
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

/** retry(breaker(limit(wire))): every try asks the breaker, takes a slot, and pays the pacer. */
export function createPersistentSender(options: PersistentOptions): PersistentSender {
  const { wire, pacer, breaker, slots, clock, random, maxAttempts, maxOutageMs } = options;
  const health = createHealth(clock);
  let requests = 0;
  let retries = 0;
  let accepted = 0;
  let throttledInARow = 0;
  let failuresInARow = 0;
  let pausedUntil = -Infinity;
  /** No row can be sent at all: whoever waits for a turn need not try. */
  let over: CioBulkError | undefined;

  /** One try. Undefined when the run is over or stops before it has begun. */
  async function once(request: WireRequest, stopping: AbortSignal, aborting: AbortSignal): Promise<Reply | undefined> {
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
          const verdict = classify(reply);
          if (verdict === 'unauthorized' || verdict === 'forbidden' || verdict === 'redirected') over ??= fatal(reply, verdict);
          if (verdict === 'retryable') failuresInARow++;
          breaker.record(admission, resultOf(reply, request));
          if (verdict === 'accepted') {
            failuresInARow = 0;
            accepted++;
            throttledInARow = 0;
          }
          return reply;
        }
      } finally {
        slots.release();
      }
      await waitForService(stopping);
      if (stopping.aborted) return undefined;
    }
  }

  /** What a reply says about the service's health. A culprit on its way to stand alone says nothing, until it takes too long. */
  function resultOf(reply: Reply, { isSuspect }: WireRequest): 'success' | 'failure' | 'neither' {
    const verdict = classify(reply);
    if (aborted(reply) || verdict === 'throttled') return 'neither';
    if (verdict !== 'retryable') return 'success';
    return isSuspect === true && failuresInARow <= SUSPECT_FAILURES_MAX ? 'neither' : 'failure';
  }

  /** Waits while the breaker is open, without a slot. An outage has an end: then the run stops, resumable. */
  async function waitForService(stopping: AbortSignal): Promise<void> {
    while (breaker.isOpen() && !stopping.aborted) {
      if (breaker.outageMs() > maxOutageMs) throw outage();
      await clock.sleep(100, stopping);
    }
  }

  function outage(): CioBulkError {
    return new CioBulkError('outage', `the API has not answered for ${Math.round(breaker.outageMs() / 1000)} s (--max-outage)`, {
      hint: 'nothing is lost: run the same command again when the service is back',
    });
  }

  /** Asks for the region: does the service answer at all? */
  async function serviceAnswers(stopping: AbortSignal, aborting: AbortSignal): Promise<boolean> {
    await pacer.start(0, true, stopping);
    requests++;
    const reply = await wire.send({ method: 'GET', path: REGION_PATH, body: new Uint8Array(), rows: 0, attempt: 0 }, aborting);
    const verdict = classify(reply);
    return verdict !== 'retryable' && verdict !== 'throttled';
  }

  function throttled(reply: Reply): void {
    const now = clock.monotonic();
    // Requests that were under way together are throttled together: that is one pause for all of them, not a longer one for each.
    if (now >= pausedUntil) {
      const cap = Math.min(THROTTLE_CAP_MS, THROTTLE_BASE_MS * 2 ** throttledInARow);
      pausedUntil = now + cap / 2 + (random() * cap) / 2;
      throttledInARow = Math.min(throttledInARow + 1, 10);
    }
    pacer.slowDown(Math.max(pausedUntil - now, (reply.kind === 'response' ? reply.retryAfterMs : undefined) ?? 0));
  }

  async function backOff(reply: Reply, attempt: number, stopping: AbortSignal): Promise<void> {
    const asked = reply.kind === 'response' ? reply.retryAfterMs : undefined;
    const own = random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt);
    const pauseMs = Math.max(own, asked ?? 0);
    await health.backOff(clock.monotonic() + pauseMs, clock.sleep(pauseMs, stopping));
  }

  return {
    requests: () => requests,
    retries: () => retries,
    waiting: () => health.waiting(breaker.openUntil(), pausedUntil),
    async send(content, { stopping, aborting }) {
      let acceptedBefore = accepted;
      let acceptedAtThrottle = accepted;
      let attempt = 0;
      let throttles = 0;
      for (let tries = 0; ; tries++) {
        const reply = await once({ ...content, attempt: tries }, stopping, aborting);
        if (!reply) return { reply: ABORTED, othersPassed: false, ...(tries === 0 ? { isUnsent: true } : {}) };
        const verdict = classify(reply);
        if (verdict === 'accepted' || verdict === 'refused') return { reply, othersPassed: true };
        if (verdict === 'unauthorized' || verdict === 'forbidden' || verdict === 'redirected') throw over ?? fatal(reply, verdict);
        if (over !== undefined) return { reply: ABORTED, othersPassed: false };
        if (aborted(reply) || stopping.aborted) return { reply: ABORTED, othersPassed: false };
        if (verdict === 'throttled') {
          // Never the fault of these bytes: it uses up no attempts. A service that says nothing else is as good as down.
          throttled(reply);
          if (accepted > acceptedAtThrottle) throttles = 0;
          acceptedAtThrottle = accepted;
          if (++throttles >= maxAttempts) breaker.trip();
        } else if (++attempt >= maxAttempts) {
          if (accepted > acceptedBefore) return { reply, othersPassed: true };
          // Nothing else got through either: is it these bytes, or the whole service? An outage uses up nobody's attempts.
          if (!breaker.isOpen() && (await serviceAnswers(stopping, aborting))) return { reply, othersPassed: true };
          if (stopping.aborted) return { reply: ABORTED, othersPassed: false };
          breaker.trip();
        }
        if (breaker.isOpen()) {
          attempt = 0;
          throttles = 0;
          acceptedBefore = accepted;
          await waitForService(stopping);
        } else if (verdict !== 'throttled') await backOff(reply, attempt, stopping);
      }
    },
  };
}

function aborted(reply: Reply): boolean {
  return reply.kind === 'fault' && reply.fault === 'aborted';
}

function fatal(reply: Reply, verdict: 'unauthorized' | 'forbidden' | 'redirected'): CioBulkError {
  const code = replyCode(reply);
  if (verdict === 'unauthorized')
    return new CioBulkError('unauthorized', 'Customer.io refused the credentials (401)', {
      hint: 'check CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY; rows already sent are recorded, run the same command again',
    });
  if (verdict === 'forbidden')
    return new CioBulkError('forbidden', 'Customer.io does not allow this (403)', { hint: 'check that the key belongs to this workspace and may write to it' });
  const host = reply.kind === 'response' && reply.location !== undefined ? hostOf(reply.location) : undefined;
  return new CioBulkError('redirected', `the API redirects${host === undefined ? '' : ` to ${host}`} (${code}); credentials and data are not sent there`, {
    hint: 'set CUSTOMERIO_REGION to the region of the account (us or eu)',
  });
}

function hostOf(location: string): string | undefined {
  return URL.canParse(location) ? new URL(location).host : undefined;
}
