import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Arrival {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly authorization: string | undefined;
  /** Requests that began to arrive before this one. */
  readonly index: number;
  /** Requests in the same clock second, this one included. */
  readonly inSecond: number;
}

export interface Answer {
  readonly status?: number;
  readonly delayMs?: number;
  readonly body?: string;
}

export interface Target {
  readonly url: string;
  readonly port: number;
  readonly arrivals: readonly Arrival[];
  /** Answered requests by status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly maxPerSecond: () => number;
  readonly lastArrivalAt: () => number;
  /** Like a crash: the port closes and open connections are cut. */
  die(): Promise<void>;
}

/** A little Track API that remembers what arrived. It answers 200 unless told otherwise. */
export async function startTarget(answer: (arrival: Arrival) => Answer = () => ({})): Promise<Target> {
  const arrivals: Arrival[] = [];
  const statuses: Record<string, number> = {};
  const perSecond = new Map<number, number>();
  let lastAt = 0;
  const server = createServer((request, response) => {
    lastAt = Date.now();
    const second = Math.floor(lastAt / 1_000);
    const inSecond = (perSecond.get(second) ?? 0) + 1;
    perSecond.set(second, inSecond);
    const index = arrivals.length;
    const partial = {
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      index,
      inSecond,
    };
    arrivals.push({ ...partial, body: '' });
    void respond(request, response, (body) => {
      const arrival = { ...partial, body };
      arrivals[index] = arrival;
      return answer(arrival);
    }).then((status) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      return status;
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    arrivals,
    statuses,
    maxPerSecond: () => Math.max(0, ...perSecond.values()),
    lastArrivalAt: () => lastAt,
    die: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Returns the status it answered with. */
async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (body: string) => Answer,
): Promise<number> {
  const { status = 200, delayMs = 0, body = '{}\n' } = answer(await readBody(request));
  if (delayMs > 0) await sleep(delayMs);
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  return status;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  try {
    for await (const chunk of request) body += chunk;
  } catch {
    // Cut off by `die` or by a killed k6.
  }
  return body;
}
