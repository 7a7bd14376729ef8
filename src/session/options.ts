import { CioBulkError } from '../domain/errors.ts';

/** `--max-errors 100` or `2%`. */
export interface ErrorLimit {
  readonly rows: number | undefined;
  readonly share: number | undefined;
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
}

/** `--sandbox` and credentials from a file contradict each other. */
export function assertTargetFlags({ sandbox, envFile }: Pick<SendingOptions, 'sandbox' | 'envFile'>): void {
  if (sandbox && envFile !== undefined) throw new CioBulkError('usage', '--sandbox and --env-file contradict each other: the sandbox has credentials of its own');
}
