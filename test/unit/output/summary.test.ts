import { assert, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TALLY } from '../../../src/domain/outcome.ts';
import { showSummary, summaryFields, type Summary } from '../../../src/output/summary.ts';
import { createTerminal } from '../../../src/output/terminal.ts';
import { createReader } from '../../support/reader.ts';

const SUMMARY: Summary = {
  run: 3,
  source: 'people.csv',
  rowsRead: 1_500,
  tally: { ...EMPTY_TALLY, delivered: 1_490, rejected: 10 },
  pending: 0,
  inDoubtResent: 0,
  requests: 2,
  retries: 0,
  bytesSent: 120_000,
  durationMs: 3_000,
  rowsSettledHere: 1_500,
  warnings: [],
  exitCode: 6,
};

function shown(summary: Summary, json = false): string {
  const stdout = createReader();
  const terminal = createTerminal(
    { stdout: stdout.stream, stderr: createReader().stream, env: {} },
    { json, quiet: false, verbose: false, color: false },
  );
  showSummary(terminal, summary);
  return stdout.text();
}

describe('the summary as JSON', () => {
  it('is one line with the counts of the run and the exit code', () => {
    const text = shown(SUMMARY, true);
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toMatchObject({
      type: 'summary',
      run: 3,
      rows_read: 1_500,
      delivered: 1_490,
      rejected: 10,
      failed: 0,
      exit_code: 6,
      rows_per_second: 500,
    });
  });

  it('holds whole numbers for every run, also for one that took no time', () => {
    const runs = record({
      durationMs: nat().map((microseconds) => microseconds / 1_000),
      rowsSettledHere: nat(),
      bytesSent: nat(),
      requests: nat(),
    });
    assert(
      property(runs, (run) => {
        const fields = summaryFields({ ...SUMMARY, ...run });
        for (const [name, value] of Object.entries(fields))
          if (typeof value === 'number') expect(Number.isFinite(value), name).toBe(true);
        expect(Number.isInteger(fields.duration_ms) && Number.isInteger(fields.rows_per_second)).toBe(true);
        if (run.durationMs === 0) expect(fields.rows_per_second).toBe(0);
      }),
    );
  });
});

describe('the summary for people', () => {
  it('names the states that rows are in and leaves out those that none is in', () => {
    const text = shown(SUMMARY);
    expect(text).toMatch(/^ {2}rejected +10 /m);
    expect(text).not.toMatch(/^ {2}(failed|invalid|skipped|unclear|pending)/m);
    expect(shown({ ...SUMMARY, pending: 7 })).toMatch(/^ {2}pending +7 /m);
  });

  it('says that nothing was read and delivered, too', () => {
    expect(shown({ ...SUMMARY, rowsRead: 0, tally: EMPTY_TALLY })).toMatch(/rows read +0\n {2}delivered +0/);
  });

  it('lines its numbers up', () => {
    const ends = shown(SUMMARY)
      .split('\n')
      .flatMap((line) => /^ {2}(?:rows read|delivered|rejected) +[\d,]+/.exec(line)?.[0].length ?? []);
    expect(ends).toHaveLength(3);
    expect(new Set(ends).size).toBe(1);
  });

  it('says what a warning is about, and keeps a column name on its line', () => {
    const text = shown({ ...SUMMARY, warnings: [{ code: 'not_number', column: 'pri\nce', count: 2 }] });
    expect(text).toMatch(/^ {2}warning pri\ufffdce: .*\(2 rows\)$/m);
  });
});
