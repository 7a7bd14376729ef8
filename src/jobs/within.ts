import type { Clock } from '../domain/host.ts';

/** Calls to a Redis that is away may never end: nobody waits for them any longer than this. */
export async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const isDone = new AbortController();
  await Promise.race([work, clock.sleep(ms, isDone.signal)]);
  isDone.abort();
}
