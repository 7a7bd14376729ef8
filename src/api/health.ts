import type { Clock } from '../domain/host.ts';
import type { Reply } from '../domain/outcome.ts';
import { classify } from '../domain/wire.ts';
import type { Waiting } from '../domain/waiting.ts';

/** What the wire looks like from here, for people who watch. It decides nothing. */
export interface Health {
  /** One try, from its first byte to the answer. */
  watch(reply: Promise<Reply>): Promise<Reply>;
  /** A request that waits for its next try. */
  backOff(untilMs: number, pause: Promise<void>): Promise<void>;
  /** Undefined while something gets through, or nothing was asked. `openUntil`: of the breaker; `pausedUntil`: after a 429. */
  waiting(openUntil: number | undefined, pausedUntil: number): Waiting | undefined;
}

export function createHealth(clock: Clock): Health {
  const asked = new Set<{ readonly at: number }>();
  const backingOff = new Set<{ readonly at: number; readonly until: number }>();
  /** The last answer that was none, and since when there was no other. */
  let trouble: { readonly since: number; readonly reply: Reply } | undefined;

  return {
    async watch(reply) {
      const own = { at: clock.monotonic() };
      asked.add(own);
      try {
        const result = await reply;
        const verdict = classify(result);
        if (verdict === 'retryable' || verdict === 'throttled')
          trouble = { since: trouble?.since ?? own.at, reply: result };
        else trouble = undefined;
        return result;
      } finally {
        asked.delete(own);
      }
    },
    async backOff(until, pause) {
      const own = { at: clock.monotonic(), until };
      backingOff.add(own);
      try {
        await pause;
      } finally {
        backingOff.delete(own);
      }
    },
    waiting(openUntil, pausedUntil) {
      const now = clock.monotonic();
      const reason = trouble ? words(trouble.reply) : 'the API does not answer';
      const since = trouble?.since ?? now;
      if (openUntil !== undefined) return { state: 'outage', reason, since, until: Math.max(now, openUntil) };
      if (pausedUntil > now)
        return { state: 'throttled', reason: 'the API asks for a pause (429)', since, until: pausedUntil };
      const [oldest] = asked;
      if (oldest)
        return {
          state: 'answer',
          reason: trouble ? `an answer; before, ${reason}` : 'an answer of the API',
          since: Math.min(oldest.at, since),
          until: null,
        };
      if (backingOff.size === 0) return undefined;
      return {
        state: 'retry',
        reason,
        since: Math.min(since, ...[...backingOff].map(({ at }) => at)),
        until: Math.min(...[...backingOff].map(({ until }) => until)),
      };
    },
  };
}

const FAULTS: Readonly<Record<string, string>> = {
  refused: 'the API refuses connections',
  dns: 'the host of the API has no address (DNS)',
  timeout: 'the API did not answer in time',
  tls: 'the certificate of the API cannot be trusted',
  reset: 'the API drops connections',
  protocol: 'what answers does not speak proper HTTP',
};

function words(reply: Reply): string {
  return reply.kind === 'fault'
    ? (FAULTS[reply.fault] ?? `the API cannot be reached (${reply.fault})`)
    : `the API answers ${reply.status}`;
}
