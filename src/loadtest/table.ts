/** A load test for the terminal. Pure: the summary is all it knows, so that it can be shown again at any time. */
import { alignedRows } from '../domain/text/table.ts';
import type { LoadtestSummary } from './summary.ts';
import type { Sample } from './watch.ts';

/** The report, one string per line. */
export function toTable(summary: LoadtestSummary): string[] {
  return [
    `Load test ${summary.run}: ${summary.scenario}, ${number(summary.planned.rate)} requests/s, ${seconds(summary.planned.duration_ms)} against ${summary.target.url}`,
    '',
    ...rateTable(summary),
    '',
    ...latencyTable(summary),
    '',
    `Status codes  ${statusText(summary)}`,
    `Failures      429: ${summary.limited}   others: ${summary.failures}   script errors: ${summary.script_errors}`,
    '',
    ...thresholdTable(summary),
    '',
    `Verdict       ${summary.verdict.toUpperCase()}: ${summary.reason}`,
  ];
}

/** One line while it runs. */
export function toProgressLine(sample: Sample): string {
  const total = Math.floor(sample.elapsedMs / 1_000);
  const clock = `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;
  return `${clock} ${sample.stage}: ${sample.achievedRate.toFixed(1)} of ${sample.plannedRate.toFixed(1)} requests/s, p95 ${sample.p95Ms.toFixed(1)} ms, 429 ${sample.limited}, failed ${sample.failures}`;
}

function rateTable({ planned, achieved, duration_ms }: LoadtestSummary): string[] {
  return columns([
    ['', 'planned', 'achieved'],
    [
      'requests',
      number(planned.requests),
      `${number(achieved.requests)} (${percent(achieved.requests, planned.requests)})`,
    ],
    ['mean rate', `${number(planned.mean_rate)}/s`, `${number(achieved.mean_rate)}/s`],
    ['peak rate', `${number(planned.peak_rate)}/s`, `${number(achieved.peak_rate)}/s`],
    ['duration', seconds(planned.duration_ms), seconds(duration_ms)],
    ['dropped', '0', number(achieved.dropped_iterations)],
  ]);
}

function latencyTable({ operations }: LoadtestSummary): string[] {
  const rows = Object.entries(operations).map(([name, at]) => [
    name,
    number(at.count),
    ...[at.p50, at.p90, at.p95, at.p99, at.max].map(latency),
  ]);
  return columns([['latency ms', 'count', 'p50', 'p90', 'p95', 'p99', 'max'], ...rows]);
}

function statusText({ statuses }: LoadtestSummary): string {
  const entries = Object.entries(statuses).map(
    ([status, count]) => `${status === 'none' ? 'no answer' : status}: ${number(count)}`,
  );
  return entries.length === 0 ? 'none' : entries.join('   ');
}

function thresholdTable({ thresholds }: LoadtestSummary): string[] {
  return columns([
    ['threshold', '', ''],
    ...thresholds.map(({ metric, expression, ok }) => [metric, expression, ok ? 'held' : 'CROSSED']),
  ]);
}

/** First column to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  return alignedRows(rows, { right: (column) => column > 0, atLeast: [12] });
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

function latency(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function seconds(ms: number): string {
  return `${number(ms / 1_000)} s`;
}

function percent(part: number, whole: number): string {
  return `${((part / Math.max(1, whole)) * 100).toFixed(1)} %`;
}
