import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { RecentPolicy } from '../domain/plan.ts';
import { RECENT_HOURS, recentSinceSeconds } from '../domain/recent.ts';
import { recentInSample } from '../mapping/plan/sample.ts';
import { plural } from '../domain/text/numbers.ts';
import { ask, canAsk } from '../output/ask.ts';
import type { OpenSource } from '../reading/open-source.ts';

export interface RecentChoice {
  readonly allowTriggers: boolean;
  readonly skipRecent: boolean;
  readonly isSandbox: boolean;
  /** See `SendingSession`. */
  readonly clockAheadMs: number;
}

/** Nobody should mail half the company by accident: recent events need a decision before the first request. */
export async function decideOnRecent(
  source: OpenSource,
  choice: RecentChoice,
  host: Host,
): Promise<{ policy: RecentPolicy; sinceSeconds: number }> {
  const sinceSeconds = recentSinceSeconds(host.clock.now() - choice.clockAheadMs);
  if (choice.skipRecent) return { policy: 'skip', sinceSeconds };
  if (choice.allowTriggers || choice.isSandbox) return { policy: 'allow', sinceSeconds };
  const identity = { target: '', dataset: source.name, clockMs: 0 };
  const recent = recentInSample(
    { layout: source.layout, plan: source.planned.plan, identity },
    source.sample,
    sinceSeconds,
  );
  if (recent === 0) return { policy: 'guard', sinceSeconds };
  const found = `${plural(recent, 'event')} of the first ${plural(source.sample.length, 'row')} ${recent === 1 ? 'is' : 'are'} younger than ${RECENT_HOURS} hours or without a time, and could trigger campaigns`;
  if (canAsk(host)) {
    const answer = (
      await ask(host, `${found}.\nSend them (send), leave them out (skip), or stop (anything else)? `)
    ).trim();
    if (answer === 'send') return { policy: 'allow', sinceSeconds };
    if (answer === 'skip') return { policy: 'skip', sinceSeconds };
  }
  throw new CioBulkError('recent_events', found, {
    hint: 'send them with --allow-triggers, or leave them out with --skip-recent',
  });
}
