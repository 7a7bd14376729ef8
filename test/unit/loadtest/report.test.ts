import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareSummaries, toComparisonLines } from '../../../src/loadtest/compare.ts';
import { toJunit } from '../../../src/loadtest/junit.ts';
import { newRunId } from '../../../src/loadtest/run-id.ts';
import { createFiles, readLatest, readSummary, writeSummary } from '../../../src/loadtest/store.ts';
import type { LoadtestSummary } from '../../../src/loadtest/summary.ts';
import { toTable } from '../../../src/loadtest/table.ts';
import { GOOD, planOf, STAGING, summaryOf } from '../../support/loadtest-examples.ts';
import { SUITE, tempFolder } from '../../support/temp.ts';

const slower = summaryOf(
  {
    ...GOOD,
    operations: {
      ...GOOD.operations,
      track: { count: 4_500, min: 20, avg: 80, p50: 60, p90: 120, p95: 180, p99: 195, max: 600 },
    },
  },
  'run2',
);
const failed = summaryOf({
  ...GOOD,
  limited: 3,
  failures: 897,
  thresholds: [{ metric: 'cio_failed', expression: 'rate<0.01', ok: false }],
});

describe('the table', () => {
  it('shows planned and achieved, latencies, status codes, thresholds, and the verdict with its reason', () => {
    const text = toTable(failed).join('\n');
    for (const part of [
      'planned',
      'achieved',
      '9,000 (100.0 %)',
      'identify',
      'p50',
      'p90',
      'p95',
      'p99',
      'max',
      '200: 9,000',
      '429: 3',
      'CROSSED',
      'Verdict       FAIL: 10.0 % of the requests failed',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('and the summary never hold the site id or the key', () => {
    const text = `${toTable(failed).join('\n')}${JSON.stringify(failed)}`;
    expect(text).not.toContain(STAGING.siteId.reveal());
    expect(text).not.toContain(STAGING.trackApiKey.reveal());
  });
});

describe('JUnit', () => {
  it('has a case per threshold and one for the verdict, escaped', () => {
    const xml = toJunit(failed);
    expect(xml).toContain('tests="2" failures="2"');
    expect(xml).toContain('name="cio_failed rate&lt;0.01"><failure message="threshold crossed"/>');
    expect(toJunit(summaryOf())).toContain('tests="3" failures="0"');
  });
});

describe('comparing two runs', () => {
  it('calls a latency worse only when it grew by a tenth and by 20 ms', () => {
    const { changes } = compareSummaries(summaryOf(), slower);
    expect(changes.filter(({ judgement }) => judgement === 'worse').map(({ what }) => what)).toEqual([
      'track p95 ms',
      'track p99 ms',
    ]);
    expect(changes.find(({ what }) => what === 'track p50 ms')?.judgement).toBe('same');
    expect(compareSummaries(slower, summaryOf()).changes.some(({ judgement }) => judgement === 'better')).toBe(true);
    expect(toComparisonLines(compareSummaries(summaryOf(), slower)).join('\n')).toMatch(
      /track p95 ms +90\.0 {2}-> +180\.0 {2}worse/,
    );
  });

  it('refuses another scenario and another rate', () => {
    expect(() => compareSummaries(summaryOf(GOOD, 'a', planOf('spike')), slower)).toThrow(/cannot be compared/);
    expect(() => compareSummaries(summaryOf(GOOD, 'a', planOf('ramp', 40)), slower)).toThrow(/cannot be compared/);
  });
});

describe('stored runs', () => {
  const root = tempFolder(SUITE);
  const store = (summary: LoadtestSummary): string => {
    const files = createFiles(root, summary.run);
    writeSummary(files.summary, summary);
    return files.summary;
  };

  it('are read back as they were written, readable by nobody else', () => {
    const summary = summaryOf();
    const path = store(summary);
    expect(readSummary(root, summary.run)).toEqual(summary);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, summary.run)).mode & 0o777).toBe(0o700);
  });

  it('are found as the latest of their scenario and rate', () => {
    store({ ...summaryOf(GOOD, 'older'), started_at: '2026-01-01T00:00:00.000Z' });
    store({ ...summaryOf(GOOD, 'newer'), started_at: '2026-12-01T00:00:00.000Z' });
    expect(readLatest(root, 'ramp', 80).run).toBe('newer');
    expect(() => readLatest(root, 'ramp', 81)).toThrow(/no earlier ramp run at 81/);
    expect(() => readLatest(join(root, 'nowhere'), 'ramp', 80)).toThrow(/no earlier/);
  });

  it.each(['nope', '../../etc', ''])('%j is no run', (run) => {
    expect(() => readSummary(root, run)).toThrow(/there is no finished load test/);
  });
});

describe('run ids', () => {
  it('sort by time and hold no dash', () => {
    const ids = [0, 1, 2].map((n) => newRunId(1_790_000_000_000 + n * 1_000, () => 0.5));
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{10}$/);
  });
});
