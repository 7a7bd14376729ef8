import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../src/domain/host.ts';
import type { Reply } from '../../../src/domain/outcome.ts';
import type { Sender, WireRequest } from '../../../src/domain/wire.ts';

/** How much faster time passes than on the wall clock: pauses of seconds take milliseconds. */
const HASTE = 1_000;

export const hastyClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * HASTE,
  async sleep(delayMs, signal) {
    await sleep(delayMs / HASTE, undefined, signal ? { signal } : undefined).catch(() => undefined);
  },
};

/** What the simulated service does wrong, as shares of its requests. */
export interface Weather {
  readonly throttled: number;
  readonly broken: number;
  readonly resetBefore: number;
  readonly resetAfter: number;
  readonly timeoutAfter: number;
  readonly partial: number;
}

export interface World {
  readonly wire: Sender;
  /** Row numbers as they were applied, repeats included. */
  readonly applied: readonly number[];
  /** Rows that were refused for good. */
  readonly refused: ReadonlySet<number>;
  /** From now on nothing is applied or answered: the sender is dead. */
  die(): void;
  revive(): void;
  /** No more errors of any kind. */
  calm(): void;
}

const ACCEPTED: Reply = { kind: 'response', status: 200, body: '{}', retryAfterMs: undefined, location: undefined };
const answer = (status: number, body = ''): Reply => ({
  kind: 'response',
  status,
  body,
  retryAfterMs: undefined,
  location: undefined,
});
const fault = (kind: 'reset' | 'timeout' | 'aborted'): Reply => ({ kind: 'fault', fault: kind });

/** A reply, and the rows that were applied with it. */
interface Answered {
  readonly reply: Reply;
  readonly takes: readonly number[];
}

/** A row that was refused once is refused again, even if the sender died before it heard of it. */
function answerTo(rows: readonly number[], refused: ReadonlySet<number>): Answered {
  const errors = rows.flatMap((n, at) =>
    refused.has(n) ? [{ batch_index: at, reason: 'invalid', field: 'n', message: 'no' }] : [],
  );
  if (errors.length === 0) return { reply: ACCEPTED, takes: rows };
  return { reply: answer(207, JSON.stringify({ errors })), takes: rows.filter((n) => !refused.has(n)) };
}

function latency(random: () => number): Promise<unknown> {
  return random() < 0.3 ? sleep(random() * 3) : new Promise((resolve) => setImmediate(resolve));
}

/**
 * A service with weather. A row is identified by the `"n":7` in its bytes. Bytes containing "cursed" get a 500 until it is calm; a
 * batch containing "poison" gets a 400 as a whole.
 */
export function createWorld(weather: Weather, random: () => number): World {
  const applied: number[] = [];
  const refused = new Set<number>();
  let life = 0;
  let isDead = false;
  let isCalm = false;

  async function send(request: WireRequest): Promise<Reply> {
    const mine = life;
    await latency(random);
    if (isDead || mine !== life) return fault('aborted');
    if (request.path.endsWith('/region')) return ACCEPTED;
    const { reply, takes } = decide(Buffer.from(request.body).toString());
    applied.push(...takes);
    await latency(random);
    return isDead || mine !== life ? fault('aborted') : reply;
  }

  function decide(text: string): Answered {
    const rows = [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
    if (text.includes('poison')) {
      if (rows.length === 1) refused.add(rows[0] ?? 0);
      return { reply: answer(400, '{"errors":[{"message":"poison"}]}'), takes: [] };
    }
    if (isCalm) return accept(rows);
    if (text.includes('cursed')) return { reply: answer(500), takes: [] };
    let draw = random();
    const falls = (share: number): boolean => {
      draw -= share;
      return draw < 0;
    };
    if (falls(weather.throttled)) return { reply: answer(429), takes: [] };
    if (falls(weather.broken)) return { reply: answer(503, '<html>'), takes: [] };
    if (falls(weather.resetBefore)) return { reply: fault('reset'), takes: [] };
    if (falls(weather.resetAfter)) return { reply: fault('reset'), takes: accept(rows).takes };
    if (falls(weather.timeoutAfter)) return { reply: fault('timeout'), takes: accept(rows).takes };
    if (text.startsWith('{"batch":') && falls(weather.partial)) return partial(rows);
    return accept(rows);
  }

  const accept = (rows: readonly number[]): Answered => answerTo(rows, refused);

  /** A row that was applied before is not refused: its content has not changed since. */
  function partial(rows: readonly number[]): Answered {
    const victim = rows[Math.floor(random() * rows.length)] ?? 0;
    if (!applied.includes(victim)) refused.add(victim);
    return accept(rows);
  }

  return {
    wire: { send },
    applied,
    refused,
    die() {
      isDead = true;
      life++;
    },
    revive() {
      isDead = false;
    },
    calm() {
      isCalm = true;
    },
  };
}
