import type { Clock } from '../domain/host.ts';
import { createConnection, type Ask, type Connection, type Read } from './connection.ts';
import type { Proxy } from './proxy.ts';
import { createRoute } from './route.ts';
import { createTrust } from './trust.ts';

export interface ConnectionsOptions {
  /** Base URL without a path. */
  readonly baseUrl: string;
  readonly proxy: Proxy | undefined;
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /**
   * A connection spoke without having been asked, after its answers were believed. So many rows were settled by answers of it that may have
   * been another request's.
   */
  readonly onDoubt: (rows: number) => void;
}

export interface Connections {
  /** One request on one connection, with its whole answer read by `read`. Undefined: an answer is there, and nobody knows whose. */
  ask<T>(ask: Ask, read: Read<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

/**
 * Connections that are kept, one request on each at a time.
 *
 *   opened --> asking --answer believed--> rested --> asking ...
 *              asking --no answer, or nobody knows whose--> dropped
 *              rested --no connection is trusted twice any more (trust.ts)--> dropped when its turn comes
 *
 * The connection that has rested longest is taken next, so that a late answer finds nothing asked rather than the next request.
 */
export function createConnections({ baseUrl, proxy, timeoutMs, clock, onDoubt }: ConnectionsOptions): Connections {
  const rested: Connection[] = [];
  const all = new Set<Connection>();
  const closing = new AbortController();
  const route = createRoute({ baseUrl, proxy, timeoutMs, closing: closing.signal });
  const trust = createTrust(onDoubt);

  function take(): Connection {
    for (let next = rested.shift(); next; next = rested.shift()) {
      if (trust.isKept() || next.isFresh()) return next;
      drop(next);
    }
    const opened = createConnection({ route, trust, clock });
    all.add(opened);
    return opened;
  }

  function drop(connection: Connection): void {
    all.delete(connection);
    void connection.destroy().catch(() => undefined);
  }

  return {
    async ask(ask, read) {
      const connection = take();
      try {
        const answer = await connection.ask(ask, read);
        if (answer === undefined) drop(connection);
        else rested.push(connection);
        return answer;
      } catch (error) {
        drop(connection); // undici has closed it, or it is in a state that nobody knows
        throw error;
      }
    },
    async close() {
      closing.abort();
      await Promise.all([...all].map((connection) => connection.destroy()));
    },
  };
}
