import { toProgressLine } from '../loadtest/table.ts';
import type { Sample } from '../loadtest/watch.ts';
import type { Terminal } from '../report/terminal.ts';

const LINE_EVERY_MS = 5_000;

export interface LoadProgress {
  readonly update: (sample: Sample) => void;
  /** Leaves the cursor at the beginning of a free line. */
  readonly stop: () => void;
}

/** A line that changes in place on a terminal, a new one every few seconds elsewhere, an object a second with --json. */
export function createLoadProgress(terminal: Terminal, durationMs: number): LoadProgress {
  let saidAtMs = 0;
  let isLineOpen = false;
  return {
    update(sample) {
      terminal.json({
        type: 'progress',
        elapsed_ms: sample.elapsedMs,
        duration_ms: durationMs,
        stage: sample.stage,
        planned_rate: round(sample.plannedRate),
        achieved_rate: round(sample.achievedRate),
        requests: sample.requests,
        p95_ms: round(sample.p95Ms),
        limited: sample.limited,
        failures: sample.failures,
      });
      if (terminal.options.json || terminal.options.quiet) return;
      if (terminal.isInteractive) {
        terminal.stderr.write(`\r\u001b[K${toProgressLine(sample).slice(0, (terminal.stderr.columns || 80) - 1)}`);
        isLineOpen = true;
      } else if (sample.elapsedMs - saidAtMs >= LINE_EVERY_MS - 500) {
        saidAtMs = sample.elapsedMs;
        terminal.say(toProgressLine(sample));
      }
    },
    stop() {
      if (isLineOpen) terminal.stderr.write('\r\u001b[K');
      isLineOpen = false;
    },
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
