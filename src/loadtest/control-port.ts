import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ControlPort {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Resolves at the first request, which means that the load has started. */
  readonly asked: Promise<void>;
  close(): Promise<void>;
}

/**
 * Answers k6's watchdog, which checks once a second that the launcher is alive. When this process dies, however it dies, the port
 * closes and k6 ends the load.
 */
export async function openControlPort(): Promise<ControlPort> {
  const server = createServer();
  const asked = new Promise<void>((resolve) => {
    server.on('request', (request, response) => {
      request.resume();
      response.writeHead(request.url === '/alive' ? 200 : 404).end();
      resolve();
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A loopback port that was free a moment ago. k6 needs a number: it cannot report a port that it chose itself. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
