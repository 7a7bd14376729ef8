import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { span } from '../domain/text/numbers.ts';
import { lanesOf } from '../fleet/lane-writer.ts';
import type { Terminal } from '../output/terminal.ts';
import { fleetBudget, withFleetSession, type FleetSession } from '../session/fleet-session.ts';
import type { SendingOptions } from '../session/options.ts';
import { keepWatch, type WatchRequest } from './keep-watch.ts';
import { createLeaseGate } from './lease-gate.ts';
import { createWorkDone } from './work-done.ts';

/** While Redis is away, a worker looks for it this often. */
const LOOK_EVERY_MS = 200;

export interface WorkerRequest extends Omit<WatchRequest, 'lanes'> {
  readonly redisUrl: string | undefined;
  /** `--rate`, when it was given. */
  readonly rate: number | undefined;
  readonly setRate: boolean;
}

export interface WorkerSetting {
  readonly options: Omit<SendingOptions, 'budget'>;
  readonly host: Host;
  readonly terminal: Terminal;
}

/** Takes operations out of the lanes of a workspace and sends them, until it is told to stop. */
export function work(request: WorkerRequest, { options, host, terminal }: WorkerSetting): Promise<ExitCode> {
  const { redisUrl, rate, setRate } = request;
  const gate = createLeaseGate(options.timeoutMs);
  const sending: SendingOptions = { ...options, budget: fleetBudget(redisUrl, rate, setRate) };
  return withFleetSession({ options: sending, host, terminal, redisUrl, guard: gate.guard }, async (session) => {
    const lanes = await lanesOf(session.link, session.keys);
    terminal.say(`Taking operations from ${lanes} lanes (Redis at ${session.place.name})`);
    const done = createWorkDone(session, { host, terminal });
    try {
      for (;;) {
        const end = await keepWatch({ ...request, lanes }, session, { options: sending, host, terminal, gate, done });
        if (end === 'over') break;
        terminal.warn('The leases of all lanes are lost: what was not settled is sent by whoever takes them next');
        await untilRedisIsBack(session, options.maxOutageMs, host);
      }
    } catch (error) {
      done.show(error instanceof CioBulkError ? error.exitCode : EXIT.bug);
      throw error;
    }
    done.show(EXIT.ok);
    return EXIT.ok;
  });
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
