import type { Clock } from '../domain/host.ts';
import type { Sender } from '../domain/wire.ts';
import { classify } from '../domain/wire.ts';
import { atLeastAsked } from './backoff.ts';

const PAUSE_MS = 500;

/**
 * Retries for a question, which holds up nobody's rows: so many attempts, and then the last reply is the answer.
 *
 *   try --failed or throttled, attempts left--> pause, longer each time --> try
 *       --anything else, no attempts left, or stopping--> over
 */
export function insisting(
  inner: Sender,
  { clock, maxAttempts }: { readonly clock: Clock; readonly maxAttempts: number },
): Sender {
  return {
    async send(request, signals) {
      for (let attempt = 1; ; attempt++) {
        const reply = await inner.send({ ...request, attempt: attempt - 1 }, signals);
        const verdict = classify(reply);
        if ((verdict !== 'retryable' && verdict !== 'throttled') || attempt >= maxAttempts || signals.stopping.aborted)
          return reply;
        await clock.sleep(atLeastAsked(reply, PAUSE_MS * attempt), signals.stopping);
      }
    },
  };
}
