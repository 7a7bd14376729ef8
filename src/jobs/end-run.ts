import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import { EMPTY_TALLY, settledRows, undeliveredRows, type Tally } from '../domain/outcome.ts';
import { countRows, decodeRanges } from '../domain/row-ranges.ts';
import { plural } from '../domain/text/numbers.ts';
import type { Warning } from '../domain/warnings.ts';
import { notesOf } from '../journal/run-notes.ts';
import { findRun, inDoubtOf, type Run } from '../journal/runs.ts';
import { waitsForLeave } from '../journal/undelivered.ts';
import {
  allowedCommand,
  failuresCommand,
  retryCommand,
  sameCommand,
  withHigherMaxErrors,
} from '../output/next-command.ts';
import { showError } from '../output/show-error.ts';
import { showSummary } from '../output/summary.ts';
import type { RunEnd } from '../pipeline/progress.ts';
import type { SettledCounts } from './limits.ts';
import type { SendSetting } from './setting.ts';
import { hasSkippedRecent } from './skipped-recent.ts';

/** How the work on a run ended. */
export type RunEnding =
  /** Its source was sent to the end before, and nothing has been added. */
  | { readonly kind: 'nothing_to_send' }
  /** Every row is settled. `next` takes care of rows that did not arrive; a retry of them unless it is given. */
  | { readonly kind: 'complete'; readonly counts: RunEnd; readonly next: string | undefined }
  /** A signal, a limit or a deadline came first. `why` is undefined for signals and `--limit`. */
  | {
      readonly kind: 'stopped';
      readonly counts: RunEnd;
      readonly settled: SettledCounts;
      readonly why: CioBulkError | undefined;
      readonly limit: number | null;
    }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What this process did. */
interface Done {
  readonly requests: number;
  readonly retries: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  /** Rows it settled, when the run ends with this tally. */
  readonly rowsSettled: (tally: Tally) => number;
  readonly warnings: readonly Warning[];
}

const NOTHING_DONE: Done = { requests: 0, retries: 0, bytesSent: 0, durationMs: 0, rowsSettled: () => 0, warnings: [] };

/** Shows the summary, decides the exit code, and says what to type next. */
export function endRun(
  { run, ending, done = NOTHING_DONE }: { readonly run: Run; readonly ending: RunEnding; readonly done?: Done },
  setting: SendSetting,
): ExitCode {
  const { terminal, host } = setting;
  const counts = 'counts' in ending ? ending.counts : { ...storedCounts(setting, run), inDoubtResent: 0 };
  const exitCode = exitCodeOf(ending, counts.tally, host.stopCode());
  if (ending.kind === 'nothing_to_send')
    terminal.say('Nothing to send: this file has been sent, and no rows were added since');
  if (counts.rowsRead === 0 && ending.kind !== 'failed') terminal.say('The input has no rows');
  showSummary(terminal, {
    run: run.id,
    source: run.source,
    rowsRead: counts.rowsRead,
    tally: counts.tally,
    pending: counts.pending,
    inDoubtResent: counts.inDoubtResent,
    requests: done.requests,
    retries: done.retries,
    bytesSent: done.bytesSent,
    durationMs: done.durationMs,
    rowsSettledHere: done.rowsSettled(counts.tally),
    warnings: done.warnings,
    exitCode,
  });
  switch (ending.kind) {
    case 'failed':
      if (ending.error instanceof CioBulkError) ending.error.next = sameCommand(host, { hasBegun: true });
      break;
    case 'stopped':
      sayHowToContinue(ending, setting);
      break;
    case 'nothing_to_send':
      sayWhatIsLeft({ ...run, tally: counts.tally }, undefined, setting);
      break;
    case 'complete':
      sayWhatIsLeft({ ...run, tally: counts.tally }, ending.next, setting);
  }
  return exitCode;
}

/** An empty file, or a header alone: nothing is wrong with that, and no run begins. */
export function endWithoutRows(source: string, { terminal }: SendSetting): ExitCode {
  terminal.say('The input has no rows');
  const { rowsSettled: _, ...nothing } = NOTHING_DONE;
  showSummary(terminal, {
    ...nothing,
    run: null,
    source,
    rowsRead: 0,
    tally: EMPTY_TALLY,
    pending: 0,
    inDoubtResent: 0,
    rowsSettledHere: 0,
    exitCode: EXIT.ok,
  });
  return EXIT.ok;
}

function storedCounts(
  { session: { journal } }: SendSetting,
  run: Run,
): { tally: Tally; rowsRead: number; pending: number } {
  const stored = findRun(journal, run.id) ?? run;
  const settled = settledRows(stored.tally);
  const inDoubt = inDoubtOf(journal, run.id).reduce((sum, rows) => sum + countRows(decodeRanges(rows)), 0);
  const rowsRead = Math.max(
    stored.rowsRead,
    settled,
    stored.state === 'finished' ? 0 : Math.min(settled + inDoubt, stored.rowsRead),
  );
  return { tally: stored.tally, rowsRead, pending: rowsRead - settled };
}

function exitCodeOf(ending: RunEnding, tally: Tally, signal: ExitCode | undefined): ExitCode {
  if (ending.kind === 'failed') return ending.error instanceof CioBulkError ? ending.error.exitCode : EXIT.bug;
  if (ending.kind === 'stopped') return signal ?? ending.why?.exitCode ?? EXIT.unfinished;
  return undeliveredRows(tally) > 0 ? EXIT.undelivered : EXIT.ok;
}

function sayHowToContinue(
  { settled, why, limit }: Extract<RunEnding, { kind: 'stopped' }>,
  { terminal, host }: SendSetting,
): void {
  if (why) showError(terminal, why, 'Stopped');
  else if (host.stopCode() === undefined && limit !== null)
    terminal.say(`Stopped after ${plural(limit, 'row')} (--limit)`);
  terminal.next(
    sameCommand(why?.code === 'max_errors' ? { argv: withHigherMaxErrors(host.argv, settled) } : host, {
      hasBegun: true,
    }),
  );
}

/** Recent events that were left out, and rows that did not arrive. */
function sayWhatIsLeft(
  run: Run,
  next: string | undefined,
  { terminal, host, session: { journal } }: SendSetting,
): void {
  const { tally } = run;
  if (hasSkippedRecent(journal, run))
    terminal.say(
      `The recent events that were left out can be sent with: ${allowedCommand(notesOf(journal, run.id)?.argv ?? host.argv)}`,
    );
  if (undeliveredRows(tally) === 0) return;
  const failures = failuresCommand(run.id, host.argv);
  if (next !== undefined) {
    terminal.say(`To see what is undelivered: ${failures}`);
    terminal.next(next);
  } else if (tally.failed > 0) {
    if (undeliveredRows(tally) > tally.failed) terminal.say(`To see what else is undelivered: ${failures}`);
    const needsLeave = waitsForLeave(journal, run.id);
    if (needsLeave)
      terminal.say(
        'What is left are recent events, which could trigger campaigns, and rows that wait for them: --allow-triggers sends them',
      );
    terminal.next(retryCommand(run.id, host.argv, { allowTriggers: needsLeave }));
  } else terminal.next(failures);
}
