/** Two runs of the same scenario at the same rate, side by side. Pure. */
import { CioBulkError } from '../domain/errors.ts';
import { alignedRows } from '../domain/text/table.ts';
import type { LoadtestSummary } from './summary.ts';

export interface Change {
  /** `identify p95 ms`, `achieved requests/s`, `failed share`. */
  readonly what: string;
  readonly before: number;
  readonly after: number;
  readonly judgement: 'better' | 'same' | 'worse';
}

export interface Comparison {
  readonly before: string;
  readonly after: string;
  readonly changes: readonly Change[];
}

/** A latency counts as changed only if it exceeds both: a share of a tiny number is noise. */
const CHANGE_SHARE = 0.1;
const CHANGE_MS = 20;
const CHANGE_FAILED_SHARE = 0.001;

/** Throws `usage` if the two were not the same test, since their numbers cannot be compared. */
export function compareSummaries(before: LoadtestSummary, after: LoadtestSummary): Comparison {
  checkComparable(before, after.scenario, after.planned.rate);
  const latencies = Object.keys(after.operations).flatMap((operation) =>
    (['p50', 'p95', 'p99'] as const).map((key): Change => {
      const was = before.operations[operation]?.[key] ?? 0;
      const is = after.operations[operation]?.[key] ?? 0;
      const isChange = Math.abs(is - was) > Math.max(CHANGE_MS, was * CHANGE_SHARE);
      return { what: `${operation} ${key} ms`, before: was, after: is, judgement: judge(isChange, is > was) };
    }),
  );
  return {
    before: before.run,
    after: after.run,
    changes: [...latencies, failedChange(before, after), rateChange(before, after)],
  };
}

/** Also called before a run, so that a refusal does not come after an hour. */
export function checkComparable(before: LoadtestSummary, scenario: string, rate: number): void {
  if (before.scenario === scenario && before.planned.rate === rate) return;
  throw new CioBulkError(
    'usage',
    `run ${before.run} was ${before.scenario} at ${before.planned.rate} requests/s, this one is ${scenario} at ${rate}: they cannot be compared`,
    {
      hint: `use --compare with a run of ${scenario} at ${rate}, or --compare last`,
    },
  );
}

/** One line per change, for the terminal. */
export function toComparisonLines({ before, changes }: Comparison): string[] {
  const rows = changes.map(({ what, before, after, judgement }) => [
    what,
    format(before),
    '->',
    format(after),
    judgement === 'same' ? '' : judgement,
  ]);
  return [
    `Compared with ${before}`,
    ...alignedRows(rows, { right: (column) => column === 1 || column === 3, atLeast: [22, 10, 2, 10] }),
  ];
}

function failedChange(before: LoadtestSummary, after: LoadtestSummary): Change {
  const [was, is] = [failedShare(before), failedShare(after)];
  return {
    what: 'failed share',
    before: was,
    after: is,
    judgement: judge(Math.abs(is - was) > CHANGE_FAILED_SHARE, is > was),
  };
}

function rateChange(before: LoadtestSummary, after: LoadtestSummary): Change {
  const [was, is] = [before.achieved.mean_rate, after.achieved.mean_rate];
  return {
    what: 'achieved requests/s',
    before: was,
    after: is,
    judgement: judge(Math.abs(is - was) > was * 0.02, is < was),
  };
}

function failedShare({ limited, failures, achieved }: LoadtestSummary): number {
  return (limited + failures) / Math.max(1, achieved.requests);
}

function judge(isChange: boolean, isWorse: boolean): Change['judgement'] {
  if (!isChange) return 'same';
  return isWorse ? 'worse' : 'better';
}

function format(value: number): string {
  return value.toFixed(value !== 0 && Math.abs(value) < 1 ? 4 : 1);
}
