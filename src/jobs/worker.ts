import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { span } from '../domain/text/numbers.ts';
import { lanesOf } from '../fleet/lane-writer.ts';
import { RedisFault } from '../fleet/redis-fault.ts';
import type { Terminal } from '../output/terminal.ts';
import { closing } from '../session/closing.ts';
import { fleetBudget, unreachable, withFleetSession, type FleetSession } from '../session/fleet-session.ts';
import type { SendingOptions } from '../session/options.ts';
import { keepWatch } from './keep-watch.ts';
import { createLeaseGate } from './lease-gate.ts';
import type { WatchRequest, WatchSetting } from './watch.ts';
import { createWorkDone } from './work-done.ts';
import { serveHealth, type ListenAddress } from './worker-health.ts';

/** While Redis is away, a worker looks for it this often. */
const LOOK_EVERY_MS = 200;

export interface WorkerRequest extends Omit<WatchRequest, 'lanes'> {
  readonly redisUrl: string | undefined;
  /** `--rate`, when it was given. */
  readonly rate: number | undefined;
  readonly setRate: boolean;
  /** Where health is told. */
  readonly listen: ListenAddress | undefined;
}

export interface WorkerSetting {
  readonly options: Omit<SendingOptions, 'budget'>;
  readonly host: Host;
  readonly terminal: Terminal;
}

/** Takes operations out of the lanes of a workspace and sends them, until it is told to stop. */
export function work(request: WorkerRequest, { options, host, terminal }: WorkerSetting): Promise<ExitCode> {
  const { redisUrl, rate, setRate, listen } = request;
  const gate = createLeaseGate(options.timeoutMs);
  const sending: SendingOptions = { ...options, budget: fleetBudget(redisUrl, rate, setRate) };
  return closing(async (defer) => {
    const health = listen && (await serveHealth(listen, host));
    defer(() => health?.close());
    if (health) terminal.say(`Health is told at http://${health.name}/healthz, /readyz and /health/customerio`);
    return withFleetSession({ options: sending, host, terminal, redisUrl, guard: gate.guard }, async (session) => {
      health?.connected(session);
      const done = createWorkDone(session, { host, terminal });
      try {
        await watchOverAndOver(request, session, { options: sending, host, terminal, gate, done, health });
      } catch (error) {
        done.show(error instanceof CioBulkError ? error.exitCode : EXIT.bug);
        throw error;
      }
      done.show(EXIT.ok);
      return EXIT.ok;
    });
  });
}

async function watchOverAndOver(request: WorkerRequest, session: FleetSession, setting: WatchSetting): Promise<void> {
  const { host, terminal, options } = setting;
  const lanes = await lanesIn(session);
  terminal.say(`Taking operations from ${lanes} lanes (Redis at ${session.place.name})`);
  while ((await keepWatch({ ...request, lanes }, session, setting)) === 'lost') {
    terminal.warn('The leases of all lanes are lost: what was not settled is sent by whoever takes them next');
    await untilRedisIsBack(session, options.maxOutageMs, host);
  }
}

async function lanesIn({ link, keys, place }: FleetSession): Promise<number> {
  try {
    return await lanesOf(link, keys);
  } catch (error) {
    throw error instanceof RedisFault ? unreachable(place, error) : error;
  }
}

async function untilRedisIsBack(
  { link, place }: FleetSession,
  maxOutageMs: number,
  { clock, stopping }: Host,
): Promise<void> {
  const since = clock.monotonic();
  for (let fault = link.fault(); fault && !stopping.aborted; fault = link.fault()) {
    const awayMs = clock.monotonic() - since;
    if (awayMs > maxOutageMs || fault.isLasting)
      throw new CioBulkError('redis_unreachable', `Redis at ${place.name} ${fault.message} (${span(awayMs)})`, {
        hint: 'nothing is lost that Redis has kept: start the worker again when it is back',
      });
    await clock.sleep(LOOK_EVERY_MS, stopping);
  }
}
