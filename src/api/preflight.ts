import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Reply } from '../domain/outcome.ts';
import { classify, replyCode, type Sender } from '../domain/wire.ts';
import { fatalError } from './fatal.ts';
import { insisting } from './insisting.ts';
import { paced } from './paced.ts';
import type { Pacer } from './pacer.ts';
import { parseRegion, REGION_REQUEST, type AccountRegion } from './region.ts';
import { createSlots } from './slots.ts';

/** What the way takes, and a date in whole seconds, are no difference. */
const CLOCK_TOLERANCE_MS = 5_000;

/** What the account says, and when. */
export interface Account extends AccountRegion {
  /** Milliseconds that this machine's clock is ahead of the service's; negative when it is behind, 0 when they agree or nobody knows. */
  readonly clockAheadMs: number;
}

export const UNKNOWN_ACCOUNT: Account = { region: undefined, environmentId: undefined, clockAheadMs: 0 };

function clockAhead(reply: Reply & { kind: 'response' }, now: number): number {
  const aheadMs = reply.dateMs === undefined ? 0 : now - reply.dateMs;
  return Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS ? 0 : aheadMs;
}

export interface PreflightOptions {
  readonly wire: Sender;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly maxAttempts: number;
  /** The host, and the proxy on the way to it, for messages. */
  readonly place: string;
  /** Ends the question at once: nothing depends on its answer any more. */
  readonly stopping: AbortSignal;
}

/** The one request that proves key, region and workspace before any row is sent (docs/customerio.md 1). Paced: commands in a loop are requests like any others. */
export async function askRegion({
  wire,
  pacer,
  clock,
  maxAttempts,
  place,
  stopping,
}: PreflightOptions): Promise<Account> {
  let attempts = 0;
  const counted: Sender = {
    send(request, signals) {
      attempts++;
      return wire.send(request, signals);
    },
  };
  const asking = insisting(paced(counted, { pacer, slots: createSlots(1) }), { clock, maxAttempts });
  const reply = await asking.send(REGION_REQUEST, { stopping, aborting: stopping });
  if (reply.kind === 'response' && classify(reply) === 'accepted')
    return { ...parseRegion(reply.body), clockAheadMs: clockAhead(reply, clock.now()) };
  const fatal = fatalError(reply, 'preflight', place);
  if (fatal) throw fatal;
  if (stopping.aborted) return UNKNOWN_ACCOUNT;
  throw unreachable(reply, place, attempts);
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
  const said =
    reply.kind === 'fault'
      ? reply.fault === 'proxy'
        ? `cannot be reached: the proxy ${reply.detail ?? 'fails'}`
        : (why[reply.fault] ?? reply.fault)
      : `answers ${replyCode(reply).replace('http_', '')}`;
  const hints: Readonly<Record<string, string>> = {
    not_the_api: 'a proxy or a login page may stand in between, or CUSTOMERIO_TRACK_URL is wrong',
    proxy: 'check HTTPS_PROXY or HTTP_PROXY, or except the host with NO_PROXY',
    tls: 'if a proxy opens TLS on the way, name its certificate with NODE_EXTRA_CA_CERTS',
  };
  const hint = `nothing was sent; ${(reply.kind === 'fault' ? hints[reply.fault] : undefined) ?? 'check the network, CUSTOMERIO_REGION and CUSTOMERIO_TRACK_URL, then run again'}`;
  return new CioBulkError('unreachable', `${place} ${said} (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'})`, {
    hint,
  });
}
