import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type ExitCode } from './domain/errors.ts';
import type { Clock, Host } from './domain/host.ts';

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(delayMs, signal) {
    try {
      await sleep(Math.max(0, delayMs), undefined, signal ? { signal } : undefined);
    } catch {
      // aborted: the caller looks at the signal
    }
  },
};

/**
 * The real process. The first SIGINT, SIGTERM or SIGHUP stops (settle, then end), the second aborts. A reader of stdout
 * that goes away ends the talking, not the work.
 */
export function processHost(): Host {
  const stopping = new AbortController();
  const aborting = new AbortController();
  setMaxListeners(0, stopping.signal, aborting.signal); // every request in flight listens
  let stopCode: ExitCode | undefined;
  let stdin: typeof process.stdin | undefined;
  const onSignal = (code: ExitCode) => (): void => {
    stopCode ??= code;
    if (stopping.signal.aborted) aborting.abort();
    else stopping.abort();
  };
  process.on('SIGINT', onSignal(EXIT.sigint));
  process.on('SIGTERM', onSignal(EXIT.sigterm));
  process.on('SIGHUP', onSignal(EXIT.sigterm)); // the terminal went away
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    get stdin() {
      return (stdin ??= process.stdin); // opening it takes a while, and most commands never look
    },
    stdout: process.stdout,
    stderr: process.stderr,
    clock,
    random: Math.random,
    stopping: stopping.signal,
    aborting: aborting.signal,
    stopCode: () => stopCode,
    letGo: () => void stdin?.destroy(),
  };
}
