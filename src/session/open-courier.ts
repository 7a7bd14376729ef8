import { createBreaker } from '../api/breaker.ts';
import { createCourier } from '../api/courier.ts';
import { basicAuth } from '../api/credentials.ts';
import { createHttpSender } from '../api/http.ts';
import type { Pacer } from '../api/pacer.ts';
import { UNKNOWN_ACCOUNT } from '../api/preflight.ts';
import { proxyFor, type Proxy } from '../api/proxy.ts';
import { createSlots, type Slots } from '../api/slots.ts';
import type { Courier } from '../domain/courier.ts';
import type { Host } from '../domain/host.ts';
import { count, span } from '../domain/text/numbers.ts';
import type { Sender } from '../domain/wire.ts';
import type { Terminal } from '../output/terminal.ts';
import { collectingBodies } from '../runtime/garbage.ts';
import type { Defer } from './closing.ts';
import type { Environment } from './env-file.ts';
import type { SendingOptions } from './options.ts';
import { preflight } from './preflight.ts';
import type { Target } from './target.ts';

export interface CourierSetting {
  readonly options: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
}

export interface CourierRequest {
  readonly target: Target;
  readonly env: Environment;
  readonly pacer: Pacer;
  /** Stands between the courier and the wire, and may keep requests from leaving. */
  readonly guard?: (wire: Sender) => Sender;
}

/** What is known of the account that the courier sends to. */
export interface OpenCourier {
  readonly courier: Courier;
  readonly environmentId: number | undefined;
  readonly clockAheadMs: number;
}

/** Opens the way to the service, and asks it whose keys these are. */
export async function openCourier(
  { target, env, pacer, guard = (wire) => wire }: CourierRequest,
  setting: CourierSetting,
  defer: Defer,
): Promise<OpenCourier> {
  const { options, host } = setting;
  const proxy = proxyFor(target.trackUrl, env);
  const place = placeOf(target.trackUrl, proxy);
  const wire = openWire(target, { proxy, place }, setting);
  defer(() => wire.close());
  const slots = createSlots(options.concurrency);
  const courier = collectingBodies(
    createCourier({
      wire: guard(wire),
      pacer,
      slots,
      clock: host.clock,
      breaker: createBreaker(host.clock, options.maxOutageMs),
      random: host.random,
      aborting: host.aborting,
      maxAttempts: options.maxAttempts,
      maxOutageMs: options.maxOutageMs,
      ...(proxy ? { place } : {}),
    }),
  );
  sayWhenStopping(slots, setting, defer);
  const { environmentId, clockAheadMs } = options.preflight
    ? await preflight(target, { wire, pacer, place }, setting)
    : UNKNOWN_ACCOUNT;
  return { courier, environmentId, clockAheadMs };
}

function openWire(
  target: Target,
  { proxy, place }: { readonly proxy: Proxy | undefined; readonly place: string },
  { options, host, terminal }: CourierSetting,
): ReturnType<typeof createHttpSender> {
  return createHttpSender({
    baseUrl: target.trackUrl,
    proxy,
    authorization: basicAuth(target.siteId, target.trackApiKey),
    timeoutMs: options.timeoutMs,
    clock: host.clock,
    onDoubt: (rows) =>
      terminal.warn(
        `${place} answered more often than it was asked: up to ${count(rows)} rows may have been settled by another request's answer, as accepted or as refused`,
      ),
  });
}

function sayWhenStopping(slots: Slots, { options, host: { stopping }, terminal }: CourierSetting, defer: Defer): void {
  const sayStopping = (): void => {
    if (slots.taken() > 0)
      terminal.say(
        `Stopping: waiting for the answers to the requests in flight, ${span(options.timeoutMs)} at most. A second Ctrl-C ends at once; the same command finishes the job either way`,
      );
  };
  stopping.addEventListener('abort', sayStopping, { once: true });
  defer(() => stopping.removeEventListener('abort', sayStopping));
}

/** Who is spoken to, and through whom: for messages. */
function placeOf(baseUrl: string, proxy: Proxy | undefined): string {
  return `${new URL(baseUrl).host}${proxy ? ` through the proxy ${proxy.name}` : ''}`;
}
