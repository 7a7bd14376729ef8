import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';
import type { Clock } from '../domain/host.ts';
import type { Waiting } from '../domain/waiting.ts';
import { count, span } from '../domain/text/numbers.ts';
import type { Terminal } from './terminal.ts';

const require = createRequire(import.meta.url);

const LINE_EVERY_MS = 5_000;
const JSON_EVERY_MS = 1_000;
const REDRAW_EVERY_MS = 125;
/** Speed is that of the recent past: what a run did an hour ago says nothing about the hour to come. */
const SPEED_OVER_MS = 20_000;
/** An answer takes a while; only what takes longer is called waiting. */
const WAITING_MIN_MS = 1_500;
const BAR_COLUMNS = 12;

/** A moment of a run. Rows are those of the run as a whole, requests of this process. */
export interface ProgressPoint {
  readonly rowsSettled: number;
  readonly rowsRead: number;
  /** Estimated where the source is not read to its end; null = nobody knows. */
  readonly rowsTotal: number | null;
  readonly undelivered: number;
  readonly requests: number;
}

export interface Progress {
  update(point: ProgressPoint): void;
  /** Takes the bar off the screen, so that other lines can be written. */
  stop(): void;
}

export interface ProgressOptions {
  /** Rows that earlier processes have settled. */
  readonly rowsBefore?: number;
  /** What keeps the run, if anything does. */
  readonly waitingFor?: () => Waiting | undefined;
}

interface Figures {
  /** Settled rows of the estimated total. The last per cent is kept for the end. */
  readonly percent: number | null;
  readonly rowsPerSecond: number;
  readonly requestsPerSecond: number;
  readonly etaMs: number | null;
}

/**
 * A bar on a terminal, a plain line every few seconds elsewhere, objects with --json. It watches; it changes nothing. It speaks
 * also when nothing happens: then it says what is waited for, for how long, and until when.
 */
export function createProgress(
  terminal: Terminal,
  clock: Clock,
  name: string,
  { rowsBefore = 0, waitingFor = () => undefined }: ProgressOptions = {},
): Progress {
  const startedAt = clock.monotonic();
  const ended = new AbortController();
  const everyMs = terminal.isInteractive ? REDRAW_EVERY_MS : terminal.options.json ? JSON_EVERY_MS : LINE_EVERY_MS;
  let saidAt = terminal.isInteractive ? -Infinity : startedAt;
  let point: ProgressPoint = { rowsSettled: rowsBefore, rowsRead: 0, rowsTotal: null, undelivered: 0, requests: 0 };
  const speed = createSpeed(clock);
  speed.add(point);

  function figures(): Figures {
    const { rowsSettled, rowsTotal } = point;
    const { rowsPerSecond, requestsPerSecond } = speed.now();
    const left = rowsTotal === null ? null : Math.max(0, rowsTotal - rowsSettled);
    return {
      percent: rowsTotal === null || rowsTotal <= 0 ? null : Math.min(99, Math.floor((rowsSettled / rowsTotal) * 100)),
      rowsPerSecond: Math.round(rowsPerSecond),
      requestsPerSecond: Math.round(requestsPerSecond * 10) / 10,
      etaMs: left === null || rowsPerSecond < 0.01 ? null : Math.round((left / rowsPerSecond) * 1000),
    };
  }

  function say(): void {
    const now = clock.monotonic();
    if (now - saidAt < everyMs) return;
    saidAt = now;
    const waiting = longEnough(waitingFor(), now);
    const shown: Shown = { name, point, figures: figures(), waiting, now };
    if (terminal.options.json) return terminal.json(jsonOf(shown));
    terminal.progress(lineOf(shown, terminal.isInteractive));
  }

  async function keepSaying(): Promise<void> {
    while (!ended.signal.aborted) {
      await clock.sleep(Math.min(everyMs, 250), ended.signal);
      if (!ended.signal.aborted) say();
    }
  }

  void keepSaying();
  return {
    update(next) {
      point = next;
      speed.add(next);
      say();
    },
    stop() {
      ended.abort();
      terminal.endProgress();
    },
  };
}

function longEnough(waiting: Waiting | undefined, now: number): Waiting | undefined {
  return waiting && now - waiting.since >= WAITING_MIN_MS ? waiting : undefined;
}

interface Shown {
  readonly name: string;
  readonly point: ProgressPoint;
  readonly figures: Figures;
  readonly waiting: Waiting | undefined;
  /** Monotonic. */
  readonly now: number;
}

function lineOf({ name, point, figures, waiting, now }: Shown, hasBar: boolean): string {
  const { percent, rowsPerSecond, requestsPerSecond, etaMs } = figures;
  const bar = hasBar && percent !== null ? ` ${barOf(percent)}` : '';
  const share = percent === null ? '' : ` ${percent} %`;
  const undelivered = point.undelivered > 0 ? [`${count(point.undelivered)} undelivered`] : [];
  const pace = waiting
    ? [waitingText(waiting, now), `${count(point.rowsSettled)} rows`, ...undelivered]
    : [
        `${count(point.rowsSettled)} rows`,
        `${count(rowsPerSecond)} rows/s`,
        `${requestsPerSecond} requests/s`,
        ...undelivered,
        ...(etaMs === null ? [] : [`ETA ${span(etaMs)}`]),
      ];
  return `${name}${bar}${share} · ${pace.join(' · ')}`;
}

/** Drawn by cli-progress, which is loaded only where there is a bar; where it stands on the screen is the status line's business. */
function barOf(percent: number): string {
  const { Format } = require('cli-progress') as typeof CliProgress;
  return Format.BarFormat(percent / 100, {
    barsize: BAR_COLUMNS,
    barCompleteString: '='.repeat(BAR_COLUMNS),
    barIncompleteString: '-'.repeat(BAR_COLUMNS),
    barGlue: '',
  });
}

/** `waiting 12 s: the API answers 503, next try in 4.2 s`. */
function waitingText({ reason, since, until }: Waiting, now: number): string {
  const left = until === null ? '' : `, next try in ${span(Math.max(0, until - now))}`;
  return `waiting ${span(now - since)}: ${reason}${left}`;
}

function jsonOf({ name, point, figures: { percent, rowsPerSecond, requestsPerSecond, etaMs }, waiting, now }: Shown) {
  return {
    type: 'progress',
    source: name,
    percent,
    rows_read: point.rowsRead,
    rows_settled: point.rowsSettled,
    undelivered: point.undelivered,
    requests: point.requests,
    rows_per_second: rowsPerSecond,
    requests_per_second: requestsPerSecond,
    rows_total: point.rowsTotal === null ? null : Math.round(point.rowsTotal),
    eta_ms: etaMs,
    waiting:
      waiting === undefined
        ? null
        : {
            state: waiting.state,
            reason: waiting.reason,
            waited_ms: Math.round(now - waiting.since),
            left_ms: waiting.until === null ? null : Math.max(0, Math.round(waiting.until - now)),
          },
  };
}

/** Rows and requests per second over the recent past, from a moment of every second. */
function createSpeed(clock: Clock) {
  interface Moment {
    readonly at: number;
    readonly rows: number;
    readonly requests: number;
  }
  let moments: Moment[] = [];
  let last: Moment | undefined;
  return {
    add({ rowsSettled, requests }: ProgressPoint): void {
      const at = clock.monotonic();
      last = { at, rows: rowsSettled, requests };
      const newest = moments.at(-1);
      if (newest && at - newest.at < 1000) return;
      // What an earlier process has settled is there from the first moment, and nobody's speed.
      moments.push(last);
      while ((moments[1]?.at ?? Infinity) < at - SPEED_OVER_MS) moments = moments.slice(1);
    },
    now(): { rowsPerSecond: number; requestsPerSecond: number } {
      const [first] = moments;
      if (!first || !last) return { rowsPerSecond: 0, requestsPerSecond: 0 };
      const seconds = Math.max(0.1, (clock.monotonic() - first.at) / 1000);
      return {
        rowsPerSecond: (last.rows - first.rows) / seconds,
        requestsPerSecond: (last.requests - first.requests) / seconds,
      };
    },
  };
}
