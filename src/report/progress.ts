import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';
import type { Clock } from '../domain/host.ts';
import { count, span } from './numbers.ts';
import { safeText } from './safe-text.ts';
import type { Terminal } from './terminal.ts';

const LINE_EVERY_MS = 5_000;
const JSON_EVERY_MS = 1_000;
const REDRAW_FPS = 8;

/** A moment of a run. `done` and `total` are bytes of the source, or rows where there is no file; total 0 = unknown. */
export interface ProgressPoint {
  readonly done: number;
  readonly total: number;
  readonly rowsSettled: number;
  readonly rowsRead: number;
  readonly undelivered: number;
  readonly requests: number;
}

export interface Progress {
  update(point: ProgressPoint): void;
  /** Takes the bar off the screen, so that other lines can be written. */
  stop(): void;
}

/** A bar on a terminal, a plain line every few seconds elsewhere, objects with --json. It watches; it changes nothing. */
export function createProgress(terminal: Terminal, clock: Clock, name: string): Progress {
  const startedAt = clock.monotonic();
  let rowsAtStart: number | undefined;
  let doneAtStart = 0;
  let saidAt = startedAt;
  let bar: CliProgress.SingleBar | undefined;

  function figures(point: ProgressPoint): { percent: number | undefined; rows: string; rowsPerSecond: number; requestsPerSecond: number; eta: string } {
    const seconds = Math.max(0.001, (clock.monotonic() - startedAt) / 1000);
    const share = point.total > 0 ? Math.min(1, point.done / point.total) : undefined;
    const speed = (point.done - doneAtStart) / seconds;
    return {
      percent: share === undefined ? undefined : Math.floor(share * 100),
      rows: count(point.rowsSettled),
      rowsPerSecond: Math.round((point.rowsSettled - (rowsAtStart ?? 0)) / seconds),
      requestsPerSecond: Math.round((point.requests / seconds) * 10) / 10,
      eta: share === undefined || speed <= 0 ? '?' : span(((point.total - point.done) / speed) * 1000),
    };
  }

  function show(point: ProgressPoint): void {
    const { percent, rows, rowsPerSecond, requestsPerSecond, eta } = figures(point);
    const undelivered = point.undelivered > 0 ? ` · ${count(point.undelivered)} undelivered` : '';
    const tail = `${rows} rows · ${count(rowsPerSecond)} rows/s · ${requestsPerSecond} requests/s${undelivered}${percent === undefined ? '' : ` · ETA ${eta}`}`;
    if (terminal.isInteractive) {
      bar ??= newBar(terminal, name);
      bar.update(percent ?? 0, { tail });
      return;
    }
    const now = clock.monotonic();
    if (terminal.options.json) {
      if (now - saidAt < JSON_EVERY_MS) return;
      terminal.json({
        type: 'progress',
        source: name,
        percent: percent ?? null,
        rows_read: point.rowsRead,
        rows_settled: point.rowsSettled,
        undelivered: point.undelivered,
        requests: point.requests,
        rows_per_second: rowsPerSecond,
        requests_per_second: requestsPerSecond,
      });
    } else {
      if (now - saidAt < LINE_EVERY_MS) return;
      terminal.say(`${safeText(name)}${percent === undefined ? '' : ` ${percent} %`} · ${tail}`);
    }
    saidAt = now;
  }

  return {
    update(point) {
      if (rowsAtStart === undefined) {
        rowsAtStart = point.rowsSettled;
        doneAtStart = point.done;
      }
      show(point);
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function newBar(terminal: Terminal, name: string): CliProgress.SingleBar {
  // Loaded only where there is a bar: it takes as long as half of Node's own start.
  const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  const bar = new SingleBar({
    format: `${safeText(name)} {bar} {percentage} % · {tail}`,
    stream: terminal.stderr,
    fps: REDRAW_FPS,
    barsize: 12, // with the figures behind it a line fits into 80 to 100 columns
    hideCursor: true,
    clearOnComplete: true,
    forceRedraw: false,
    linewrap: false,
  });
  bar.start(100, 0, { tail: '' });
  return bar;
}
