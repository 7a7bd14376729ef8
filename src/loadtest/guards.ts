/** What must be true before a load test may start. Pure. Each guard has its own message, and names what would allow the test. */
import { CioBulkError } from '../domain/errors.ts';
import type { LoadPlan, LoadtestRun } from '../domain/loadtest.ts';
import { span } from '../domain/text/numbers.ts';
import type { LoadTarget } from './k6-environment.ts';

/**
 * Documented limit of the Track API, v1 and v2 together, in requests per second (docs/customerio.md 5.2, vendor's spec of
 * August 2026; the 100/s found in older pages is superseded). Not strictly enforced: excess may be dropped silently.
 */
export const TRACK_REQUESTS_PER_SECOND_MAX = 1_000;
/** Share of the limit that a load test may use without --allow-over-limit. The rest is for the workspace's own traffic. */
export const LIMIT_SHARE_FREE = 0.8;
/** Profiles are billed, and each one has to be deleted again. */
export const USERS_MAX = 100_000;

export interface GuardInput {
  readonly plan: LoadPlan;
  readonly target: LoadTarget;
  readonly confirm: string | undefined;
  readonly allowOverLimit: boolean;
  readonly force: boolean;
  /** Load tests of the same workspace whose people may still exist. */
  readonly uncleaned: readonly LoadtestRun[];
  /** The budget of the workspace's other senders (`--budget`), which know nothing of this load. */
  readonly sharedBudget?: SharedBudget | undefined;
}

/** Requests per second, and when the last of them started, if that was lately. */
interface SharedBudget {
  readonly rate: number;
  readonly lastStartAgoMs: number | undefined;
}

/** Throws the first refusal (`guard`, exit 4). For the sandbox, only the number of people is limited. */
export function checkGuards(input: GuardInput): void {
  const guards = input.target.isSandbox
    ? [guardUsers]
    : [guardEnvironment, guardConfirmation, guardRate, guardSharedRate, guardOtherSenders, guardUncleaned, guardUsers];
  for (const guard of guards) guard(input);
}

function guardEnvironment({ target }: GuardInput): void {
  if (target.environment === 'staging') return;
  const says =
    target.environment === undefined || target.environment === '' ? 'is not set' : `says "${target.environment}"`;
  throw new CioBulkError(
    'guard',
    `load tests run against staging workspaces only, and CUSTOMERIO_ENVIRONMENT ${says}`,
    {
      hint: 'rehearse with --sandbox, or set CUSTOMERIO_ENVIRONMENT=staging if this really is a staging workspace',
    },
  );
}

function guardConfirmation({ target, confirm }: GuardInput): void {
  if (confirm !== undefined && target.siteId.hasLast4(confirm)) return;
  const problem =
    confirm === undefined
      ? 'a load test of a real workspace has to be confirmed'
      : '--confirm does not match the site id in use';
  throw new CioBulkError('guard', problem, {
    hint: "add --confirm with the last 4 characters of the staging workspace's site id",
  });
}

function guardRate({ plan, allowOverLimit }: GuardInput): void {
  const free = TRACK_REQUESTS_PER_SECOND_MAX * LIMIT_SHARE_FREE;
  if (allowOverLimit || plan.peakRate <= free) return;
  throw new CioBulkError(
    'guard',
    `${plan.scenario} would reach ${round(plan.peakRate)} requests/s, over ${free} (80 % of the documented limit of ${TRACK_REQUESTS_PER_SECOND_MAX})`,
    { hint: 'lower --rate, or add --allow-over-limit after asking Customer.io' },
  );
}

function guardSharedRate({ plan, allowOverLimit, sharedBudget }: GuardInput): void {
  if (allowOverLimit || !sharedBudget || plan.peakRate <= sharedBudget.rate) return;
  throw new CioBulkError(
    'guard',
    `${plan.scenario} would reach ${round(plan.peakRate)} requests/s, over the ${sharedBudget.rate} of the workspace's shared budget`,
    { hint: 'lower --rate, or add --allow-over-limit' },
  );
}

function guardOtherSenders({ force, sharedBudget }: GuardInput): void {
  const agoMs = sharedBudget?.lastStartAgoMs;
  if (force || agoMs === undefined) return;
  throw new CioBulkError(
    'guard',
    `others are sending to this workspace: the last request under its shared budget started ${span(agoMs)} ago`,
    { hint: 'wait until nobody has sent for ten seconds, or add --force to test anyway' },
  );
}

function guardUncleaned({ uncleaned, force }: GuardInput): void {
  const first = uncleaned[0];
  if (force || first === undefined) return;
  const people = uncleaned.reduce((sum, run) => sum + run.max_n + 1, 0);
  throw new CioBulkError(
    'guard',
    `load test ${first.id} was not cleaned up: up to ${people} test people may be left in this workspace`,
    {
      hint: 'run cio-bulk cleanup first, or add --force to test anyway',
    },
  );
}

function guardUsers({ plan }: GuardInput): void {
  if (plan.users <= USERS_MAX) return;
  throw new CioBulkError(
    'guard',
    `${plan.users} test people are more than the ${USERS_MAX} that a load test may create`,
    {
      hint: `use --max-users ${USERS_MAX} or less: people are reused once that many exist`,
    },
  );
}

function round(rate: number): number {
  return Math.round(rate * 10) / 10;
}
