import type { LoadPlan } from '../domain/loadtest.ts';

export interface PlannedMoment {
  readonly stage: string;
  /** Requests per second. */
  readonly rate: number;
}

/** What the plan asks for at a moment of the run; after its end, rate 0. */
export function plannedAt(plan: LoadPlan, elapsedMs: number): PlannedMoment {
  let from = plan.startRate;
  let beganMs = 0;
  for (const stage of plan.stages) {
    const endMs = beganMs + stage.durationMs;
    if (elapsedMs < endMs) {
      const share = Math.max(0, elapsedMs - beganMs) / stage.durationMs;
      return { stage: stage.name, rate: from + (stage.target - from) * share };
    }
    from = stage.target;
    beganMs = endMs;
  }
  return { stage: 'end', rate: 0 };
}
