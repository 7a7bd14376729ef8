import Bottleneck from 'bottleneck';
import type { Clock } from '../domain/host.ts';

/** Bottleneck tops out near 400 jobs/s, and far lower on a busy machine; above this rate one job grants several starts. */
const JOBS_PER_SECOND_MAX = 100;
/**
 * The hard window is a little wider than its starts ask for (1.015 s for a second's worth): starts that the network or a busy
 * machine pushes together must not look like more than the rate to the service, which measures at its own door. Costs 1.5 %
 * of the rate.
 */
const WINDOW_WIDTH = 1.015;
/** The even spacing is closer than the rate asks for, so that what a stall has cost is won back; the window is the ceiling. */
const SPACING_SHARE = 0.8;
/** A wall clock that moved by more than this against the monotonic one has been set: Bottleneck must forget its schedule. */
const CLOCK_JUMP_MS = 500;
/** On 429 everybody slows down to this share, at most once a second, and never below the floor. */
const SLOWDOWN_FACTOR = 0.5;
const SLOWDOWN_EVERY_MS = 1000;
const RATE_MIN = 1;
/**
 * Share of the full rate won back in a second without a 429, once the pause is over: when a storm ends the full rate is back within
 * two seconds, and while it lasts there is a 429 about every two seconds, with nearly all of what the service grants used.
 */
const RECOVERY_PER_SECOND = 0.4;
const RECOVERY_EVERY_MS = 250;

export interface PacerOptions {
  /** Request starts per second; 0 = no limit. */
  readonly rate: number;
  /** Rows per second; 0 = no limit. */
  readonly rowsPerSecond: number;
  readonly clock: Clock;
  /** How long ago (ms) the requests of an earlier process on this workspace started, as far as they matter. */
  readonly recentStartsAgoMs?: readonly number[];
}

export interface Pacer {
  /** Resolves when a request may start, `urgent` ones (retries) first; also when the signal aborts: look at it afterwards. */
  start(rows: number, urgent: boolean, signal: AbortSignal): Promise<void>;
  /** The service said 429: fewer requests for everybody, none before `pauseMs` is over. */
  slowDown(pauseMs: number): void;
  /** Starts per second allowed right now. */
  currentRate(): number;
  /** How long ago (ms) the starts of the last window were: what the next process has to know. */
  recentStartsAgoMs(): number[];
}

interface Waiter {
  readonly rows: number;
  readonly go: () => void;
}

/**
 * Two limits on every start. Bottleneck spaces them evenly (`minTime`; a reservoir would fire a second's worth at once),
 * and a sliding window makes `rate` a hard ceiling, even when late timers want to catch up: a second long, and as long as one
 * start takes below one a second.
 */
export function createPacer({ rate: rateMax, rowsPerSecond, clock, recentStartsAgoMs = [] }: PacerOptions): Pacer {
  const urgent: Waiter[] = [];
  const normal: Waiter[] = [];
  const starts: number[] = recentStartsAgoMs.map((ago) => clock.monotonic() - ago).sort((a, b) => a - b);
  let rate = rateMax;
  let slowedAt = -Infinity;
  let recoveredAt = clock.monotonic();
  let notBefore = 0;
  let rowsFreeAt = 0;
  let granting = false;
  let sleeper: AbortController | undefined;
  let bottleneck = newBottleneck();
  let clockOffset = clock.now() - clock.monotonic();

  function startsPerJob(): number {
    return Math.max(1, Math.ceil(rate / JOBS_PER_SECOND_MAX));
  }

  function spacingMs(): number {
    return ((1000 * startsPerJob()) / rate) * SPACING_SHARE;
  }

  function newBottleneck(): Bottleneck {
    return new Bottleneck({ maxConcurrent: null, minTime: rate > 0 ? spacingMs() : 0 });
  }

  function setRate(next: number): void {
    rate = next;
    bottleneck.updateSettings({ minTime: spacingMs() });
  }

  function recover(): void {
    const now = clock.monotonic();
    const ms = now - recoveredAt;
    if (rate >= rateMax || ms < RECOVERY_EVERY_MS) return;
    recoveredAt = now;
    setRate(Math.min(rateMax, rate + (ms / 1000) * RECOVERY_PER_SECOND * rateMax));
  }

  /** Milliseconds until the window, the pause and the row limit all allow a start. */
  function waitMs(): number {
    const now = clock.monotonic();
    let until = Math.max(notBefore, rowsFreeAt);
    if (rateMax > 0) {
      const blocking = starts[starts.length - startsPerWindow(rate)];
      if (blocking !== undefined) until = Math.max(until, blocking + windowMs(rate));
    }
    return until - now;
  }

  async function grant(): Promise<void> {
    while (isWanted()) {
      if (rateMax > 0) {
        recover();
        const offset = clock.now() - clock.monotonic();
        if (Math.abs(offset - clockOffset) > CLOCK_JUMP_MS) bottleneck = newBottleneck();
        clockOffset = offset;
        await space();
      }
      for (let i = 0; i < startsPerJob() && isWanted(); i++) {
        for (let ms = waitMs(); ms > 0 && isWanted(); ms = waitMs()) {
          sleeper = new AbortController();
          await clock.sleep(ms, sleeper.signal);
        }
        grantOne();
      }
    }
    granting = false;
  }

  /**
   * One even step, cut short when nobody waits any more. Bottleneck looks at the wall clock some time after it was asked: a clock
   * that is set back in between would make it wait for as long. Either way it is replaced; the window keeps the limit.
   */
  async function space(): Promise<void> {
    const waiting = (sleeper = new AbortController());
    const isOver = await Promise.race([
      bottleneck.schedule(() => Promise.resolve()).then(
        () => true,
        () => true, // dropped below
      ),
      clock.sleep(spacingMs() + CLOCK_JUMP_MS, waiting.signal).then(() => false),
    ]);
    waiting.abort();
    if (isOver) return;
    void bottleneck.stop({ dropWaitingJobs: true }).catch(() => undefined); // with its timer, which would keep the process
    bottleneck = newBottleneck();
  }

  function isWanted(): boolean {
    return urgent.length > 0 || normal.length > 0;
  }

  function grantOne(): void {
    const waiter = urgent.shift() ?? normal.shift();
    if (!waiter) return;
    const now = clock.monotonic();
    if (rateMax > 0) {
      starts.push(now);
      if (starts.length > 2 * rateMax + 2) starts.splice(0, starts.length - Math.ceil(rateMax) - 1);
    }
    if (rowsPerSecond > 0) rowsFreeAt = Math.max(now, rowsFreeAt) + (waiter.rows * 1000) / rowsPerSecond;
    waiter.go();
  }

  return {
    start(rows, isUrgent, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const queue = isUrgent ? urgent : normal;
        const leave = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          if (!isWanted()) sleeper?.abort(); // nobody waits any more: no timer may keep the process alive
          resolve();
        };
        const waiter: Waiter = {
          rows,
          go() {
            signal.removeEventListener('abort', leave);
            resolve();
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(waiter);
        if (granting) return;
        granting = true;
        void grant();
      });
    },
    slowDown(pauseMs) {
      const now = clock.monotonic();
      notBefore = Math.max(notBefore, now + pauseMs);
      recoveredAt = notBefore;
      if (rateMax === 0 || now - slowedAt < SLOWDOWN_EVERY_MS) return;
      slowedAt = now;
      setRate(Math.max(Math.min(RATE_MIN, rateMax), rate * SLOWDOWN_FACTOR));
    },
    currentRate: () => rate,
    recentStartsAgoMs: () => starts.map((at) => clock.monotonic() - at).filter((ago) => ago < windowMs(rateMax)),
  };
}

function startsPerWindow(rate: number): number {
  return Math.max(1, Math.ceil(rate));
}

function windowMs(rate: number): number {
  return ((1000 * startsPerWindow(rate)) / rate) * WINDOW_WIDTH;
}
