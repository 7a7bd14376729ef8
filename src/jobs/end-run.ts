import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { EMPTY_TALLY, settledRows, type Tally } from '../domain/outcome.ts';
import { countRows, decodeRanges } from '../domain/row-ranges.ts';
import { findRun, inDoubtOf, type Run } from '../journal/runs.ts';
import type { Warning } from '../domain/warnings.ts';
import { notesOf } from '../journal/run-notes.ts';
import { waitsForLeave } from '../journal/undelivered.ts';
import { addsUp, type RunEnd } from '../pipeline/progress.ts';
import { plural } from '../domain/text/numbers.ts';
import { showSummary } from '../output/summary.ts';
import type { Terminal } from '../output/terminal.ts';
import { showError } from '../output/show-error.ts';
import { allowedCommand, failuresCommand, retryCommand, withHigherMaxErrors } from '../output/next-command.ts';
import { sameCommand } from '../output/same-command.ts';
import type { SendingSession } from '../session/session.ts';
import { hasSkippedRecent } from './skipped-recent.ts';

export interface RunEnding {
  readonly terminal: Terminal;
  readonly run: Run;
  readonly host: Host;
  readonly session: SendingSession;
  /** Absent when nothing was sent, or the run failed. */
  readonly end?: RunEnd;
  readonly error?: unknown;
  /** What stopped it before its source ended, if no signal did. */
  readonly stop?: CioBulkError | undefined;
  readonly limit?: number | null;
  /** Finishes a job whose rows have failed; a retry of these rows unless it is given. */
  readonly next?: string;
  readonly startedAt?: number;
  readonly settledBefore?: number;
  readonly note?: string;
  /** About rows that were read. */
  readonly warnings?: readonly Warning[];
}

/** Shows the summary, decides the exit code, and says what to do next. Throws when the counts do not add up. */
export function endRun(ending: RunEnding): ExitCode {
  const { terminal, run, host, session, end } = ending;
  const counts = end ?? storedCounts(session, run);
  const exitCode = exitCodeOf(ending, counts.tally);
  if (ending.note !== undefined) terminal.say(ending.note);
  if (counts.rowsRead === 0 && ending.error === undefined) terminal.say('The input has no rows');
  showSummary(terminal, {
    run: run.id,
    source: run.source,
    rowsRead: counts.rowsRead,
    tally: counts.tally,
    pending: counts.pending,
    inDoubtResent: end?.inDoubtResent ?? 0,
    ...session.traffic(),
    durationMs: ending.startedAt === undefined ? 0 : host.clock.monotonic() - ending.startedAt,
    rowsSettledHere: settledRows(counts.tally) - (ending.settledBefore ?? settledRows(counts.tally)),
    warnings: ending.warnings ?? [],
    exitCode,
  });
  if (end && !addsUp(end)) throw new CioBulkError('tally_mismatch', `the counts of run ${run.id} do not add up: ${end.rowsRead} rows read, ${settledRows(end.tally)} settled, ${end.pending} pending`);
  if (ending.error instanceof CioBulkError) ending.error.next = sameCommand(host, { hasBegun: true });
  else if (ending.error === undefined) sayNext(ending, counts.tally, exitCode);
  return exitCode;
}

/** An empty file, or a header alone: fine, and said so. */
export function endWithoutRows(terminal: Terminal, source: string, session: SendingSession): ExitCode {
  terminal.say('The input has no rows');
  showSummary(terminal, {
    run: null, source, rowsRead: 0, tally: EMPTY_TALLY, pending: 0, inDoubtResent: 0, ...session.traffic(), durationMs: 0, rowsSettledHere: 0, warnings: [], exitCode: EXIT.ok,
  }); // prettier-ignore
  return EXIT.ok;
}

function storedCounts(session: SendingSession, run: Run): { tally: Tally; rowsRead: number; pending: number } {
  const stored = findRun(session.journal, run.id) ?? run;
  const settled = settledRows(stored.tally);
  const inDoubt = inDoubtOf(session.journal, run.id).reduce((sum, rows) => sum + countRows(decodeRanges(rows)), 0);
  const rowsRead = Math.max(stored.rowsRead, settled, stored.state === 'finished' ? 0 : Math.min(settled + inDoubt, stored.rowsRead));
  return { tally: stored.tally, rowsRead, pending: rowsRead - settled };
}

function exitCodeOf({ error, end, stop, host }: RunEnding, tally: Tally): ExitCode {
  if (error !== undefined) return error instanceof CioBulkError ? error.exitCode : EXIT.bug;
  const signal = host.stopCode();
  if (end && !end.finished) return signal ?? stop?.exitCode ?? EXIT.unfinished;
  return undeliveredRows(tally) > 0 ? EXIT.undelivered : EXIT.ok;
}

function undeliveredRows(tally: Tally): number {
  return tally.failed + tally.rejected + tally.invalid + tally.unclear;
}

function sayNext({ terminal, run, host, session, end, stop, limit, next }: RunEnding, tally: Tally, exitCode: ExitCode): void {
  if (end && !end.finished) {
    if (stop) showError(terminal, stop, 'Stopped');
    else if (host.stopCode() === undefined && limit !== null && limit !== undefined) terminal.say(`Stopped after ${plural(limit, 'row')} (--limit)`);
    terminal.next(sameCommand(stop?.code === 'max_errors' ? { argv: withHigherMaxErrors(host.argv, undeliveredRows(tally), settledRows(tally)) } : host, { hasBegun: true }));
    return;
  }
  if (hasSkippedRecent(session.journal, { ...run, tally })) terminal.say(`The recent events that were left out can be sent with: ${allowedCommand(argvOf(session, run) ?? host.argv)}`);
  if (exitCode !== EXIT.undelivered) return;
  const failures = failuresCommand(run.id, host.argv);
  if (next !== undefined) {
    terminal.say(`See what is undelivered: ${failures}`);
    terminal.next(next);
  } else if (tally.failed > 0) {
    if (tally.rejected + tally.invalid + tally.unclear > 0) terminal.say(`See what else is undelivered: ${failures}`);
    const needsLeave = waitsForLeave(session.journal, run.id);
    if (needsLeave) terminal.say('What is left are recent events, which could trigger campaigns, and what waits behind them: --allow-triggers sends them');
    terminal.next(retryCommand(run.id, host.argv, { allowTriggers: needsLeave }));
  } else terminal.next(failures);
}

function argvOf({ journal }: SendingSession, run: Run): readonly string[] | undefined {
  return notesOf(journal, run.id)?.argv;
}
