import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Finishing } from './temp.ts';

/** A request as it came off the wire. */
export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Operations of a batch, else empty. */
  readonly operations: readonly Operation[];
  /** 0 for the first batch, 1 for the second, and so on; the region request is not counted. */
  readonly number: number;
  readonly socket: Socket;
}

export interface Operation {
  readonly type: string;
  readonly action: string;
  readonly identifiers: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly name?: string;
}

export interface HostileServer {
  readonly url: string;
  readonly port: number;
  /** Batches whose head and body arrived completely. */
  readonly batches: readonly HostileRequest[];
  /** Operations that the server accepted, in order; `take` adds to them. */
  readonly taken: Operation[];
  readonly connections: () => number;
}

/** What the server does with each batch request. It has the socket to itself, so it may do anything. */
export type Behaviour = (request: HostileRequest, server: HostileServer) => void | Promise<void>;

export interface HostileOptions {
  /** Replaces the usual answer to the request for region and workspace. */
  readonly onRegion?: Behaviour;
  /** Called when the head of a batch has arrived, before its body; true means that it handles the request itself. */
  readonly onHead?: (socket: Socket) => boolean;
  readonly tls?: TlsOptions;
  /** Called for each connection, 0 for the first, before anything has been asked on it. */
  readonly onConnection?: (socket: Socket, number: number) => void;
}

/** A server on plain sockets that does what a test tells it to, however wrong. Closed when the test ends. */
export async function hostileServer(
  test: Finishing,
  behaviour: Behaviour,
  options: HostileOptions = {},
): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const batches: HostileRequest[] = [];
  const taken: Operation[] = [];
  let connections = 0;
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    options.onConnection?.(socket, connections);
    connections++;
    readRequests(socket, options.onHead, (request) => {
      const whole = { ...request, number: batches.length, socket };
      const isRegion = request.path.endsWith('/accounts/region');
      if (!isRegion) batches.push(whole);
      void (isRegion ? (options.onRegion ?? answerRegion) : behaviour)(whole, self);
    });
  };
  const server: Server = options.tls
    ? createTlsServer(options.tls, onSocket).on('tlsClientError', () => undefined)
    : createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const self: HostileServer = {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    batches,
    taken,
    connections: () => connections,
  };
  return self;
}

/** Just enough HTTP/1.1 to read our own requests: a head, and a body of `content-length` bytes. */
function readRequests(
  socket: Socket,
  onHead: HostileOptions['onHead'],
  onRequest: (request: Omit<HostileRequest, 'number' | 'socket'>) => void,
): void {
  let buffer = Buffer.alloc(0);
  let isOut = false;
  socket.on('data', (bytes: Buffer) => {
    if (isOut) return;
    buffer = Buffer.concat([buffer, bytes]);
    for (let end = buffer.indexOf('\r\n\r\n'); end >= 0; end = buffer.indexOf('\r\n\r\n')) {
      const [first = '', ...lines] = buffer.subarray(0, end).toString('latin1').split('\r\n');
      const [method = '', path = ''] = first.split(' ');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      if (method !== 'GET' && onHead?.(socket)) {
        isOut = true;
        return;
      }
      const length = Number(headers['content-length'] ?? 0);
      if (buffer.length < end + 4 + length) return;
      const body = buffer.subarray(end + 4, end + 4 + length).toString('utf8');
      buffer = buffer.subarray(end + 4 + length);
      onRequest({
        method,
        path,
        headers,
        body,
        operations: path.endsWith('/batch') ? (JSON.parse(body) as { batch: Operation[] }).batch : [],
      });
    }
  });
}

export function answerRegion({ socket }: HostileRequest): void {
  socket.write(answer(200, '{"region":"us","data_center":"us","environment_id":4711}'));
}

/** A complete answer as bytes. `headers` may lie. */
export function answer(status: number, body = '', headers: Readonly<Record<string, string | number>> = {}): string {
  const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${head.join('')}\r\n${status === 204 ? '' : body}`;
}

/** The service as it should be: it accepts everything. */
export function take({ operations, socket }: HostileRequest, server: HostileServer): void {
  server.taken.push(...operations);
  socket.write(answer(200, '{}\n'));
}

/** The first `times` requests get `first`; all others are accepted. */
export function firstTimes(times: number, first: Behaviour): Behaviour {
  return (request, server) => (request.number < times ? first(request, server) : take(request, server));
}
