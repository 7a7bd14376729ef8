import { setMaxListeners } from 'node:events';
import { EXIT, type ExitCode } from './domain/errors.ts';
import type { Host } from './domain/host.ts';
import { openOutput } from './output-stream.ts';
import { processClock } from './runtime/clock.ts';

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
  const stdout = openOutput(process.stdout);
  const stderr = openOutput(process.stderr);
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    get stdin() {
      return (stdin ??= process.stdin); // opening it takes a while, and most commands never look
    },
    stdout: stdout.stream,
    stderr: stderr.stream,
    clock: processClock,
    random: Math.random,
    stopping: stopping.signal,
    aborting: aborting.signal,
    stopCode: () => stopCode,
    async end() {
      stdin?.destroy();
      const end = await stdout.end(stopping.signal);
      if (end === 'cut')
        stderr.stream.write(
          `cio-bulk: standard output could not be written to its end (${stdout.fault()}): what it holds is incomplete\n`,
        );
      if (end === 'unread')
        stderr.stream.write(
          `cio-bulk: nobody reads standard output: its last ${stdout.stream.writableLength.toLocaleString('en-US')} bytes are lost\n`,
        );
      const isHeard = (await stderr.end(stopping.signal)) !== 'unread';
      return { isComplete: end === 'taken', mustLeave: end === 'unread' || !isHeard };
    },
  };
}
