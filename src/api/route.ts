import { buildConnector } from 'undici';
import { proxyHeaders, tunnelThrough, type Proxy } from './proxy.ts';

/** How to get to the host, and how to address it there. */
export interface Route {
  /** Whom to connect to. */
  readonly origin: string;
  readonly connect: buildConnector.connector;
  /** What stands in the request line. */
  target(path: string): string;
  headers(own: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
}

export interface RouteOptions {
  /** Base URL without a path. */
  readonly baseUrl: string;
  readonly proxy: Proxy | undefined;
  readonly timeoutMs: number;
  readonly closing: AbortSignal;
}

/** Straight to the host; through a tunnel of the proxy for `https:`; for `http:` the proxy itself is asked for the whole URL. */
export function createRoute({ baseUrl, proxy, timeoutMs, closing }: RouteOptions): Route {
  if (proxy && baseUrl.startsWith('http:')) {
    const added = { host: new URL(baseUrl).host, ...proxyHeaders(proxy) };
    return {
      origin: proxy.url.origin,
      connect: buildConnector({ timeout: timeoutMs }),
      target: (path) => `${baseUrl}${path}`,
      headers: (own) => ({ ...own, ...added }),
    };
  }
  const connect = proxy ? tunnelThrough(proxy, timeoutMs, closing) : buildConnector({ timeout: timeoutMs });
  return { origin: baseUrl, connect, target: (path) => path, headers: (own) => own };
}
