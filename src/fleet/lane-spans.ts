import type { UndeliveredRow } from '../domain/ledger.ts';
import type { HeldLane, LaneEntry } from './held-lane.ts';

/** Of undelivered operations in one call. */
const CALL_BYTES_MAX = 1_000_000;

/** Entries of one lane that were read together. */
interface Span {
  readonly lane: HeldLane;
  /** Row of the first entry. */
  readonly row: number;
  readonly entries: readonly LaneEntry[];
  readonly isSettled: Uint8Array;
  readonly undelivered: Map<number, UndeliveredRow>;
  /** So many of its entries are written, or on their way. */
  taken: number;
}

/** Entries that were read, by row, and by lane in the order of the lane. */
export interface LaneSpans {
  admit(lane: HeldLane, row: number, entries: readonly LaneEntry[]): void;
  settle(from: number, to: number): void;
  /** A row that is settled did not arrive. */
  lose(row: UndeliveredRow): void;
  /** The words of the settle script for what can be told by now; empty when there is nothing. Each entry is told once. */
  take(): (string | number)[];
  /** Nothing of the lane is left to be told. */
  isTold(lane: HeldLane): boolean;
}

export function createLaneSpans(): LaneSpans {
  const spans: Span[] = [];
  const byLane = new Map<HeldLane, Span[]>();
  const settled = new Set<HeldLane>(); // since they were taken from last

  function takeFrom(lane: HeldLane): (string | number)[] {
    const ofLane = byLane.get(lane) ?? [];
    const { words, isWhole } = wordsOf(lane, ofLane);
    if (!isWhole) settled.add(lane);
    if (ofLane.length === 0) byLane.delete(lane);
    return words;
  }

  return {
    admit(lane, row, entries) {
      const span: Span = {
        lane,
        row,
        entries,
        isSettled: new Uint8Array(entries.length),
        undelivered: new Map(),
        taken: 0,
      };
      spans.push(span);
      const ofLane = byLane.get(lane);
      if (ofLane) ofLane.push(span);
      else byLane.set(lane, [span]);
    },
    settle(from, to) {
      for (let row = from; row <= to;) {
        const span = spanAt(spans, row);
        const end = Math.min(to, span.row + span.entries.length - 1);
        span.isSettled.fill(1, row - span.row, end - span.row + 1);
        settled.add(span.lane);
        row = end + 1;
      }
    },
    lose(row) {
      const span = spanAt(spans, row.row);
      span.undelivered.set(row.row - span.row, row);
    },
    take() {
      const lanes = [...settled];
      settled.clear();
      const words = lanes.flatMap(takeFrom);
      while (spans[0]?.taken === spans[0]?.entries.length && spans.length > 0) spans.shift();
      return words;
    },
    isTold: (lane) => !byLane.has(lane),
  };
}

function spanAt(spans: readonly Span[], row: number): Span {
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((spans[middle]?.row ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  const span = spans[low];
  if (!span) throw new Error(`row ${row} is none of those that were read`);
  return span;
}

/** The settled entries at the front of a lane, and what Redis has to know of them. They leave `spans`. */
function wordsOf(lane: HeldLane, spans: Span[]): { readonly words: (string | number)[]; readonly isWhole: boolean } {
  const told: (string | number)[] = [];
  let count = 0;
  let bytes = 0;
  let last: string | undefined;
  for (let span = spans[0]; span; span = spans[0]) {
    while (span.isSettled[span.taken] === 1 && bytes < CALL_BYTES_MAX) {
      const entry = span.entries[span.taken];
      const lost = span.undelivered.get(span.taken++);
      if (!entry) break;
      last = entry.id;
      if (!lost && !lane.isAgain) continue;
      told.push(...entryWords(entry, lost));
      bytes += entry.text.length;
      count++;
    }
    if (span.taken < span.entries.length) break;
    spans.shift();
  }
  if (last === undefined) return { words: [], isWhole: true };
  const words = [lane.stream, lane.lane, after(last), lane.isAgain ? 1 : 0, count, ...told];
  return { words, isWhole: bytes < CALL_BYTES_MAX };
}

function entryWords({ id, orderingKey, text, undeliveredId }: LaneEntry, lost: UndeliveredRow | undefined): string[] {
  return [id, orderingKey, text, lost?.state ?? 'delivered', lost?.code ?? '', lost?.reason ?? '', undeliveredId];
}

/** The id behind `id`: everything before it is settled. */
function after(id: string): string {
  const [time = '0', sequence = '0'] = id.split('-');
  return `${time}-${Number(sequence) + 1}`;
}
