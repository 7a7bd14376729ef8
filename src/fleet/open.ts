import type { Budget } from '../domain/budget.ts';
import { windowMs } from '../domain/pacing.ts';
import { enduring, type EnduringOptions } from './enduring.ts';
import { joinBudget, type JoinRequest } from './join.ts';
import { createSharedBudget } from './shared-budget.ts';
import { createStartLog } from './start-log.ts';

export interface SharedBudgetRequest
  extends Omit<JoinRequest, 'hasFallback'>, Pick<EnduringOptions, 'fallback' | 'maxOutageMs' | 'onAway' | 'onBack'> {
  /** When the last request of this sender started that is in no log; undefined when there was none. */
  readonly lastStartAgoMs: number | undefined;
}

export interface SharedBudget {
  readonly budget: Budget;
  /** Requests per second. */
  readonly rate: number;
  /** When anybody last started a request under it; undefined when nobody did in the last ten seconds. */
  readonly lastStartAgoMs: number | undefined;
  close(): void;
}

/** Joins the senders of a workspace: the one wiring of connection, log, budget, and what happens while Redis is away. */
export async function openSharedBudget(request: SharedBudgetRequest): Promise<SharedBudget> {
  const { prefix, clock, fallback } = request;
  const { link, rate, lastStartAgoMs } = await joinBudget({ ...request, hasFallback: fallback !== undefined });
  const log = createStartLog({ link, prefix, rate, clock });
  const notBefore = clock.monotonic() + windowMs(rate) - (request.lastStartAgoMs ?? Infinity);
  const shared = createSharedBudget({ log, clock, notBefore });
  return { budget: enduring(shared, { ...request, link }), rate, lastStartAgoMs, close: link.close };
}
