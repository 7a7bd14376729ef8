import type { Readable, Writable } from 'node:stream';
import type { ExitCode } from './errors.ts';

/** Time, as a parameter: nothing below `host.ts` asks the machine for it. */
export interface Clock {
  /** Milliseconds since 1970, for what is stored and shown. */
  now(): number;
  /** Milliseconds that only go forward, for measuring and pacing: a clock jump does not touch it. */
  monotonic(): number;
  /** Resolves after `delayMs`, or at once when the signal aborts. Never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface InputStream extends Readable {
  readonly isTTY?: boolean;
}

/** The process, as the commands see it. */
export interface Host {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  readonly random: () => number;
  /**
   * Two-step shutdown. `stopping` aborts at the first SIGINT or SIGTERM (settle what is in flight, then end), `aborting`
   * at the second (end at once). `stopCode()` is 130, 143, or undefined while nobody asked.
   */
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
  stopCode(): ExitCode | undefined;
  /**
   * The end: neither a pipe on stdin that never ends nor a reader that has stopped reading may keep the process. `isComplete`: stdout
   * was taken to its end. `mustLeave`: bytes wait for a reader that does not come, and only leaving ends that.
   */
  end(): Promise<{ readonly isComplete: boolean; readonly mustLeave: boolean }>;
}
