import { createPacer } from '../api/pacer.ts';
import type { Courier } from '../domain/courier.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { Sender } from '../domain/wire.ts';
import { fleetKeys, type FleetKeys } from '../fleet/keys.ts';
import type { RedisFault } from '../fleet/redis-fault.ts';
import { openRedisLink, type RedisLink } from '../fleet/redis-link.ts';
import { redisPlace, type RedisPlace } from '../fleet/redis-url.ts';
import type { Terminal } from '../output/terminal.ts';
import { openBudget } from './budget.ts';
import { closing } from './closing.ts';
import { withEnvFile, type Environment } from './env-file.ts';
import { openCourier } from './open-courier.ts';
import type { BudgetOptions, SendingOptions } from './options.ts';
import { targetFrom, workspaceFrom, workspaceOf } from './target.ts';

const VARIABLE = 'CIO_BULK_REDIS_URL';

/** What a worker sends with. There is no journal: what is pending, and what did not arrive, is in Redis. */
export interface FleetSession {
  readonly place: RedisPlace;
  readonly link: RedisLink;
  readonly keys: FleetKeys;
  readonly courier: Courier;
}

export interface FleetSetting {
  readonly options: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
  /** `--redis`; undefined: it is in the environment. */
  readonly redisUrl: string | undefined;
  /** Stands before the wire. */
  readonly guard: (wire: Sender) => Sender;
}

/** Opens a session, hands it to `work`, and closes it whatever happens. All workers share the budget of their workspace. */
export function withFleetSession<T>(
  { redisUrl, guard, ...setting }: FleetSetting,
  work: (session: FleetSession) => Promise<T>,
): Promise<T> {
  return closing(async (defer) => {
    const { options, host, terminal } = setting;
    const env = withEnvFile(host.env, options.envFile);
    const target = targetFrom(env);
    const workspace = workspaceOf(target);
    const place = fleetPlace(redisUrl, env);
    const { budget } = await openBudget({ ...setting, place, workspace, recentStartsAgoMs: [] }, defer);
    const link = await openRedisLink(place, host.clock);
    defer(() => link.close());
    warnOfLoss(link, terminal);
    const pacer = createPacer({ budget, rowsPerSecond: 0, clock: host.clock });
    const { courier } = await openCourier({ target, env, pacer, guard }, setting, defer);
    return work({ place, link, keys: fleetKeys(workspace), courier });
  });
}

/** What a producer needs: it sends nothing, so the site id is enough. */
export interface ProducerSession {
  readonly link: RedisLink;
  readonly workspace: string;
  readonly keys: FleetKeys;
}

/** For commands that write to a fleet, or look at it. */
export function withProducerSession<T>(
  {
    redisUrl,
    envFile,
    host,
  }: { readonly redisUrl: string | undefined; readonly envFile: string | undefined; readonly host: Host },
  work: (session: ProducerSession) => Promise<T>,
): Promise<T> {
  return closing(async (defer) => {
    const env = withEnvFile(host.env, envFile);
    const workspace = workspaceFrom(env);
    const place = fleetPlace(redisUrl, env);
    const link = await openRedisLink(place, host.clock);
    defer(() => link.close());
    const fault = link.fault();
    if (fault) throw unreachable(place, fault);
    return work({ link, workspace, keys: fleetKeys(workspace) });
  });
}

export function unreachable({ name }: RedisPlace, { message }: RedisFault): CioBulkError {
  return new CioBulkError('redis_unreachable', `Redis at ${name} ${message}`, {
    hint: 'check --redis or CIO_BULK_REDIS_URL, then run the same command again',
  });
}

/** The budget of a worker is that of its workspace, in the same Redis. */
export function fleetBudget(redisUrl: string | undefined, rate: number | undefined, setRate: boolean): BudgetOptions {
  return { url: redisUrl ?? 'env', rate, setRate, share: 1, fallbackRate: undefined };
}

export function fleetPlace(redisUrl: string | undefined, env: Environment): RedisPlace {
  if (redisUrl !== undefined && redisUrl !== 'env') return redisPlace(redisUrl, '--redis');
  const text = env[VARIABLE]?.trim();
  if (!text)
    throw new CioBulkError('config', `${VARIABLE} is not set`, { hint: 'set it, or name the Redis with --redis' });
  return redisPlace(text, VARIABLE);
}

function warnOfLoss(link: RedisLink, terminal: Terminal): void {
  if (!link.fault() && !link.facts().hasAppendLog)
    terminal.warn(
      `Redis at ${link.place.name} has no append-only file: a restart loses operations that were accepted (appendonly no)`,
    );
}
