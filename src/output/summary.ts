import type { ExitCode } from '../domain/errors.ts';
import type { Tally } from '../domain/outcome.ts';
import { WARNINGS, type Warning } from '../domain/warnings.ts';
import { bytes, count, plural, span } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import type { Terminal } from './terminal.ts';

/** How a run ended. Row counts are those of the whole run, the rest is of this process. */
export interface Summary {
  readonly run: number | null;
  readonly source: string;
  readonly rowsRead: number;
  readonly tally: Tally;
  readonly pending: number;
  readonly inDoubtResent: number;
  readonly requests: number;
  readonly retries: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  /** Rows settled by this process. */
  readonly rowsSettledHere: number;
  /** Of the rows read by this process. */
  readonly warnings: readonly Warning[];
  readonly exitCode: ExitCode;
}

export function showSummary(terminal: Terminal, summary: Summary): void {
  const fields = summaryFields(summary);
  terminal.json(fields);
  showText(terminal, summary, fields.rows_per_second);
}

/** The summary as a line of JSON: names are a contract. */
export function summaryFields(summary: Summary) {
  return {
    type: 'summary',
    run: summary.run,
    source: summary.source,
    rows_read: summary.rowsRead,
    ...summary.tally,
    pending: summary.pending,
    in_doubt_resent: summary.inDoubtResent,
    requests: summary.requests,
    retries: summary.retries,
    bytes_sent: summary.bytesSent,
    duration_ms: Math.round(summary.durationMs),
    rows_per_second: summary.durationMs > 0 ? Math.round((summary.rowsSettledHere * 1000) / summary.durationMs) : 0,
    exit_code: summary.exitCode,
    warnings: summary.warnings.map((warning) => ({ ...warning, message: WARNINGS[warning.code] })),
  };
}

function showText(terminal: Terminal, summary: Summary, rowsPerSecond: number): void {
  const { tally } = summary;
  const lines: [string, number, string][] = [
    ['rows read', summary.rowsRead, ''],
    ['delivered', tally.delivered, 'accepted by the API'],
    ['rejected', tally.rejected, 'the API refused these rows'],
    ['failed', tally.failed, 'can be sent again: cio-bulk retry-failed'],
    ['invalid', tally.invalid, 'can never be sent as they are'],
    ['skipped', tally.skipped, 'left out on purpose'],
    ['unclear', tally.unclear, 'the API reported errors without saying which rows'],
    ['pending', summary.pending, 'not settled yet'],
  ];
  const width = Math.max(...lines.map(([, value]) => count(value).length));
  terminal.data(`${summary.run === null ? '' : `Run ${summary.run}: `}${safeLine(summary.source)}`, 'bold');
  for (const [name, value, meaning] of lines) {
    if (value === 0 && name !== 'rows read' && name !== 'delivered') continue;
    const isTrouble = value > 0 && /rejected|failed|invalid|unclear|pending/.test(name);
    terminal.data(
      `  ${name.padEnd(9)} ${count(value).padStart(width)}${meaning === '' ? '' : `  ${meaning}`}`,
      isTrouble ? 'yellow' : undefined,
    );
  }
  const retries = summary.retries > 0 ? `, ${plural(summary.retries, 'retry', 'retries')}` : '';
  const resent = summary.inDoubtResent > 0 ? `, ${plural(summary.inDoubtResent, 'row')} in doubt sent again` : '';
  for (const warning of summary.warnings) terminal.data(`  warning ${safeLine(warningText(warning))}`, 'yellow');
  terminal.data(
    `  ${plural(summary.requests, 'request')}${retries}${resent}, ${bytes(summary.bytesSent)} in ${span(summary.durationMs)} (${count(rowsPerSecond)} rows/s)`,
    'dim',
  );
}

/** A sentence without any value of a row. */
export function warningText({ code, column, count: rows }: Warning): string {
  return `${column === null ? '' : `${column}: `}${WARNINGS[code]} (${plural(rows, 'row')})`;
}
