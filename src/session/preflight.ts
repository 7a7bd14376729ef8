import { askRegion, type Account } from '../api/preflight.ts';
import { CioBulkError } from '../domain/errors.ts';
import { plural, span } from '../domain/text/numbers.ts';
import type { Host } from '../domain/host.ts';
import type { Terminal } from '../output/terminal.ts';
import type { SendingOptions } from './options.ts';
import type { Target } from './target.ts';

/** A host that is silent for longer than this is told. */
const SILENCE_MS = 2_000;
/** A clock that is off by more than this is told. */
const CLOCK_TOLD_MS = 60_000;

/** Asks the service whose keys these are, before a row is sent. Throws `wrong_region` when they belong elsewhere. */
export async function preflight(
  target: Target,
  { wire, pacer, place }: Pick<Parameters<typeof askRegion>[0], 'wire' | 'pacer' | 'place'>,
  {
    host,
    terminal,
    options: { maxAttempts, timeoutMs },
  }: { readonly host: Host; readonly terminal: Terminal; readonly options: SendingOptions },
): Promise<Account> {
  const answered = new AbortController();
  const tellSilence = async (): Promise<void> => {
    await host.clock.sleep(SILENCE_MS, answered.signal);
    if (!answered.signal.aborted)
      terminal.say(`Waiting for ${place} to answer: ${plural(maxAttempts, 'attempt')} of ${span(timeoutMs)} at most`);
  };
  void tellSilence();
  const asked = askRegion({ wire, pacer, clock: host.clock, maxAttempts, place, stopping: host.stopping });
  const account = await asked.finally(() => answered.abort());
  const { region, environmentId, clockAheadMs } = account;
  if (target.region !== undefined && region !== undefined && region !== target.region)
    throw new CioBulkError(
      'wrong_region',
      `the account lives in region ${region}, and CUSTOMERIO_REGION says ${target.region}`,
      { hint: `set CUSTOMERIO_REGION=${region}` },
    );
  const where = target.isSandbox ? 'sandbox' : `region ${region ?? 'unknown'}, workspace ${environmentId ?? 'unknown'}`;
  terminal.say(`Sending to ${where} (${place})`);
  if (Math.abs(clockAheadMs) >= CLOCK_TOLD_MS)
    terminal.warn(
      `this machine's clock is ${span(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the service's: times of updates and the age of events follow the service's clock`,
    );
  return account;
}
