import type { Socket } from 'node:net';
import { Client, type buildConnector, type Dispatcher } from 'undici';
import type { Clock } from '../domain/host.ts';
import type { Route } from './route.ts';
import { SILENCE_MS, type Trust } from './trust.ts';

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

export type Read<T> = (answer: Dispatcher.ResponseData) => Promise<T>;

export interface Connection {
  /** Undefined: an answer is there, and nobody knows whose. */
  ask<T>(ask: Ask, read: Read<T>): Promise<T | undefined>;
  /** No answer has come on it since it was opened. The first one always belongs to its request: there was no other. */
  isFresh(): boolean;
  destroy(): Promise<void>;
}

interface Opened {
  readonly socket: { readonly writableLength: number } | undefined;
  answers: number;
  /** Rows settled by the answers behind the first. */
  rowsAfterFirst: number;
  hasSpokenUnasked: boolean;
}

const NOT_OPENED = { socket: undefined, answers: 0, rowsAfterFirst: 0, hasSpokenUnasked: false };

/**
 * One connection, and what an answer on it is worth. HTTP/1.1 numbers nothing: on a connection on which one answer too many has come, each
 * request gets the answer of the one before.
 *
 *   fresh --answer--> used --answer, then silence--> used (the answer is believed) ...
 *   used --bytes that nobody asked for--> never used again; the answer before them, when it was not believed yet, is nobody's
 *
 * An answer too many that comes while the next request is under way looks like that request's own; when it comes much too soon, the real one
 * is waited for. undici opens a closed connection again by itself: then it is fresh.
 */
export function createConnection({
  route,
  trust,
  clock,
}: {
  readonly route: Route;
  readonly trust: Trust;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
}): Connection {
  let at: Opened = { ...NOT_OPENED };
  let isAsking = false;
  const client = createClient(route, clock, {
    onOpened: (socket) => void (at = { ...NOT_OPENED, socket }),
    onSpokenUnasked() {
      at.hasSpokenUnasked = true;
      if (!isAsking) trust.lose(at.rowsAfterFirst);
    },
  });

  async function answerTo<T>(
    { method, path, headers, body, signal, rows }: Ask,
    read: Read<T>,
  ): Promise<T | undefined> {
    const askedAt = clock.monotonic();
    const answer = await client.request({
      method,
      path: route.target(path),
      headers: route.headers(headers),
      body,
      signal,
      reset: !trust.isKept(),
    });
    // Accepted before it was sent: whatever this is, it is no answer to these bytes. (A refusal may come early.)
    const isTooEarly = answer.statusCode < 300 && (at.socket?.writableLength ?? 0) > 0;
    const whole = await read(answer);
    const isFirst = at.answers++ === 0;
    const tookMs = clock.monotonic() - askedAt;
    if (!isFirst) await clock.sleep(trust.silenceMs(tookMs));
    if (at.hasSpokenUnasked) trust.lose(at.rowsAfterFirst);
    if (isTooEarly || (at.hasSpokenUnasked && !isFirst)) return undefined;
    if (!isFirst) at.rowsAfterFirst += rows;
    if (rows > 0) trust.answered(tookMs);
    return whole;
  }

  return {
    async ask(ask, read) {
      isAsking = true;
      try {
        return await answerTo(ask, read);
      } finally {
        isAsking = false;
      }
    },
    isFresh: () => at.answers === 0,
    destroy: () => client.destroy(),
  };
}

/** undici's client, held to one connection, one request at a time, and no time limits of its own. */
function createClient(
  route: Route,
  clock: Pick<Clock, 'sleep'>,
  { onOpened, onSpokenUnasked }: { readonly onOpened: (socket: Socket) => void; readonly onSpokenUnasked: () => void },
): Client {
  const client = new Client(route.origin, {
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0, // one clock for the whole request, at the caller's
    bodyTimeout: 0,
    connect: (to, done) =>
      route.connect(to, (...[error, socket]) => {
        if (error) return done(error, null);
        onOpened(socket);
        void useIfSilent(socket, clock, done);
      }),
  });
  client.on('disconnect', (_origin, _clients, error) => {
    if (isUnasked(error)) onSpokenUnasked();
  });
  return client;
}

/** Whatever is said before anything was asked is no answer. */
async function useIfSilent(socket: Socket, clock: Pick<Clock, 'sleep'>, done: buildConnector.Callback): Promise<void> {
  socket.read(0);
  await clock.sleep(SILENCE_MS);
  if (socket.readableLength === 0) return done(null, socket);
  socket.on('error', () => undefined).destroy();
  done(new OutOfTurnError('bytes before the first request'), null);
}

/** undici's word for bytes on a connection on which nothing is asked: an answer (`bad response`), or something that is none. */
function isUnasked(error: Error & { readonly code?: string }): boolean {
  return error.message === 'bad response' || error.name === 'HTTPParserError';
}
