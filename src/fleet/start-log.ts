import type { Clock } from '../domain/host.ts';
import { WINDOW_MARGIN_MS } from '../domain/pacing.ts';
import { RedisFault } from './redis-fault.ts';
import type { RedisLink } from './redis-link.ts';
import { GIVE_BACK, RESERVE, SLOW_DOWN } from './script.ts';
import { createServerClock } from './server-clock.ts';

/** While nothing is free, Redis is asked this often at least: what it says may change. */
const ASK_EVERY_MS = 1_000;
/** So much work is reserved at once: at low rates one start at a time, which is the fairest. */
const RESERVED_MS = 10;
/** How much later than planned a start may begin, on top of the way to Redis and back. */
const STALL_MS = 5;
/** So many ways tell how long it is: one that took long, because this process was stopped, says nothing about Redis. */
const WAYS_KEPT = 7;

/** A start that is reserved in Redis, and when it may begin here; monotonic. */
export interface Start {
  readonly entry: string;
  readonly from: number;
  readonly until: number;
}

/** The log of all senders' starts in Redis, as one of them sees it. Times that come from Redis are told in those of the clock here. */
export interface StartLog {
  /** At most so many; none when nothing is free before `freeAt()`. Rejects with a RedisFault when Redis cannot be asked. */
  reserve(wanted: number): Promise<readonly Start[]>;
  /** They did not begin, so that others may. One that cannot be given back, because Redis is away, is lost. */
  giveBack(starts: readonly Start[]): void;
  slowDown(pauseMs: number): void;
  /** When it is worth asking again; monotonic. */
  freeAt(): number;
  /** Starts per second, and how many of them are allowed right now. */
  rate(): { readonly full: number; readonly allowed: number };
}

export interface StartLogOptions {
  readonly link: RedisLink;
  /** `{cio:<workspace>}`: names are the same in every version. */
  readonly prefix: string;
  /** Starts per second, to begin with when Redis has lost it. */
  readonly rate: number;
  readonly clock: Clock;
}

export function createStartLog({ link, prefix, rate, clock }: StartLogOptions): StartLog {
  const log = `${prefix}:budget`;
  const keys = [`${prefix}:meta`, log, `${prefix}:slow`];
  const server = createServerWatch();
  let full = rate;
  let allowed = rate;
  let freeAt = 0;
  const way = createWay();

  function giveBack(starts: readonly Start[]): void {
    for (const { entry } of starts) link.run(GIVE_BACK, [log, entry]).catch(() => undefined);
  }

  return {
    async reserve(wanted) {
      const { runId } = link.facts();
      const hasJumped = server.hasJumped(runId);
      const wayMs = way.medianMs();
      const lateMs = Math.max(WINDOW_MARGIN_MS, STALL_MS + 1.5 * wayMs);
      const most = Math.max(1, Math.ceil((allowed * (RESERVED_MS + 2 * wayMs)) / 1000));
      const askedAt = clock.monotonic();
      const args = [runId, full, Math.round(lateMs * 1000), Math.min(wanted, most), hasJumped ? 1 : 0];
      const { now, waitMs, entries, ...rates } = parsed(await link.run(RESERVE, [...keys, ...args]));
      const answeredAt = clock.monotonic();
      ({ full, allowed } = rates);
      way.add(answeredAt - askedAt);
      freeAt = answeredAt + Math.min(ASK_EVERY_MS, waitMs);
      // The clock there was read at some moment between the two here: so `from` is never too early, and `until` never too late.
      const starts = entries.map((entry) => {
        const inMs = msOf(entry) - now;
        return { entry, from: answeredAt + inMs, until: askedAt + inMs + lateMs };
      });
      if (!server.isSetSince({ serverMs: now, askedAt, answeredAt })) return starts;
      giveBack(starts);
      return [];
    },
    giveBack,
    slowDown: (pauseMs) => void link.run(SLOW_DOWN, [...keys, Math.round(pauseMs * 1000)]).catch(() => undefined),
    freeAt: () => freeAt,
    rate: () => ({ full, allowed }),
  };
}

/** How long it takes to Redis and back, lately. */
function createWay() {
  let waysMs: readonly number[] = Array.from({ length: WAYS_KEPT }, () => 0);
  return {
    add: (ms: number): void => void (waysMs = [...waysMs.slice(1), ms]),
    medianMs: (): number => waysMs.toSorted((a, b) => a - b)[(WAYS_KEPT - 1) / 2] ?? 0,
  };
}

/** Watches one server after the other. */
function createServerWatch() {
  let runId = '';
  let clock = createServerClock();
  let hasJumped = false;
  return {
    /** Whether its clock was set, as far as this sender has seen and not yet told. */
    hasJumped(runIdNow: string): boolean {
      if (runIdNow === runId) return hasJumped;
      runId = runIdNow;
      clock = createServerClock();
      return (hasJumped = false);
    },
    isSetSince: (reading: Parameters<typeof clock.isSetSince>[0]): boolean => (hasJumped = clock.isSetSince(reading)),
  };
}

interface Reserved {
  /** Milliseconds, as all times here; Redis counts microseconds. */
  readonly now: number;
  readonly full: number;
  readonly allowed: number;
  readonly waitMs: number;
  readonly entries: readonly string[];
}

function parsed(reply: unknown): Reserved {
  if (!Array.isArray(reply) || reply.length < 4) throw new RedisFault('does not answer what its script returns');
  const [now = '', full, allowed, wait = '', ...entries] = reply.map(String);
  return { now: msOf(now), full: Number(full), allowed: Number(allowed), waitMs: msOf(wait), entries };
}

/** Of the microseconds that a text begins with. */
function msOf(text: string): number {
  return Number.parseInt(text, 10) / 1000;
}
