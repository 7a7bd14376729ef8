import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import { redisFault, type RedisFault } from './redis-fault.ts';
import { openRedisLink, type RedisLink, type ServerFacts } from './redis-link.ts';
import type { RedisPlace } from './redis-url.ts';
import { FORMAT, JOIN } from './script.ts';

const VERSION_MIN = 7;
const TRY_EVERY_MS = 500;

/** What a sender wants of the budget. Rates are starts per second. */
export interface JoinRequest {
  readonly place: RedisPlace;
  /** `{cio:<workspace>}` */
  readonly prefix: string;
  /** `--rate`; undefined: whatever the budget has. */
  readonly rate: number | undefined;
  /** The rate of a budget that does not exist yet, unless one was given. */
  readonly defaultRate: number;
  /** `--set-rate` */
  readonly setRate: boolean;
  readonly maxAttempts: number;
  /** Goes on without Redis: it need not be there yet. */
  readonly hasFallback: boolean;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

export interface Joined {
  readonly link: RedisLink;
  readonly rate: number;
  /** When anybody last started a request under this budget; undefined when nobody did lately. */
  readonly lastStartAgoMs: number | undefined;
}

/** Connects, and agrees with the other senders on the rate. Throws when Redis cannot hold a budget, or holds one with another rate. */
export async function joinBudget(request: JoinRequest): Promise<Joined> {
  const { place, clock } = request;
  const link = await openRedisLink(place, clock);
  try {
    await untilUp(link, request);
    request.stopping.throwIfAborted();
    const fault = link.fault();
    if (!fault) return await agree(link, request);
    if (fault.isLasting) throw unusable(place, fault);
    if (!request.hasFallback) throw unreachable(place, fault);
    return { link, rate: request.rate ?? request.defaultRate, lastStartAgoMs: undefined };
  } catch (error) {
    link.close();
    throw error;
  }
}

async function untilUp(link: RedisLink, { maxAttempts, hasFallback, clock, stopping }: JoinRequest): Promise<void> {
  const tries = hasFallback ? 1 : maxAttempts;
  for (let i = 1; i < tries && link.fault()?.isLasting === false && !stopping.aborted; i++)
    await clock.sleep(TRY_EVERY_MS, stopping);
}

async function agree(link: RedisLink, request: JoinRequest): Promise<Joined> {
  const { place, prefix, rate, defaultRate, setRate } = request;
  assertFit(place, link.facts());
  const [format, stored, ago] = await ask(link, [
    `${prefix}:meta`,
    `${prefix}:budget`,
    rate ?? defaultRate,
    setRate ? 1 : 0,
  ]);
  if (format !== FORMAT)
    throw new CioBulkError('config', `the budget in Redis at ${place.name} was made by a newer version of cio-bulk`, {
      hint: 'update cio-bulk on this machine',
    });
  if (rate !== undefined && Number(stored) !== rate)
    throw new CioBulkError('usage', `--rate ${rate}: the shared budget has a rate of ${stored} requests/s`, {
      hint: `leave out --rate to send at the budget's rate, or add --set-rate to change it for all its senders`,
    });
  return { link, rate: Number(stored), lastStartAgoMs: ago === '' ? undefined : Math.max(0, Number(ago) / 1000) };
}

async function ask(link: RedisLink, args: readonly (string | number)[]): Promise<string[]> {
  try {
    const reply = await link.run(JOIN, args);
    return Array.isArray(reply) ? reply.map(String) : [];
  } catch (error) {
    const fault = redisFault(error);
    throw fault.isLasting ? unusable(link.place, fault) : unreachable(link.place, fault);
  }
}

/** What a server has to be, so that the log is neither refused nor thrown away. */
function assertFit({ name }: RedisPlace, { version, evictionPolicy }: ServerFacts): void {
  if (Number.parseInt(version, 10) < VERSION_MIN)
    throw new CioBulkError(
      'config',
      `Redis at ${name} is version ${version}: a shared budget needs ${VERSION_MIN} or later`,
    );
  if (evictionPolicy !== '' && evictionPolicy !== 'noeviction')
    throw new CioBulkError(
      'config',
      `Redis at ${name} may throw the budget away when its memory is full (maxmemory-policy ${evictionPolicy})`,
      { hint: 'set maxmemory-policy to noeviction, or use another Redis' },
    );
}

function unusable({ name }: RedisPlace, { message }: RedisFault): CioBulkError {
  return new CioBulkError('config', `Redis at ${name} ${message}`, {
    hint: 'check the URL in --budget or CIO_BULK_REDIS_URL, and the user and password in it',
  });
}

function unreachable({ name }: RedisPlace, { message }: RedisFault): CioBulkError {
  return new CioBulkError('budget_unreachable', `Redis at ${name}, which holds the shared budget, ${message}`, {
    hint: 'nothing was sent; check --budget, then run again, or let it send meanwhile with --budget-fallback',
  });
}
