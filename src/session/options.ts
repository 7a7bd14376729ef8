import { CioBulkError } from '../domain/errors.ts';

/** `--max-errors 100` or `2%`. */
export interface ErrorLimit {
  readonly rows: number | undefined;
  readonly share: number | undefined;
}

/** A budget that this sender shares with all others of the workspace. */
export interface BudgetOptions {
  /** The URL of its Redis, or `env`: it is in CIO_BULK_REDIS_URL. */
  readonly url: string;
  /** `--rate`, when it was given. */
  readonly rate: number | undefined;
  readonly setRate: boolean;
  /** Of the budget, for this sender; 1 = all that is there. */
  readonly share: number;
  /** Requests per second while Redis is away; undefined = none. */
  readonly fallbackRate: number | undefined;
}

/** How fast, how parallel, how stubborn. These may differ from one process of a run to the next. */
export interface SendingOptions {
  readonly rate: number;
  readonly rowsPerSecond: number;
  readonly concurrency: number;
  /** In one batch at most; never more than `rowsPerSecond` allows in a second. */
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly maxOutageMs: number;
  readonly maxErrors: ErrorLimit | undefined;
  readonly maxDurationMs: number | undefined;
  readonly preflight: boolean;
  readonly allowTriggers: boolean;
  readonly sandbox: boolean;
  readonly envFile: string | undefined;
  readonly budget: BudgetOptions | undefined;
}

/** Which workspace is sent to, whether it is asked for its region first, and whose rate is used. */
export type TargetOptions = Pick<SendingOptions, 'preflight' | 'sandbox' | 'envFile' | 'budget'>;

/** What holds where nothing else is said. Full v2 batches; requests per second, milliseconds, bytes. */
export const SENDING_DEFAULTS: Omit<SendingOptions, keyof TargetOptions> = {
  rate: 80,
  rowsPerSecond: 0,
  concurrency: 15,
  batchRows: 1_000,
  batchBytes: 480_000,
  maxAttempts: 5,
  timeoutMs: 10_000,
  maxOutageMs: 15 * 60_000,
  maxErrors: undefined,
  maxDurationMs: undefined,
  allowTriggers: false,
};

/** `--sandbox` and credentials from a file contradict each other. */
export function assertTargetFlags({ sandbox, envFile }: Pick<SendingOptions, 'sandbox' | 'envFile'>): void {
  if (sandbox && envFile !== undefined)
    throw new CioBulkError(
      'usage',
      '--sandbox and --env-file contradict each other: the sandbox has credentials of its own',
    );
}
