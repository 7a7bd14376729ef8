import type { PreparedChunk } from '../../domain/chunk.ts';
import { createWarningCounts, type Warning } from '../../domain/warnings.ts';
import { recordsOf } from '../../input/records/records.ts';
import { createEstimate, type Estimate, type EstimateOptions } from '../../output/estimate.ts';
import { createProblems, type Problems } from '../../output/problems.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { ReadingTask } from '../../reading/prepared-chunks.ts';
import { undeliveredFields, where } from '../../output/undelivered-lines.ts';

/** What a source holds. Counts grow with every block; memory does not. */
export interface Inspection {
  /** `events`: operations so far that are events. */
  add(chunk: PreparedChunk, events: number): void;
  readonly problems: Problems;
  rows(): number;
  skipped(): Readonly<Record<string, number>>;
  warnings(): readonly Warning[];
  /** Events that could trigger campaigns. */
  recent(): number;
  estimate(): Estimate;
}

export function createInspection(
  spec: Pick<ReadingTask, 'layout' | 'name'>,
  options: EstimateOptions,
  terminal: Terminal,
): Inspection {
  const estimate = createEstimate(options);
  const problems = createProblems();
  const warnings = createWarningCounts();
  const skipped: Record<string, number> = {};
  let rows = 0;
  let recent = 0;
  let eventsSoFar = 0;

  /** With --json every row is reported, as in an import. The place of a row is looked up only when it is shown. */
  function addInvalid(chunk: PreparedChunk): void {
    const shown = chunk.invalid.filter(({ code }) => terminal.options.json || problems.wants(code));
    const records = recordsOf(
      spec.layout,
      chunk,
      shown.map(({ index }) => index),
    );
    const places = new Map(shown.map((fault, i) => [fault, records[i]?.line ?? 0]));
    for (const fault of chunk.invalid) {
      const line = places.get(fault) ?? 0;
      const row = {
        row: chunk.start.row + fault.index + 1,
        line,
        state: 'invalid' as const,
        code: fault.code,
        reason: fault.message,
        column: fault.column ?? null,
        field: fault.field ?? null,
      };
      problems.add(fault.code, () => `${where(spec.name, row)}: ${row.reason}`);
      if (terminal.options.json) terminal.json(undeliveredFields(null, row));
    }
  }

  return {
    add(chunk, events) {
      eventsSoFar = events;
      rows += chunk.rows;
      recent += chunk.operations.guarded.size;
      estimate.add(chunk.operations);
      for (const [code, count] of Object.entries(chunk.skipped)) skipped[code] = (skipped[code] ?? 0) + count;
      for (const { code, column, count } of chunk.warnings) warnings.add(code, column, count);
      if (chunk.invalid.length > 0) addInvalid(chunk);
    },
    problems,
    rows: () => rows,
    skipped: () => skipped,
    warnings: warnings.list,
    recent: () => recent,
    estimate: () => estimate.estimate(eventsSoFar),
  };
}
