/** Counts of what arrived since the process started (or the last reset). */
export interface Traffic {
  /** Notes the start of a request. */
  arrive(): void;
  /** Notes how it was answered: a status, or the name of the fault that cut it off. */
  answered(route: string, outcome: string): void;
  count(operations: number, duplicates: number): void;
  fault(kind: string): void;
  snapshot(): TrafficSnapshot;
  reset(): void;
}

export interface TrafficSnapshot {
  readonly duplicate_events_ignored: number;
  readonly operations_received: number;
  readonly requests: {
    readonly total: number;
    readonly by_path: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  readonly faults_injected: Readonly<Record<string, number>>;
  /** The most requests that started within any one-second window. */
  readonly max_requests_in_any_second: number;
  readonly first_request_at: string | null;
  readonly last_request_at: string | null;
}

const WINDOW_MS = 1000;

export function createTraffic(now: () => number, monotonic: () => number): Traffic {
  let total = 0;
  let duplicates = 0;
  let operations = 0;
  let max = 0;
  let firstAt: number | undefined;
  let lastAt: number | undefined;
  let byPath: Record<string, Record<string, number>> = {};
  let faults: Record<string, number> = {};
  /** Starts within the last second, oldest first. `head` skips those that are older by now. */
  let starts: number[] = [];
  let head = 0;

  function slide(at: number): void {
    starts.push(at);
    for (let oldest = starts[head]; oldest !== undefined && oldest <= at - WINDOW_MS; oldest = starts[head]) head += 1;
    if (head > 10_000) {
      starts = starts.slice(head);
      head = 0;
    }
    max = Math.max(max, starts.length - head);
  }

  return {
    arrive() {
      total += 1;
      lastAt = now();
      firstAt ??= lastAt;
      slide(monotonic());
    },
    answered(route, outcome) {
      const counts = (byPath[route] ??= {});
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    },
    count(more, moreDuplicates) {
      operations += more;
      duplicates += moreDuplicates;
    },
    fault(kind) {
      faults[kind] = (faults[kind] ?? 0) + 1;
    },
    snapshot: () => ({
      duplicate_events_ignored: duplicates,
      operations_received: operations,
      requests: { total, by_path: byPath },
      faults_injected: faults,
      max_requests_in_any_second: max,
      first_request_at: toIso(firstAt),
      last_request_at: toIso(lastAt),
    }),
    reset() {
      [total, duplicates, operations, max, head] = [0, 0, 0, 0, 0];
      [firstAt, lastAt] = [undefined, undefined];
      [byPath, faults, starts] = [{}, {}, []];
    },
  };
}

function toIso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
