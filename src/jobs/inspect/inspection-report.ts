import { EMPTY_TALLY } from '../../domain/outcome.ts';
import type { ExitCode } from '../../domain/errors.ts';
import type { Kind } from '../../domain/plan.ts';
import { bytes, count, plural, span } from '../../domain/text/numbers.ts';
import { summaryFields, warningText } from '../../output/summary.ts';
import { safeLine } from '../../domain/text/safe-text.ts';
import type { Terminal } from '../../output/terminal.ts';
import { subjects } from '../subjects.ts';
import type { Inspection } from './inspection.ts';
import { RECENT_HOURS } from '../../domain/recent.ts';

export interface InspectionEnd {
  readonly inspection: Inspection;
  /** Sentences about suspicious identifiers. */
  readonly identityWarnings: readonly string[];
  readonly source: string;
  readonly kind: Kind;
  readonly durationMs: number;
  /** Requests per second that the estimate is for; 0 = no limit. */
  readonly rate: number;
  readonly isRecentDecided: boolean;
  readonly exitCode: ExitCode;
}

/** What was found, as text on stdout or as the summary line of JSON. Never with a value of a row. */
export function showInspection(terminal: Terminal, end: InspectionEnd): void {
  const { inspection, source, kind, durationMs, rate, exitCode } = end;
  const rowsRead = inspection.rows();
  const invalid = inspection.problems.total();
  const skippedBy = inspection.skipped();
  const skipped = Object.values(skippedBy).reduce((a, b) => a + b, 0);
  const pending = rowsRead - invalid - skipped;
  const estimate = inspection.estimate();
  const nothing = { pending, inDoubtResent: 0, requests: 0, retries: 0, bytesSent: 0 };
  terminal.json({
    ...summaryFields({
      run: null,
      source,
      rowsRead,
      tally: { ...EMPTY_TALLY, invalid, skipped },
      ...nothing,
      durationMs,
      rowsSettledHere: rowsRead,
      warnings: inspection.warnings(),
      exitCode,
    }),
    problems: inspection.problems.counts(),
    skipped_by: skippedBy,
    identity_warnings: end.identityWarnings,
    recent_events: inspection.recent(),
    estimate: { ...estimate, rate },
  });
  const skips = Object.entries(skippedBy).map(([code, rows]) => `${code} ${count(rows)}`);
  const blocks = [
    `${safeLine(source)}: ${plural(rowsRead, 'row')} read, ${count(pending)} to send, ${count(invalid)} invalid, ${count(skipped)} skipped${skips.length > 0 ? ` (${skips.join(', ')})` : ''} in ${span(durationMs)}`,
    ...(rowsRead === 0 ? ['The input has no rows'] : []),
    ...(invalid > 0 ? [`Cannot be sent:\n${inspection.problems.text()}`] : []),
    ...warningLines(end),
    `An import would send ${plural(estimate.requests, 'request')}, ${bytes(estimate.bytes)}, about ${subjects(kind, estimate.people)} and ${plural(estimate.events, 'event')}: ${rate > 0 ? `${estimate.minutes < 0.02 ? 'a second' : span(estimate.minutes * 60_000)} at ${rate} requests per second` : 'no rate limit'}`,
    'Nothing was sent.',
  ];
  terminal.data(`\n${blocks.join('\n')}`);
}

function warningLines({ inspection, identityWarnings, isRecentDecided }: InspectionEnd): string[] {
  const recent = inspection.recent();
  const lines = [
    ...inspection.warnings().map(warningText),
    ...identityWarnings,
    ...(recent > 0 && !isRecentDecided
      ? [
          `${plural(recent, 'event')} younger than ${RECENT_HOURS} hours, or without a time, could trigger campaigns: an import needs --allow-triggers or --skip-recent`,
        ]
      : []),
  ];
  return lines.length === 0 ? [] : [`Warnings:\n${lines.map((line) => `  ${safeLine(line)}`).join('\n')}`];
}
