import { createOwnBudget } from '../api/own-budget.ts';
import type { Budget } from '../domain/budget.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { span } from '../domain/text/numbers.ts';
import { fleetPrefix } from '../fleet/keys.ts';
import { redisPlace, type RedisPlace } from '../fleet/redis-url.ts';
import type { RedisFault } from '../fleet/redis-fault.ts';
import type { Terminal } from '../output/terminal.ts';
import type { Defer } from './closing.ts';
import type { Environment } from './env-file.ts';
import { SENDING_DEFAULTS, type BudgetOptions, type SendingOptions } from './options.ts';

/** What is known of a shared budget when a sender joins it. */
export interface SharedState {
  /** Requests per second. */
  readonly rate: number;
  /** When anybody last started a request under it; undefined when nobody did in the last ten seconds. */
  readonly lastStartAgoMs: number | undefined;
}

export interface OpenBudget {
  readonly budget: Budget;
  /** Undefined when it is this process's own. */
  readonly shared: SharedState | undefined;
}

export interface BudgetSetting {
  readonly options: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
  /** Where `--budget` is; undefined: this process has its own. */
  readonly place: RedisPlace | undefined;
  readonly workspace: string;
  /** How long ago the last requests of the sender before, with this journal, started. */
  readonly recentStartsAgoMs: readonly number[];
}

/** The budget of this process, or with `--budget` the one that it shares. */
export async function openBudget(setting: BudgetSetting, defer: Defer): Promise<OpenBudget> {
  const { options, host, recentStartsAgoMs, place } = setting;
  if (options.budget && place) return shareBudget(options.budget, place, setting, defer);
  const budget = createOwnBudget({ rate: options.rate, clock: host.clock, recentStartsAgoMs });
  return { budget, shared: undefined };
}

async function shareBudget(
  { rate: givenRate, setRate, share, fallbackRate }: BudgetOptions,
  place: RedisPlace,
  { options, host, terminal, workspace, recentStartsAgoMs }: BudgetSetting,
  defer: Defer,
): Promise<OpenBudget> {
  const { clock, stopping } = host;
  const { openSharedBudget } = await import('../fleet/open.ts'); // who shares nothing does not load it
  const shared = await openSharedBudget({
    place,
    prefix: fleetPrefix(workspace),
    rate: givenRate,
    defaultRate: SENDING_DEFAULTS.rate,
    setRate,
    maxAttempts: options.maxAttempts,
    maxOutageMs: options.maxOutageMs,
    fallback: fallbackRate === undefined ? undefined : createOwnBudget({ rate: fallbackRate, clock }),
    lastStartAgoMs: recentStartsAgoMs.length === 0 ? undefined : Math.min(...recentStartsAgoMs),
    clock,
    stopping,
    onAway: (why) => terminal.warn(awayText(place, why, fallbackRate)),
    onBack: (awayMs) => terminal.say(`Redis is back after ${span(awayMs)}: the budget is shared again`),
  });
  defer(shared.close);
  const { budget, rate } = shared;
  const part = share === 1 ? '' : `, ${Math.round(share * 100)} % of it at most`;
  terminal.say(`Sharing ${rate} requests/s with all senders of this workspace${part} (Redis at ${place.name})`);
  if (share === 1) return { budget, shared };
  const { withinShare } = await import('../fleet/enduring.ts');
  return { budget: withinShare(budget, createOwnBudget({ rate: rate * share, clock })), shared };
}

function awayText({ name }: RedisPlace, { message }: RedisFault, fallbackRate: number | undefined): string {
  const meanwhile =
    fallbackRate === undefined
      ? 'nothing is sent until it is back'
      : `sending ${fallbackRate} requests/s until it is back (--budget-fallback)`;
  return `Redis at ${name}, which holds the shared budget, ${message}: ${meanwhile}`;
}

const VARIABLE = 'CIO_BULK_REDIS_URL';

/** Where `--budget` says that Redis is. Throws `config` when that is no place. */
export function budgetPlace(budget: BudgetOptions | undefined, env: Environment): RedisPlace | undefined {
  if (!budget) return undefined;
  if (budget.url !== 'env') return redisPlace(budget.url, '--budget');
  const text = env[VARIABLE]?.trim();
  if (!text) throw new CioBulkError('config', `--budget env: ${VARIABLE} is not set`);
  return redisPlace(text, VARIABLE);
}
