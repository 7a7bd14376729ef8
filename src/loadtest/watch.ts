import type { Clock } from '../domain/host.ts';
import { OPERATIONS } from '../domain/loadtest.ts';
import type { LoadPlan } from '../domain/loadtest.ts';
import { plannedAt } from './planned-rate.ts';

/** One sample of a running test: rates over the last second, everything else since the start. */
export interface Sample {
  readonly elapsedMs: number;
  readonly stage: string;
  readonly plannedRate: number;
  readonly achievedRate: number;
  readonly requests: number;
  readonly limited: number;
  readonly failures: number;
  /** Worst of the operations. */
  readonly p95Ms: number;
}

export interface Watch {
  readonly clock: Clock;
  /** k6's REST API. */
  readonly apiUrl: string;
  readonly plan: LoadPlan;
  readonly onSample: (sample: Sample) => void;
  /** Aborts when k6 has ended. */
  readonly ended: AbortSignal;
}

interface Counts {
  readonly requests: number;
  /** When k6 counted them, by its own clock: on a busy machine the answer may take a while to get here. */
  readonly countedAtMs: number;
  readonly limited: number;
  readonly failures: number;
  readonly p95Ms: number;
}

const PERIOD_MS = 1_000;
const ANSWER_TIMEOUT_MS = 900;

/** Takes a sample every second, from the start of the load until k6 has ended. One that fails is left out. */
export async function watchLoad({ clock, apiUrl, plan, onSample, ended }: Watch): Promise<void> {
  const beganAt = clock.monotonic();
  let last = { requests: 0, countedAtMs: 0 };
  for (let tick = 1; !ended.aborted; tick += 1) {
    await clock.sleep(beganAt + tick * PERIOD_MS - clock.monotonic(), ended);
    if (ended.aborted) return;
    const counts = await readCounts(apiUrl, ended);
    if (counts === null) continue;
    const { countedAtMs, ...sums } = counts;
    const elapsedMs = Math.round(clock.monotonic() - beganAt);
    const { stage, rate } = plannedAt(plan, elapsedMs);
    const achievedRate = ((counts.requests - last.requests) * 1_000) / Math.max(1, countedAtMs - last.countedAtMs);
    last = counts;
    onSample({ elapsedMs, stage, plannedRate: rate, achievedRate, ...sums });
  }
}

async function readCounts(apiUrl: string, ended: AbortSignal): Promise<Counts | null> {
  try {
    const response = await fetch(`${apiUrl}/v1/metrics`, {
      signal: AbortSignal.any([ended, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    if (!response.ok) return null;
    return toCounts((await response.json()) as MetricsDocument);
  } catch {
    // Progress is optional: the summary does not depend on it.
    return null;
  }
}

interface MetricsDocument {
  readonly data?: readonly {
    readonly id: string;
    readonly attributes: { readonly sample: Readonly<Record<string, number>> };
  }[];
}

function toCounts({ data = [] }: MetricsDocument): Counts {
  const samples = new Map(data.map(({ id, attributes }) => [id, attributes.sample]));
  const at = (metric: string, key: string): number => samples.get(metric)?.[key] ?? 0;
  const requests = at('cio_requests', 'count');
  return {
    requests,
    // k6's rate is the count over the time so far.
    countedAtMs: requests === 0 ? 0 : (requests * 1_000) / at('cio_requests', 'rate'),
    limited: at('cio_429', 'count'),
    failures: at('cio_failures', 'count'),
    p95Ms: Math.max(...OPERATIONS.map((operation) => at(`cio_${operation}_ms`, 'p(95)'))),
  };
}
