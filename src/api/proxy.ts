import { request as askPlain } from 'node:http';
import { request as askSecure } from 'node:https';
import type { Duplex } from 'node:stream';
import { buildConnector } from 'undici';
import { CioBulkError } from '../domain/errors.ts';

/** A proxy on the way to a host, as the environment names it. */
export interface Proxy {
  readonly url: URL;
  /** Host and port: what messages may show. The URL may hold a password. */
  readonly name: string;
  /** Value of `proxy-authorization`. */
  readonly authorization: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The proxy itself is at fault: it is not there, or will not let us through. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

/**
 * The proxy for a URL by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; the lower-case names win, as they do for curl. As with Go's clients this
 * machine itself (localhost, 127.0.0.0/8, ::1) is never asked for through a proxy: a sandbox cannot be reached from there.
 */
export function proxyFor(baseUrl: string, env: Env): Proxy | undefined {
  const target = new URL(baseUrl);
  const variable = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const given = either(env, variable);
  if (given === undefined || isLoopback(target.hostname) || isExcepted(target, either(env, 'NO_PROXY') ?? ''))
    return undefined;
  const text = given.includes('://') ? given : `http://${given}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.hostname === '' || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new CioBulkError('config', `${variable} is no URL of an HTTP proxy`, {
      hint: `write ${variable}=http://proxy.example:3128, or except the host with NO_PROXY`,
    });
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    url,
    name: url.host,
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
  };
}

/** Connects through a tunnel (`CONNECT`) and speaks TLS to the host itself: the proxy sees no credentials and no data. */
export function tunnelThrough(proxy: Proxy, timeoutMs: number, closing: AbortSignal): buildConnector.connector {
  const secure = buildConnector({ timeout: timeoutMs });
  return (options, callback) => {
    const place = `${options.hostname}:${options.port || 443}`;
    const asked = (proxy.url.protocol === 'https:' ? askSecure : askPlain)({
      method: 'CONNECT',
      hostname: proxy.url.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.url.port || (proxy.url.protocol === 'https:' ? 443 : 80),
      path: place,
      headers: { host: place, ...proxyHeaders(proxy) },
      agent: false,
      signal: closing,
      timeout: timeoutMs,
    });
    asked.once('connect', (answer, socket: Duplex) => {
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300)
        return secure({ ...options, httpSocket: socket as NonNullable<typeof options.httpSocket> }, callback);
      socket.on('error', () => undefined).destroy();
      callback(new ProxyError(refusalOf(status)), null);
    });
    asked.once('timeout', () => asked.destroy(new ProxyError('does not answer in time')));
    asked.once('error', (error: NodeJS.ErrnoException) =>
      callback(error instanceof ProxyError ? error : new ProxyError(reasonOf(error.code ?? '')), null),
    );
    asked.end();
  };
}

export function proxyHeaders(proxy: Proxy): Record<string, string> {
  return proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
}

export function refusalOf(status: number): string {
  return status === 407 ? 'wants a user and a password (407)' : `does not let us through (${status})`;
}

function reasonOf(code: string): string {
  if (code === 'ECONNREFUSED') return 'refuses connections';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'has no address (DNS)';
  return `cannot be reached${code === '' ? '' : ` (${code})`}`;
}

function either(env: Env, name: string): string | undefined {
  const value = (env[name.toLowerCase()] ?? env[name])?.trim();
  return value === '' ? undefined : value;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

/** Names with their subdomains, with or without a leading dot or `*.`, each with a port if need be; `*` is everything. */
function isExcepted(target: URL, list: string): boolean {
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === '*') return true;
    const [, name = '', onlyPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    return (
      name !== '' &&
      (onlyPort === undefined || onlyPort === port) &&
      (target.hostname === name || target.hostname.endsWith(`.${name}`))
    );
  });
}
