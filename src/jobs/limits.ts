import { setMaxListeners } from 'node:events';
import { CioBulkError, type ErrorCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { SendingOptions } from '../session/options.ts';

/** `--max-errors n%` judges nothing before this many rows are settled. */
const SHARE_ROWS_MIN = 100;

type LimitOptions = Pick<SendingOptions, 'maxErrors' | 'maxDurationMs'>;

/** What `--max-errors` is measured against. */
export interface SettledCounts {
  readonly settled: number;
  /** Those of them that did not arrive. */
  readonly undelivered: number;
}

/** What may end a run before its source does. The first reason wins. */
export interface Limits {
  /** Aborts at a signal, a limit, a deadline, or a failed spool. */
  readonly stopping: AbortSignal;
  check(counts: SettledCounts): void;
  fail(error: unknown): void;
  reason(): CioBulkError | undefined;
  close(): void;
}

/** Runs `work` under its limits. */
export async function withLimits<T>(
  options: LimitOptions,
  host: Host,
  work: (limits: Limits) => Promise<T>,
): Promise<T> {
  const limits = createLimits(options, host);
  try {
    return await work(limits);
  } finally {
    limits.close();
  }
}

/** `startedAt`: when the command began, by the monotonic clock; --max-duration counts from there. */
export function createLimits(options: LimitOptions, host: Host, startedAt = host.clock.monotonic()): Limits {
  const stop = new AbortController();
  let reason: CioBulkError | undefined;
  const end = (code: ErrorCode, message: string, hint?: string): void => {
    reason ??= new CioBulkError(code, message, hint === undefined ? {} : { hint });
    stop.abort();
  };
  const timer =
    options.maxDurationMs === undefined
      ? undefined
      : setTimeout(
          () =>
            end(
              'deadline_reached',
              '--max-duration has passed; everything in flight is settled',
              'run the same command again to continue',
            ),
          Math.max(0, options.maxDurationMs - (host.clock.monotonic() - startedAt)),
        );
  const stopping = AbortSignal.any([host.stopping, stop.signal]);
  setMaxListeners(0, stopping); // every request in flight listens
  return {
    stopping,
    check({ settled, undelivered }) {
      const { maxErrors } = options;
      if (!maxErrors || reason) return;
      const tooMany =
        maxErrors.rows !== undefined
          ? undelivered > maxErrors.rows
          : settled >= SHARE_ROWS_MIN && undelivered > settled * (maxErrors.share ?? 1);
      if (tooMany)
        end(
          'max_errors',
          `${undelivered} rows ended up undelivered, more than --max-errors allows`,
          'see them with `cio-bulk failures`; run the same command with a higher --max-errors to continue',
        );
    },
    fail(error) {
      reason ??=
        error instanceof CioBulkError
          ? error
          : new CioBulkError('input_unreadable', 'the stream could not be read to its end', { cause: error });
      stop.abort();
    },
    reason: () => reason,
    close: () => clearTimeout(timer),
  };
}

/** The same host, which also stops when a limit is reached: for the time before there is a run. */
export function stoppingAt(host: Host, { stopping }: Limits): Host {
  return Object.create(host, { stopping: { value: stopping } }) as Host; // not a copy: that would open stdin
}
