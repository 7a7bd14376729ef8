import type { Dispatcher } from 'undici';
import { crashPoint } from '../domain/crash-point.ts';
import type { Clock } from '../domain/host.ts';
import type { NetworkFault, Reply } from '../domain/outcome.ts';
import { isFromApi } from '../domain/outcomes.ts';
import type { Secret } from '../domain/secret.ts';
import type { Sender, Signals, WireRequest } from '../domain/wire.ts';
import { OutOfTurnError } from './connection.ts';
import { createConnections } from './connections.ts';
import { ProxyError, refusalOf, type Proxy } from './proxy.ts';
import { retryAfterMs } from './retry-after.ts';

/** A reply larger than this is cut: a list of a thousand errors takes about 200 kB. */
const REPLY_BYTES_MAX = 2_000_000;
const USER_AGENT = 'cio-bulk';

export interface HttpOptions {
  /** Base URL without a path. */
  readonly baseUrl: string;
  /** Value of the header `authorization`. */
  readonly authorization: Secret;
  readonly proxy: Proxy | undefined;
  /** For a whole request: connecting, sending, and reading the answer to its last byte. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** An answer came that nobody had asked for: so many rows, settled before, may have had another request's answer. */
  readonly onDoubt: (rows: number) => void;
}

export interface HttpSender extends Sender {
  close(): Promise<void>;
}

/** One request, one reply, over connections that are kept. What is under way ends with `aborting` alone. Redirects are not followed: credentials never go to a host that was not asked for. */
export function createHttpSender(options: HttpOptions): HttpSender {
  const { proxy, clock } = options;
  const connections = createConnections(options);
  const headers = {
    authorization: options.authorization.reveal(),
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
  };

  async function send(request: WireRequest, { aborting }: Signals): Promise<Reply> {
    const cancel = new AbortController();
    const timer = setTimeout(() => cancel.abort(), options.timeoutMs);
    const onAbort = (): void => cancel.abort();
    aborting.addEventListener('abort', onAbort, { once: true });
    if (aborting.aborted) cancel.abort();
    try {
      crashPoint('before bytes');
      const reply = await connections.ask(
        {
          method: request.method,
          path: request.path,
          headers,
          body: request.body.length > 0 ? request.body : null,
          signal: cancel.signal,
          rows: request.rows,
        },
        readReply,
      );
      crashPoint('after answer');
      return reply ?? { kind: 'fault', fault: 'out_of_turn' };
    } catch (error) {
      if (aborting.aborted) return { kind: 'fault', fault: 'aborted' };
      if (cancel.signal.aborted) return { kind: 'fault', fault: 'timeout' };
      if (error instanceof OutOfTurnError) return { kind: 'fault', fault: 'out_of_turn' };
      return error instanceof ProxyError
        ? { kind: 'fault', fault: 'proxy', detail: error.message }
        : { kind: 'fault', fault: faultOf(error) };
    } finally {
      clearTimeout(timer);
      aborting.removeEventListener('abort', onAbort);
    }
  }

  async function readReply(answer: Dispatcher.ResponseData): Promise<Reply> {
    const { statusCode: status } = answer;
    const body = await readBody(answer);
    if (proxy && (status === 401 || status === 403) && !isBelievable(body))
      return { kind: 'fault', fault: 'proxy', detail: refusalOf(status) };
    if (proxy && status === 407) return { kind: 'fault', fault: 'proxy', detail: refusalOf(status) };
    if (isSuccess(status) && !isBelievable(body)) return { kind: 'fault', fault: 'not_the_api' };
    const dateMs = Date.parse(oneHeader(answer.headers['date']) ?? '');
    return {
      kind: 'response',
      status,
      body: body.text,
      retryAfterMs: retryAfterMs(answer.headers['retry-after'], clock.now()),
      location: oneHeader(answer.headers['location']),
      ...(Number.isNaN(dateMs) ? {} : { dateMs }),
    };
  }

  return { send, close: connections.close };
}

interface Body {
  readonly text: string;
  /** It was longer than anything we keep. */
  readonly isCut: boolean;
}

async function readBody(answer: Dispatcher.ResponseData): Promise<Body> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= REPLY_BYTES_MAX) parts.push(part);
  }
  return { text: Buffer.concat(parts).toString('utf8'), isCut: size > REPLY_BYTES_MAX };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** An object that was too long to be kept is the API's word all the same: nobody can say of which rows. */
function isBelievable({ text, isCut }: Body): boolean {
  return isCut ? text.trimStart().startsWith('{') : isFromApi(text);
}

function oneHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** What kind of trouble a network error is, by the codes of Node, undici and OpenSSL. */
function faultOf(error: unknown): NetworkFault {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns';
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout';
  if (/CERT|SSL|TLS|SELF_SIGNED|ISSUER|ALTNAME/.test(code)) return 'tls';
  if (/^HPE_|UND_ERR_RES_CONTENT_LENGTH|UND_ERR_RESPONSE|UND_ERR_HEADERS_OVERFLOW/.test(code)) return 'protocol';
  return 'reset';
}

function codeOf(error: unknown): string {
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const { code, errors, cause } = at as { code?: unknown; errors?: unknown; cause?: unknown };
    if (typeof code === 'string' && code !== 'UND_ERR_ABORTED') return code;
    at = Array.isArray(errors) ? errors[0] : cause;
  }
  return '';
}
