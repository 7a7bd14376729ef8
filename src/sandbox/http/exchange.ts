import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAuthorized, type Credentials } from './auth.ts';
import type { Call, Refusal } from './call.ts';
import type { SandboxConfig } from './config.ts';
import { drawFault, type FaultKind } from './faults.ts';
import { drawLatencyMs } from './latency.ts';
import type { Match, Router } from './match-route.ts';
import { readBody } from './read-body.ts';
import { hold, refusalOf, reset, send, tear } from './send.ts';
import type { Workspace } from '../store/workspace.ts';
import type { Throttle } from './throttle.ts';
import type { Traffic } from './traffic.ts';
import { metaError, UNAUTHORIZED, type Answer } from './wire.ts';

export interface Exchange {
  readonly config: SandboxConfig;
  readonly credentials: Credentials;
  readonly environmentId: number;
  readonly workspace: Workspace;
  readonly traffic: Traffic;
  readonly router: Router;
  readonly throttle: Throttle | undefined;
  readonly random: { readonly fault: () => number; readonly refusal: () => number; readonly latency: () => number };
  url(): string;
  /** Runs `act` in `LATE_MS`, unless the sandbox is closed first. */
  later(act: () => unknown): Promise<void>;
}

/** The life of one request: count, read, authorise, throttle, perhaps go wrong, apply, commit, wait, answer. */
export async function serve(exchange: Exchange, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { traffic, config, workspace } = exchange;
  traffic.arrive();
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
  const match = exchange.router(request.method ?? 'GET', path);
  const route = typeof match === 'string' ? match : `${match.route.method} ${match.route.path}`;
  const body = await readBody(request);
  if (body === undefined) {
    traffic.answered(route, 'aborted');
    return;
  }
  const early = typeof match === 'string' ? notRouted(match) : refuse(exchange, request, match);
  const fault = early === undefined && typeof match !== 'string' ? faultFor(exchange, match) : undefined;
  const refused = early ?? (fault === undefined ? undefined : refusalOf(fault, config.retryAfter));
  if (fault !== undefined) traffic.fault(fault);
  if (fault === 'reset-before') {
    traffic.answered(route, fault);
    reset(response);
    return;
  }
  if (fault === 'late' && typeof match !== 'string') {
    reset(response);
    await exchange.later(() => {
      answerTo(exchange, match, { search, body }, fault);
      traffic.answered(route, fault);
    });
    return;
  }
  const answer =
    refused ?? (typeof match === 'string' ? notRouted(match) : answerTo(exchange, match, { search, body }, fault));
  await workspace.transaction.committed();
  if (config.latency.maxMs > 0) await pause(drawLatencyMs(config.latency, exchange.random.latency));
  const isCutOff = fault === 'reset-after' || fault === 'timeout' || fault === 'torn';
  traffic.answered(route, isCutOff ? fault : String(answer.status));
  if (fault === 'reset-after') reset(response);
  else if (fault === 'timeout') hold(response);
  else if (fault === 'torn') tear(response);
  else send(response, answer);
}

function notRouted(result: 'not found' | 'method not allowed' | 'bad encoding'): Answer {
  const status = { 'not found': 404, 'method not allowed': 405, 'bad encoding': 400 }[result];
  return metaError(status, result);
}

/** The answer to a request that is refused before its content is considered; undefined if it is not. */
function refuse(
  { config, credentials, throttle }: Exchange,
  request: IncomingMessage,
  { route }: Match,
): Answer | undefined {
  if (config.redirectTo !== undefined && route.auth !== 'app') {
    return { status: 307, body: '', headers: { location: config.redirectTo + (request.url ?? '') } };
  }
  if (!isAuthorized(request.headers.authorization, route.auth, credentials)) return UNAUTHORIZED;
  if (throttle === undefined || !route.faults || throttle.take()) return undefined;
  return refusalOf('429', config.retryAfter);
}

function faultFor({ config, random }: Exchange, { route }: Match): FaultKind | undefined {
  const fault = route.faults ? drawFault(config.faults, random.fault) : undefined;
  return fault !== undefined && toRefusal(fault) !== undefined && !route.path.endsWith('/batch') ? undefined : fault;
}

function toRefusal(fault: FaultKind | undefined): Refusal | undefined {
  return fault === 'partial' || fault === 'errors-in-200' || fault === 'errors-without-index' ? fault : undefined;
}

/** What a request carries besides its path. */
interface Carried {
  readonly search: string;
  readonly body: Buffer;
}

function answerTo(exchange: Exchange, match: Match, { search, body }: Carried, fault: FaultKind | undefined): Answer {
  const { config, workspace, traffic } = exchange;
  const call: Call = {
    workspace,
    params: match.params,
    query: new URLSearchParams(search),
    body,
    url: exchange.url(),
    region: config.region,
    environmentId: exchange.environmentId,
    refusal: toRefusal(fault),
    random: exchange.random.refusal,
    count: (operations, duplicates = 0) => traffic.count(operations, duplicates),
  };
  return match.route.answer(call);
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
