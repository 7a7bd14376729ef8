/** Exit codes of every command. Documented in docs/exit-codes.md and in each --help; tests hold both against this table. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  credentials: 3,
  forbidden: 4,
  unreachable: 5,
  undelivered: 6,
  stopped: 7,
  unfinished: 8,
  loadtest: 9,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Stops weigh more than undelivered rows, and those more than nothing. */
export function worseOf(a: ExitCode, b: ExitCode): ExitCode {
  const order: readonly ExitCode[] = [EXIT.ok, EXIT.undelivered, EXIT.unfinished];
  const weight = (code: ExitCode): number => (order.includes(code) ? order.indexOf(code) : order.length + code);
  return weight(b) > weight(a) ? b : a;
}

/** One line per exit code, for --help and the docs. */
export const EXIT_MEANING: Readonly<Record<ExitCode, string>> = {
  0: 'everything asked for was done',
  1: 'a bug in cio-bulk',
  2: 'usage, configuration, mapping, unreadable or undecodable input',
  3: 'credentials refused (401)',
  4: 'not allowed (403), wrong workspace or region, or a safety guard said no',
  5: 'API unreachable or failing for too long; nothing lost, run again',
  6: 'finished, but some rows are undelivered: see `cio-bulk failures`',
  7: 'stopped: journal locked, damaged or newer, input changed, or --max-errors reached',
  8: 'unfinished (limit or deadline reached): run the same command again',
  9: 'load test: thresholds crossed, measurement invalid, or k6 missing',
  130: 'interrupted (SIGINT); run again to resume',
  143: 'terminated (SIGTERM); run again to resume',
};

/** Every known failure and the exit code it ends with: the only place where that is decided. */
export const ERRORS = {
  usage: EXIT.usage,
  config: EXIT.usage,
  env_file: EXIT.usage,
  mapping: EXIT.usage,
  input_missing: EXIT.usage,
  input_unreadable: EXIT.usage,
  input_undecodable: EXIT.usage,
  no_identifier: EXIT.usage,
  no_usable_row: EXIT.usage,
  ambiguous_column: EXIT.usage,
  no_such_run: EXIT.usage,
  confirmation_needed: EXIT.usage,
  output_unwritable: EXIT.usage,
  native_module: EXIT.usage,
  unauthorized: EXIT.credentials,
  forbidden: EXIT.forbidden,
  wrong_region: EXIT.forbidden,
  wrong_workspace: EXIT.forbidden,
  recent_events: EXIT.forbidden,
  guard: EXIT.forbidden,
  redirected: EXIT.forbidden,
  unreachable: EXIT.unreachable,
  outage: EXIT.unreachable,
  budget_unreachable: EXIT.unreachable,
  redis_unreachable: EXIT.unreachable,
  journal_locked: EXIT.stopped,
  journal_damaged: EXIT.stopped,
  journal_newer: EXIT.stopped,
  journal_unwritable: EXIT.stopped,
  input_changed: EXIT.stopped,
  max_errors: EXIT.stopped,
  limit_reached: EXIT.unfinished,
  fleet_full: EXIT.unfinished,
  deadline_reached: EXIT.unfinished,
  cleanup_unverified: EXIT.unfinished,
  k6_missing: EXIT.loadtest,
  k6_failed: EXIT.loadtest,
  sandbox_failed: EXIT.unreachable,
  tally_mismatch: EXIT.bug,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * A failure we know. `message` names the thing and the value, `hint` the command or flag that helps.
 * Neither ever carries a secret, a request body or a person's data.
 */
export class CioBulkError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** The command that continues, when work is left. */
  next: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CioBulkError';
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code];
  }
}
