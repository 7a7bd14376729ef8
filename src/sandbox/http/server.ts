import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxConfig } from './config.ts';
import { serveControl } from './control.ts';
import { serve, type Exchange } from './exchange.ts';
import { createRouter } from './match-route.ts';
import { createRandom } from './random.ts';
import { ROUTES } from './routes.ts';
import { send } from './send.ts';
import { openWorkspace } from '../store/workspace.ts';
import { createThrottle } from './throttle.ts';
import { createTraffic } from './traffic.ts';
import { metaError } from './wire.ts';

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  readonly siteId: string;
  close(): Promise<void>;
}

/** Loopback only: a sandbox is private. */
const HOST = '127.0.0.1';
/** Longer than clients keep idle connections, so that none is closed just as a request arrives. */
const KEEP_ALIVE_MS = 65_000;
/** How long the fault `late` delays a request before it is applied. By then, the client has sent it again, and newer requests too. */
const LATE_MS = 1_500;
const CLOCK = { now: () => Date.now(), monotonic: () => performance.now() };

/** Opens the workspace and listens. Rejects when the port is taken or the database cannot be opened. */
export async function createSandbox(config: SandboxConfig): Promise<Sandbox> {
  const { now, monotonic } = CLOCK;
  const workspace = openWorkspace({ file: config.db, logOperations: config.logOperations, now });
  const traffic = createTraffic(now, monotonic);
  const siteId = config.siteId ?? workspace.identity.siteId;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // every late answer listens
  const exchange: Exchange = {
    config,
    credentials: { ...config.keys, siteId },
    environmentId: config.environmentId ?? workspace.identity.environmentId,
    workspace,
    traffic,
    router: createRouter(ROUTES),
    throttle: config.rateLimit === undefined ? undefined : createThrottle(config.rateLimit, monotonic),
    random: {
      fault: createRandom(config.seed),
      refusal: createRandom(config.seed + 1),
      latency: createRandom(config.seed + 2),
    },
    url: () => url,
    async later(act) {
      await sleep(LATE_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      if (closing.signal.aborted) return;
      act();
      await workspace.transaction.committed();
    },
  };
  let url = '';

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
    answer(exchange, request, response),
  );
  try {
    await listening(server, config.port);
  } catch (error) {
    workspace.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  url = `http://${HOST}:${port}`;

  return {
    url,
    port,
    siteId,
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      workspace.close();
    },
  };
}

function answer(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  const serving =
    request.url?.startsWith('/_sandbox') === true
      ? serveControl(exchange, request, response)
      : serve(exchange, request, response);
  serving.catch((error: unknown) => {
    process.stderr.write(`sandbox: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    if (!response.headersSent) send(response, metaError(500, 'the sandbox has a bug; see its stderr'));
  });
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
}
