import type { LastWord } from '../domain/courier.ts';
import type { Reply } from '../domain/outcome.ts';
import { classify, isAborted, type Sender, type Signals, type WireRequest } from '../domain/wire.ts';
import { backOffMs } from './backoff.ts';
import { fatalError } from './fatal.ts';
import type { Health } from './health.ts';
import { createOutage, type OutageOptions } from './outage.ts';
import { createSuspicion, type SuspicionOptions } from './suspicion.ts';

const ABORTED: LastWord = { reply: { kind: 'fault', fault: 'aborted' }, othersPassed: false };

export type RetryingOptions = Omit<SuspicionOptions, 'accepted'> &
  OutageOptions & { readonly random: () => number; readonly health: Health };

export type Retrying = (content: Omit<WireRequest, 'attempt'>, signals: Signals) => Promise<LastWord>;

/**
 * The same bytes again and again, until there is a last word on them.
 *
 *   try --accepted, refused--> last word
 *       --401, 403, redirect--> thrown: no row can be sent at all
 *       --failed, throttled--> whose fault is it (suspicion.ts)? --its own, perhaps--> last word
 *                                                                --nobody's yet--> pause --> try
 *       --circuit open--> wait until it is not --> try; nothing was sent, so it counts as none
 *   anywhere --stopping--> last word `aborted`, which is unsent before the first try
 *   after a failed try --an outage that lasts too long--> thrown
 */
export function retrying(inner: Sender, options: RetryingOptions): Retrying {
  const { breaker, throttling, clock, random, health, ending } = options;
  const outage = createOutage(options);
  let accepted = 0;
  let asking = 0;

  async function persist(content: Omit<WireRequest, 'attempt'>, signals: Signals): Promise<LastWord> {
    const { stopping } = signals;
    const suspicion = createSuspicion(content, signals, { ...options, accepted: () => accepted });
    for (let tries = 0; ;) {
      const reply = await inner.send({ ...content, attempt: tries }, signals);
      if (isUnsent(reply)) {
        if (isAborted(reply)) return tries === 0 ? { ...ABORTED, isUnsent: true } : ABORTED;
        await outage.waitOut(stopping);
        continue;
      }
      tries++;
      const verdict = classify(reply);
      if (verdict === 'accepted') {
        accepted++;
        throttling.passed();
      }
      if (verdict === 'accepted' || verdict === 'refused') return { reply, othersPassed: true };
      const fatal = fatalError(reply, 'under way');
      if (fatal) throw ending.end(fatal);
      if (ending.reason() || isAborted(reply) || stopping.aborted) return ABORTED;
      outage.assertBearable();
      const finding = verdict === 'throttled' ? await suspicion.throttled(reply) : await suspicion.failed(reply);
      if (finding !== 'again') return { reply, othersPassed: finding === 'its own' };
      if (breaker.isOpen()) await outage.waitOut(stopping);
      else if (verdict !== 'throttled') await pause(backOffMs(reply, suspicion.attempts(), random), stopping); // a 429 has made the pacer pause
    }
  }

  function pause(pauseMs: number, stopping: AbortSignal): Promise<void> {
    return health.backOff(clock.monotonic() + pauseMs, clock.sleep(pauseMs, stopping));
  }

  return async (content, signals) => {
    asking++;
    try {
      return await persist(content, signals);
    } finally {
      if (--asking === 0) breaker.rest();
    }
  };
}

/** Stopped, or held back by the circuit, before a byte left. */
function isUnsent(reply: Reply): boolean {
  return reply.kind === 'fault' && reply.isUnsent === true;
}
