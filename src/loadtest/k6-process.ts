import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { K6Exit } from './k6-exit.ts';

export interface K6Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Receives all output of k6. */
  readonly logPath: string;
  /** Ends k6 gracefully, once: iterations end, the summary is written. */
  readonly stopping: AbortSignal;
  /** Ends k6 at once. */
  readonly aborting: AbortSignal;
  /** How long k6 may take to stop before it is killed. */
  readonly graceMs: number;
}

export interface K6Process {
  readonly pid: number;
  readonly exit: Promise<K6Exit>;
  /** Ends whatever is left of k6's process group. */
  kill(): void;
}

/**
 * Starts k6 in a process group of its own. A Ctrl-C in the terminal reaches only the launcher, which passes it on exactly once: k6
 * would take a second one as "now" and write no summary. Rejects if it cannot be started.
 */
export async function startK6(command: K6Command): Promise<K6Process> {
  const log = openSync(command.logPath, 'a', 0o600);
  const child = spawn(command.path, [...command.args], {
    env: command.env,
    cwd: command.cwd,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid ?? 0;
  let isOver = false;
  const signalGroup = (signal: 'SIGINT' | 'SIGKILL'): void => {
    if (!isOver) sendToGroup(pid, signal);
  };

  let grace: NodeJS.Timeout | undefined;
  const stop = (): void => {
    signalGroup('SIGINT');
    grace = setTimeout(() => signalGroup('SIGKILL'), command.graceMs);
  };
  const abort = (): void => signalGroup('SIGKILL');

  const exit = new Promise<K6Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      isOver = true;
      clearTimeout(grace);
      command.stopping.removeEventListener('abort', stop);
      command.aborting.removeEventListener('abort', abort);
      resolve({ code, signal });
    });
  });
  listen(command.stopping, stop);
  listen(command.aborting, abort);
  return { pid, exit, kill: abort };
}

function listen(signal: AbortSignal, action: () => void): void {
  if (signal.aborted) action();
  else signal.addEventListener('abort', action, { once: true });
}

/** Windows has no process groups, so only the process itself gets the signal there. */
function sendToGroup(pid: number, signal: 'SIGINT' | 'SIGKILL'): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch (cause) {
    // It ended between the check and the signal, which is what we wanted.
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}
