import type { Traffic } from '../domain/courier.ts';
import type { Sender } from '../domain/wire.ts';
import type { Health } from './health.ts';

/**
 * Counts what goes out and shows it to whoever watches; changes nothing. Requests without rows (probes) are counted, but say nothing
 * about how the rows fare.
 */
export function observed(inner: Sender, health: Health): Sender & { traffic(): Traffic } {
  let requests = 0;
  let retries = 0;
  let bytesSent = 0;
  return {
    send(request, signals) {
      requests++;
      if (request.attempt > 0) retries++;
      bytesSent += request.body.length;
      const reply = inner.send(request, signals);
      return request.rows === 0 ? reply : health.watch(reply);
    },
    traffic: () => ({ requests, retries, bytesSent }),
  };
}
