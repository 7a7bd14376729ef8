import { toProgressLine } from './table.ts';
import type { Sample } from './watch.ts';
import type { Terminal } from '../output/terminal.ts';

const LINE_EVERY_MS = 5_000;

export interface LoadProgress {
  readonly update: (sample: Sample) => void;
  readonly stop: () => void;
}

/** A line that changes in place on a terminal, a new one every few seconds elsewhere, an object a second with --json. */
export function createLoadProgress(terminal: Terminal, durationMs: number): LoadProgress {
  let saidAtMs = 0;
  return {
    update(sample) {
      terminal.json({
        type: 'progress',
        job: 'loadtest',
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
      if (!terminal.isInteractive && sample.elapsedMs - saidAtMs < LINE_EVERY_MS - 500) return;
      saidAtMs = sample.elapsedMs;
      terminal.progress(toProgressLine(sample));
    },
    stop: terminal.endProgress,
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
