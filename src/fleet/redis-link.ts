import type { Redis } from 'ioredis';
import type { Clock } from '../domain/host.ts';
import { redisFault, RedisFault } from './redis-fault.ts';
import type { RedisPlace } from './redis-url.ts';
import type { Script } from './script.ts';

/** A call or a connection that takes longer has failed. */
const PATIENCE_MS = 1_000;
const RECONNECT_FIRST_MS = 50;
const RECONNECT_LAST_MS = 1_000;

/** What a server says about itself. */
export interface ServerFacts {
  /** Another one after each start, and on each server. */
  readonly runId: string;
  readonly version: string;
  readonly evictionPolicy: string;
  /** What it has accepted survives its end. */
  readonly hasAppendLog: boolean;
}

/**
 * A connection to Redis that is made anew when it is lost. Nothing waits in it: what cannot be asked now fails now.
 *
 *   up --a call fails, the connection ends--> down --a new connection has been tried, again and again--> up
 *   any --close--> closed
 */
export interface RedisLink {
  readonly place: RedisPlace;
  /** Of the server that is connected now. Throws a RedisFault while none is. */
  facts(): ServerFacts;
  /** Rejects with a RedisFault. */
  run(script: Script, args: readonly (string | number)[]): Promise<unknown>;
  /** Why it is down. */
  fault(): RedisFault | undefined;
  close(): void;
}

interface Connection {
  readonly redis: Redis;
  readonly facts: ServerFacts;
}

/** Resolves with a link that is up or, after the first try, down: `fault()` tells. */
export async function openRedisLink(place: RedisPlace, clock: Clock): Promise<RedisLink> {
  const closing = new AbortController();
  let connection: Connection | undefined;
  let fault: RedisFault | undefined;
  let pauseMs = RECONNECT_FIRST_MS;

  async function tryOnce(): Promise<void> {
    try {
      const next = await connect(place, (why) => lose(next, why));
      if (closing.signal.aborted) return next.redis.disconnect();
      connection = next;
      fault = undefined;
    } catch (error) {
      fault = redisFault(error);
    }
  }

  async function reconnect(): Promise<void> {
    while (!connection) {
      await clock.sleep(pauseMs, closing.signal);
      pauseMs = Math.min(RECONNECT_LAST_MS, pauseMs * 2);
      if (closing.signal.aborted) return;
      await tryOnce();
    }
  }

  function lose(lost: Connection, why: RedisFault): void {
    if (connection !== lost) return;
    connection = undefined;
    fault = why;
    lost.redis.disconnect();
    void reconnect();
  }

  function current(): Connection {
    if (!connection) throw fault ?? new RedisFault('drops the connection');
    return connection;
  }

  await tryOnce();
  if (fault) void reconnect();
  return {
    place,
    facts: () => current().facts,
    async run(script, args) {
      const asked = current();
      try {
        const reply = await call(asked.redis, script, args);
        pauseMs = RECONNECT_FIRST_MS; // only now: a server that takes connections may refuse everything else
        return reply;
      } catch (error) {
        const why = redisFault(error);
        lose(asked, why);
        throw why;
      }
    },
    fault: () => fault,
    close() {
      closing.abort();
      connection?.redis.disconnect();
      connection = undefined;
    },
  };
}

/** Where to connect, and as whom, in the words of the client. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Readonly<Record<string, never>>;
}

export function addressOf({ host, port, database, username, password, isTls }: RedisPlace): RedisAddress {
  return {
    host,
    port,
    db: database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(isTls ? { tls: {} } : {}),
  };
}

async function connect(place: RedisPlace, onEnd: (why: RedisFault) => void): Promise<Connection> {
  const { Redis } = await import('ioredis'); // only those who share a budget pay for loading it
  const redis = new Redis({
    ...addressOf(place),
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    retryStrategy: null,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    maxRetriesPerRequest: null,
  });
  let why: unknown;
  redis.on('error', (error: unknown) => (why ??= error));
  try {
    await redis.connect();
    const facts = factsIn(await redis.info());
    redis.once('end', () => onEnd(redisFault(why)));
    return { redis, facts };
  } catch (error) {
    redis.disconnect();
    throw redisFault(why ?? error);
  }
}

/** By the hash of the script; its text travels when the server does not know it. */
async function call(redis: Redis, script: Script, args: readonly (string | number)[]): Promise<unknown> {
  const known = redis as unknown as Record<
    string,
    ((...args: readonly (string | number)[]) => Promise<unknown>) | undefined
  >;
  if (!known[script.name]) redis.defineCommand(script.name, { numberOfKeys: script.keys, lua: script.lua });
  return known[script.name]?.(...args);
}

function factsIn(info: string): ServerFacts {
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  return {
    runId: value('run_id'),
    version: value('redis_version'),
    evictionPolicy: value('maxmemory_policy'),
    hasAppendLog: value('aof_enabled') === '1',
  };
}
