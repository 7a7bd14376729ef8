import type { Budget } from '../domain/budget.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import { WINDOW_MARGIN_MS, windowMs } from '../domain/pacing.ts';
import { span } from '../domain/text/numbers.ts';
import type { Waiting } from '../domain/waiting.ts';
import { RedisFault } from './redis-fault.ts';
import type { RedisLink } from './redis-link.ts';

const POLL_MS = 50;

export interface EnduringOptions {
  readonly link: Pick<RedisLink, 'fault' | 'place'>;
  readonly clock: Clock;
  /** `--budget-fallback`: starts while Redis is away. Without it there are none. */
  readonly fallback: Budget | undefined;
  /** Redis has been away for longer than this: no more starts at all. */
  readonly maxOutageMs: number;
  readonly onAway: (why: RedisFault) => void;
  readonly onBack: (awayMs: number) => void;
}

/**
 * What a sender does while Redis is away: it waits, and rows stay pending; or it goes on at a rate of its own.
 *
 *   asking Redis --a fault--> away, waiting --Redis is back--> asking Redis
 *                             away, waiting --for too long--> thrown
 *                             away, falling back --Redis is back, and a window has passed--> asking Redis
 */
export function enduring(shared: Budget, options: EnduringOptions): Budget {
  const { clock, fallback } = options;
  const absence = createAbsence(options);
  let fellBackAt = -Infinity;

  /** The starts of the fallback are in no log: before this sender shares again, they must be over. */
  async function share(leaving: AbortSignal, wanted: number): Promise<boolean> {
    const ms = fellBackAt + windowMs(shared.currentRate()) + WINDOW_MARGIN_MS - clock.monotonic();
    if (ms > 0) await clock.sleep(ms, leaving);
    const may = await shared.next(leaving, wanted);
    absence.end();
    return may;
  }

  return {
    async next(leaving, wanted) {
      while (!leaving.aborted) {
        try {
          absence.assertUp();
          return await share(leaving, wanted);
        } catch (error) {
          absence.begin(error);
        }
        if (!fallback) await absence.waitOut(leaving);
        else if (await fallback.next(leaving, wanted)) {
          fellBackAt = clock.monotonic();
          return true;
        }
      }
      return false;
    },
    slowDown(pauseMs) {
      shared.slowDown(pauseMs);
      fallback?.slowDown(pauseMs);
    },
    currentRate: () => (absence.isNow() && fallback ? fallback : shared).currentRate(),
    recentStartsAgoMs: () => [...shared.recentStartsAgoMs(), ...(fallback?.recentStartsAgoMs() ?? [])],
    waiting: () => (fallback ? undefined : absence.waiting()),
  };
}

/** The time from the first call that Redis did not answer to the next one that it did. */
function createAbsence({ link, clock, maxOutageMs, onAway, onBack }: EnduringOptions) {
  let now: { readonly since: number; readonly why: RedisFault } | undefined;
  return {
    assertUp(): void {
      const fault = link.fault();
      if (fault) throw fault;
    },
    isNow: () => now !== undefined,
    begin(error: unknown): void {
      if (!(error instanceof RedisFault)) throw error;
      if (!now) onAway(error);
      now ??= { since: clock.monotonic(), why: error };
    },
    end(): void {
      if (now) onBack(clock.monotonic() - now.since);
      now = undefined;
    },
    /** Until there is a connection again. Throws when there was no answer for too long. */
    async waitOut(leaving: AbortSignal): Promise<void> {
      while (link.fault() && !leaving.aborted) {
        const awayMs = now ? clock.monotonic() - now.since : 0;
        if (awayMs > maxOutageMs) throw tooLong(link, awayMs);
        await clock.sleep(POLL_MS, leaving);
      }
    },
    waiting: (): Waiting | undefined =>
      now && {
        state: 'budget',
        reason: `the shared budget cannot be asked: Redis at ${link.place.name} ${(link.fault() ?? now.why).message}`,
        since: now.since,
        until: null,
      },
  };
}

function tooLong({ fault, place }: Pick<RedisLink, 'fault' | 'place'>, awayMs: number): CioBulkError {
  return new CioBulkError(
    'budget_unreachable',
    `Redis at ${place.name}, which holds the shared budget, ${fault()?.message ?? 'was away'} for ${span(awayMs)} (--max-outage)`,
    {
      hint: 'nothing is lost: run the same command again when Redis is back, or let it send meanwhile with --budget-fallback',
    },
  );
}

/** At most a share of the budget: a start has to be one of its own, too. */
export function withinShare(shared: Budget, own: Budget): Budget {
  return {
    ...shared,
    next: async (leaving, wanted) => (await own.next(leaving, wanted)) && shared.next(leaving, 1),
  };
}
