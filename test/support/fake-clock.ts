import type { Clock } from '../../src/domain/host.ts';

export interface FakeClock extends Clock {
  /** Lets time pass. Sleepers wake in order, and each finishes its work before the next one wakes. */
  pass(ms: number): Promise<void>;
  /** Sets the wall clock; the monotonic clock is unaffected. */
  jump(ms: number): void;
  /** How many callers are asleep. */
  sleeping(): number;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes only when the test says so. */
export function fakeClock(startMs = 1_700_000_000_000): FakeClock {
  let time = 0;
  let wall = startMs;
  let sleepers: Sleeper[] = [];
  return {
    now: () => wall + time,
    monotonic: () => time,
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper: Sleeper = {
          at: time + Math.max(0, delayMs),
          wake() {
            sleepers = sleepers.filter((one) => one !== sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    async pass(ms) {
      const until = time + ms;
      await settle();
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        time = Math.max(time, next.at);
        next.wake();
        await settle();
      }
      time = until;
    },
    jump: (ms) => void (wall += ms),
    sleeping: () => sleepers.length,
  };
}

/** Lets everything run that does not wait for time to pass. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
