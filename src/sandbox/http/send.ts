import type { ServerResponse } from 'node:http';
import { HEADERS, json, metaError, type Answer } from './wire.ts';
import type { FaultKind } from './faults.ts';

/** The connection of a request that is never answered is closed after this time, so that they do not pile up. */
const HELD_MS = 60_000;
const TORN_LENGTH = 4096;

export function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const length = answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, { ...HEADERS, ...length, ...answer.headers });
  response.end(answer.body);
}

/** The answer of a fault that refuses a request without applying anything. */
export function refusalOf(kind: FaultKind, retryAfter: string | undefined): Answer | undefined {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  if (kind === 'html502' || kind === 'html503') {
    const status = Number(kind.slice('html'.length));
    const body = `<html><head><title>${status}</title></head><body><h1>Error: Server Error</h1></body></html>\n`;
    return { status, body, headers: { ...headers, 'content-type': 'text/html; charset=UTF-8' } };
  }
  const status = Number(kind);
  if (Number.isNaN(status)) return undefined;
  return { ...metaError(status, status === 429 ? 'too many requests' : 'injected fault'), headers };
}

/** Drops the connection with a TCP reset. */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Announces more bytes than it sends, then closes. */
export function tear(response: ServerResponse): void {
  const answer = json(200, {});
  response.writeHead(answer.status, { ...HEADERS, 'content-length': TORN_LENGTH });
  response.write('{"err', () => response.socket?.destroy());
}

/** Leaves the caller waiting. */
export function hold(response: ServerResponse): void {
  const timer = setTimeout(() => response.socket?.destroy(), HELD_MS);
  timer.unref();
  response.once('close', () => clearTimeout(timer));
}
