import type { Clock } from '../domain/host.ts';

const PAUSE_MS = 100;

/** Calls until there is an answer; undefined when it is over before. For calls that do no harm when they come twice. */
export async function insisting<T>(
  clock: Clock,
  isOver: () => boolean,
  call: () => Promise<T>,
): Promise<T | undefined> {
  while (!isOver()) {
    try {
      return await call();
    } catch {
      await clock.sleep(PAUSE_MS);
    }
  }
  return undefined;
}
