import type { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../domain/host.ts';
import { proxyHeaders, tunnelThrough, type Proxy } from './proxy.ts';

/** How long a connection that was used before must stay silent behind an answer before the answer is believed. */
const SILENCE_MS = 2;
/** An answer on such a connection in less than this share of the usual time may be one too many: its own comes within a multiple of that time. */
const HASTY_SHARE = 1 / 3;
const PATIENCE_FACTOR = 1.5;
const PATIENCE_MAX_MS = 1_000;
/** Weight of the newest answer in the usual time. */
const NEWEST = 0.1;
const KEEP_ALIVE_MS = 30_000;

/** Somebody answers before anything is asked. */
export class OutOfTurnError extends Error {
  override readonly name = 'OutOfTurnError';
}

export interface Ask {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly signal: AbortSignal;
  /** Rows that the answer will settle. */
  readonly rows: number;
}

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
  ask<T>(ask: Ask, read: (answer: Dispatcher.ResponseData) => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

interface Connection {
  readonly client: Client;
  socket: { readonly writableLength: number } | undefined;
  isAsking: boolean;
  /** Answers since it was opened. The first one always belongs to its request: there was no other. */
  answers: number;
  /** Rows settled by the answers behind the first. */
  rowsAfterFirst: number;
  hasSpokenUnasked: boolean;
}

/**
 * Connections that are kept, one request on each at a time, and what an answer on them is worth. HTTP/1.1 numbers nothing: on a connection on
 * which one answer too many has come, each request gets the answer of the one before.
 *
 *   fresh --answer--> used --silent--> used (believed) ...
 *   used --bytes that nobody asked for--> never used again; the answer before them, when it was not believed yet, is nobody's
 *   once that has happened: each request of this process has a connection of its own, on which there is one answer to one question
 *
 * The connection that has rested longest is taken next, so that a late answer finds nothing asked rather than the next request. One that
 * comes while the next request is under way looks like that request's own; when it comes much too soon, the real one is waited for.
 */
export function createConnections(options: ConnectionsOptions): Connections {
  const { proxy, timeoutMs, clock, onDoubt } = options;
  const rested: Connection[] = [];
  const all = new Set<Connection>();
  const closing = new AbortController();
  const isForwarded = proxy !== undefined && options.baseUrl.startsWith('http:'); // the proxy itself is asked for the whole URL
  const direct = buildConnector({ timeout: timeoutMs });
  const connect = proxy && !isForwarded ? tunnelThrough(proxy, timeoutMs, closing.signal) : direct;
  const host = new URL(options.baseUrl).host;
  let isTrusting = true;
  let usualMs = 0;

  function open(): Connection {
    const client = new Client(isForwarded ? proxy.url.origin : options.baseUrl, {
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0, // one clock for the whole request, at the caller's
      bodyTimeout: 0,
      connect(to, done) {
        connect(to, (...result) => {
          const [error, socket] = result;
          if (error) return done(error, null);
          Object.assign(connection, { socket, answers: 0, rowsAfterFirst: 0, hasSpokenUnasked: false });
          void useIfSilent(socket, done);
        });
      },
    });
    const connection: Connection = { client, socket: undefined, isAsking: false, answers: 0, rowsAfterFirst: 0, hasSpokenUnasked: false };
    client.on('disconnect', (_origin, _clients, error) => {
      if (!isUnasked(error)) return;
      connection.hasSpokenUnasked = true;
      if (!connection.isAsking) spokenUnasked(connection);
    });
    all.add(connection);
    return connection;
  }

  /** Whatever is said before anything was asked is no answer. */
  async function useIfSilent(socket: Socket, done: buildConnector.Callback): Promise<void> {
    socket.read(0);
    await clock.sleep(SILENCE_MS);
    if (socket.readableLength === 0) return done(null, socket);
    socket.on('error', () => undefined).destroy();
    done(new OutOfTurnError('bytes before the first request'), null);
  }

  function spokenUnasked({ rowsAfterFirst }: Connection): void {
    isTrusting = false;
    if (rowsAfterFirst > 0) onDoubt(rowsAfterFirst);
  }

  function take(): Connection {
    for (let next = rested.shift(); next; next = rested.shift()) {
      if (isTrusting || next.answers === 0) return next;
      drop(next);
    }
    return open();
  }

  function drop(connection: Connection): void {
    all.delete(connection);
    void connection.client.destroy().catch(() => undefined);
  }

  async function askOn<T>(connection: Connection, { method, path, headers, body, signal, rows }: Ask, read: (answer: Dispatcher.ResponseData) => Promise<T>): Promise<T | undefined> {
    const askedAt = clock.monotonic();
    const answer = await connection.client.request({
      method,
      path: isForwarded ? `${options.baseUrl}${path}` : path,
      headers: isForwarded ? { ...headers, host, ...proxyHeaders(proxy) } : headers,
      body,
      signal,
      reset: !isTrusting,
    });
    // Accepted before it was sent: whatever this is, it is no answer to these bytes. (A refusal may come early.)
    const isTooEarly = answer.statusCode < 300 && (connection.socket?.writableLength ?? 0) > 0;
    const whole = await read(answer);
    const isFirst = connection.answers++ === 0;
    const tookMs = clock.monotonic() - askedAt;
    if (!isFirst) await clock.sleep(Math.max(SILENCE_MS, tookMs < usualMs * HASTY_SHARE ? Math.min(PATIENCE_MAX_MS, usualMs * PATIENCE_FACTOR - tookMs) : 0));
    if (connection.hasSpokenUnasked) spokenUnasked(connection);
    if (isTooEarly || (connection.hasSpokenUnasked && !isFirst)) return undefined;
    if (!isFirst) connection.rowsAfterFirst += rows;
    if (rows > 0) usualMs += (tookMs - usualMs) * (usualMs === 0 ? 1 : NEWEST);
    return whole;
  }

  return {
    async ask(ask, read) {
      const connection = take();
      connection.isAsking = true;
      try {
        const answer = await askOn(connection, ask, read);
        if (answer === undefined) drop(connection);
        else rested.push(connection);
        return answer;
      } catch (error) {
        drop(connection); // undici has closed it, or it is in a state that nobody knows
        throw error;
      } finally {
        connection.isAsking = false;
      }
    },
    async close() {
      closing.abort();
      await Promise.all([...all].map(({ client }) => client.destroy()));
    },
  };
}

/** undici's word for bytes on a connection on which nothing is asked: an answer (`bad response`), or something that is none. */
function isUnasked(error: Error & { readonly code?: string }): boolean {
  return error.message === 'bad response' || error.name === 'HTTPParserError';
}
