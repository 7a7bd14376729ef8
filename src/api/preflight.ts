import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Reply } from '../domain/outcome.ts';
import { classify, replyCode, type Sender } from '../domain/wire.ts';
import type { Pacer } from './pacer.ts';

const REGION_PATH = '/api/v1/accounts/region';
const PAUSE_MS = 500;
const UNKNOWN: AccountRegion = { region: undefined, environmentId: undefined, clockAheadMs: 0 };

export interface AccountRegion {
  readonly region: string | undefined;
  /** The workspace id. */
  readonly environmentId: number | undefined;
  /** Milliseconds that this machine's clock is ahead of the service's; negative when it is behind, 0 when they agree or nobody knows. */
  readonly clockAheadMs: number;
}

/** What the way takes, and a date in whole seconds, are no difference. */
const CLOCK_TOLERANCE_MS = 5_000;

function clockAhead(reply: Reply & { kind: 'response' }, now: number): number {
  const aheadMs = reply.dateMs === undefined ? 0 : now - reply.dateMs;
  return Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS ? 0 : aheadMs;
}

/** The one request that proves key, region and workspace before any row is sent (docs/customerio.md 1). */
export async function askRegion(options: {
  readonly wire: Sender;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly maxAttempts: number;
  /** The host, and the proxy on the way to it, for messages. */
  readonly place: string;
  readonly stopping: AbortSignal;
}): Promise<AccountRegion> {
  const { wire, pacer, clock, maxAttempts, place, stopping } = options;
  for (let attempt = 1; ; attempt++) {
    await pacer.start(0, false, stopping); // the first one too: commands in a loop are requests like any others
    if (stopping.aborted) return UNKNOWN;
    const reply = await wire.send({ method: 'GET', path: REGION_PATH, body: new Uint8Array(), rows: 0, attempt: attempt - 1 }, stopping);
    const verdict = classify(reply);
    if (verdict === 'accepted' && reply.kind === 'response') return { ...parseRegion(reply.body), clockAheadMs: clockAhead(reply, clock.now()) };
    if (verdict === 'unauthorized')
      throw new CioBulkError('unauthorized', 'Customer.io refused the credentials (401)', {
        hint: 'check CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY: they are the Track API pair, not the App API key',
      });
    if (verdict === 'forbidden') throw new CioBulkError('forbidden', 'Customer.io does not allow this key to be used here (403)');
    if (verdict === 'redirected')
      throw new CioBulkError('wrong_region', `${place} redirects to another host: the account lives in the other region`, { hint: 'set CUSTOMERIO_REGION (us or eu)' });
    if (stopping.aborted) return UNKNOWN;
    if (verdict === 'refused' || attempt >= maxAttempts) throw unreachable(reply, place, attempt);
    await clock.sleep(retryDelay(reply, attempt), stopping);
  }
}

function retryDelay(reply: Reply, attempt: number): number {
  return Math.max(PAUSE_MS * attempt, (reply.kind === 'response' ? reply.retryAfterMs : undefined) ?? 0);
}

function unreachable(reply: Reply, place: string, attempts: number): CioBulkError {
  const why: Readonly<Record<string, string>> = {
    refused: 'refuses connections',
    dns: 'has no address (DNS)',
    timeout: 'does not answer in time',
    tls: 'has a certificate that cannot be trusted',
    reset: 'drops the connection',
    protocol: 'does not speak proper HTTP',
    out_of_turn: 'answers more often than it is asked',
    not_the_api: "answers with something that is not JSON: this is not Customer.io's Track API",
  };
  const said = reply.kind === 'fault' ? (reply.fault === 'proxy' ? `cannot be reached: the proxy ${reply.detail ?? 'fails'}` : (why[reply.fault] ?? reply.fault)) : `answers ${replyCode(reply).replace('http_', '')}`;
  const hints: Readonly<Record<string, string>> = {
    not_the_api: 'a proxy or a login page may stand in between, or CUSTOMERIO_TRACK_URL is wrong',
    proxy: 'check HTTPS_PROXY or HTTP_PROXY, or except the host with NO_PROXY',
    tls: 'if a proxy opens TLS on the way, name its certificate with NODE_EXTRA_CA_CERTS',
  };
  const hint = `nothing was sent; ${(reply.kind === 'fault' ? hints[reply.fault] : undefined) ?? 'check the network, CUSTOMERIO_REGION and CUSTOMERIO_TRACK_URL, then run again'}`;
  return new CioBulkError('unreachable', `${place} ${said} (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'})`, { hint });
}

/**
 * The reply has been written in two ways: `region` and `data_center` (docs/customerio.md 1, and recordings of older clients). Where it names neither, the
 * host in its `url` tells. The id of the workspace is a number, or its digits as text.
 */
export function parseRegion(body: string): Omit<AccountRegion, 'clockAheadMs'> {
  const said = parse(body);
  const { region, data_center: dataCenter, url, environment_id: environmentId } = said;
  return { region: regionOf(region) ?? regionOf(dataCenter) ?? regionOfUrl(url), environmentId: wholeNumber(environmentId) };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(body);
    return typeof said === 'object' && said !== null ? { ...said } : {};
  } catch {
    return {}; // nothing, or too long to be kept: it names no region
  }
}

function regionOf(text: unknown): string | undefined {
  const region = typeof text === 'string' ? text.trim().toLowerCase() : '';
  return region === '' ? undefined : region;
}

function regionOfUrl(url: unknown): string | undefined {
  const host = typeof url === 'string' ? /^(?:https:\/\/)?(track(?:-eu)?\.customer\.io)(?:\/|$)/i.exec(url.trim())?.[1]?.toLowerCase() : undefined;
  if (host === undefined) return undefined;
  return host === 'track.customer.io' ? 'us' : 'eu';
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}
