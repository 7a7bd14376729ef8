import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { errorCode } from '../domain/text/error-code.ts';
import { FORMAT, type Script } from '../fleet/script.ts';
import type { LaneLeases } from '../fleet/lane-leases.ts';
import type { FleetSession } from '../session/fleet-session.ts';

/** Whoever was not heard of for so long is stuck: the event loop, and the loop that looks for lanes while Redis is there. */
const LOOP_STUCK_MS = 5_000;
const LOOK_STUCK_MS = 60_000;
const TICK_MS = 500;

/** Where health is told, such as 127.0.0.1:9464. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * What a worker says about itself: `/healthz` for those who would start it anew, `/readyz` for those who wait for it, and
 * `/health/customerio` for people. A Customer.io that is away makes no worker unhealthy: a new one would not help.
 */
export interface WorkerHealth {
  /** It knows its workspace, and Redis. */
  connected(session: FleetSession): void;
  /** It takes lanes; undefined: it does not, for the moment. */
  watching(leases: Pick<LaneLeases, 'lookedAt'> | undefined): void;
  /** `host:port` that it listens on. */
  readonly name: string;
  close(): void;
}

interface Answer {
  readonly isGood: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A write that changes nothing: Redis refuses it as it would refuse a settlement. */
const WRITABLE: Script = {
  name: 'cioWritable',
  keys: 1,
  lua: `redis.call('HSET', KEYS[1], 'format', redis.call('HGET', KEYS[1], 'format') or ARGV[1])`,
};

export async function serveHealth(listen: ListenAddress, host: Host): Promise<WorkerHealth> {
  const { clock } = host;
  let session: FleetSession | undefined;
  let leases: Pick<LaneLeases, 'lookedAt'> | undefined;
  let tickedAt = clock.monotonic();
  let lagMs = 0;
  const ticking = setInterval(() => {
    const now = clock.monotonic();
    lagMs = now - tickedAt - TICK_MS;
    tickedAt = now;
  }, TICK_MS);

  function healthz(): Answer {
    const isRedisAway = session?.link.fault() !== undefined;
    const silentMs = leases && !isRedisAway ? clock.monotonic() - leases.lookedAt() : 0;
    const isGood = lagMs < LOOP_STUCK_MS && silentMs < LOOK_STUCK_MS;
    return { isGood, body: { event_loop_lag_ms: Math.round(Math.max(0, lagMs)), looked_ms_ago: Math.round(silentMs) } };
  }

  async function readyz(): Promise<Answer> {
    const reason = host.stopping.aborted ? 'stopping' : !session || !leases ? 'starting' : await faultOf(session);
    return { isGood: reason === null, body: { reason } };
  }

  function customerio(): Answer {
    const waiting = session?.courier.health();
    if (!waiting) return { isGood: true, body: { state: 'ok' } };
    const { state, reason, since, until } = waiting;
    const now = clock.monotonic();
    const leftMs = until === null ? null : Math.round(Math.max(0, until - now));
    return { isGood: state !== 'outage', body: { state, reason, waited_ms: Math.round(now - since), left_ms: leftMs } };
  }

  const server = await listenOn(listen, {
    '/healthz': () => Promise.resolve(healthz()),
    '/readyz': readyz,
    '/health/customerio': () => Promise.resolve(customerio()),
  });
  const address = server.address();
  return {
    name: `${listen.host}:${typeof address === 'object' && address !== null ? address.port : listen.port}`,
    connected: (opened) => void (session = opened),
    watching: (held) => void (leases = held),
    close() {
      clearInterval(ticking);
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Why Redis would not take what a worker has to write; null when it would. */
async function faultOf({ link, keys }: FleetSession): Promise<string | null> {
  try {
    await link.run(WRITABLE, [keys.meta, FORMAT]);
    const { evictionPolicy } = link.facts();
    return evictionPolicy === 'noeviction' ? null : `Redis may throw operations away (${evictionPolicy})`;
  } catch (error) {
    return `Redis ${error instanceof Error ? error.message : 'is away'}`;
  }
}

async function listenOn(
  { host, port }: ListenAddress,
  pages: Readonly<Record<string, () => Promise<Answer>>>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    const answer = page ? page() : Promise.resolve({ isGood: false, body: {} });
    void answer.then(({ isGood, body }) => {
      const status = page ? (isGood ? 200 : 503) : 404;
      return response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    });
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new CioBulkError(
      'config',
      `--listen ${host}:${port}: cannot listen there (${errorCode(error) ?? 'refused'})`,
      {
        cause: error,
      },
    );
  }
  server.unref();
  return server;
}
