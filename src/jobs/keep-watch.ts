import { runPipeline } from '../pipeline/run.ts';
import { closing } from '../session/closing.ts';
import type { FleetSession } from '../session/fleet-session.ts';
import { holdLanes } from './hold-lanes.ts';
import { HAND_OVER_MS, openWatch, type Watch, type WatchRequest, type WatchSetting } from './watch.ts';
import { within } from './within.ts';

/** What is settled is told to Redis before the lanes go, if it answers by then. */
const DRAIN_MS = 2_000;

/**
 * From the first lease to the last: all lanes that this process holds go through one pipeline, so that their operations share batches.
 *
 *   watching --a signal, nothing left--> in flight settled, lanes handed back: over
 *            --a lease is lost--> in flight ended, nothing handed back: lost
 */
export function keepWatch(
  request: WatchRequest,
  session: FleetSession,
  setting: WatchSetting,
): Promise<'over' | 'lost'> {
  const { clock } = setting.host;
  return closing(async (defer) => {
    const watch = await openWatch(request, session, setting, defer);
    const { leases, ledger, wakes, leave, isLost } = watch;
    const holding = holdLanes(watch, setting);
    try {
      await sendAll(watch, setting);
    } finally {
      leave();
      if (isLost()) void leases.close(); // first: nothing that is lost is handed back
      await within(DRAIN_MS, ledger.drain(), clock);
      ledger.close();
      setting.done.endWatch();
      wakes.close();
      if (!isLost()) await within(HAND_OVER_MS, holding, clock);
    }
    return isLost() ? 'lost' : 'over';
  });
}

async function sendAll(watch: Watch, { options, done }: WatchSetting): Promise<void> {
  const { request, session, feed, ledger, held, host, leaving } = watch;
  await runPipeline({
    chunks: feed.chunks,
    isComplete: () => false,
    ledger,
    held,
    courier: session.courier,
    findRecords: (_, indexes) => indexes.map(() => ({ text: '', line: 0 })),
    clock: host.clock,
    concurrency: options.concurrency,
    batchRowsMax: options.batchRows,
    batchBytesMax: options.batchBytes,
    lingerMs: request.lingerMs,
    stopping: leaving,
    onUndelivered: () => undefined,
    onProgress: ({ tally, rowsRead, pending }) => done.update(tally, rowsRead, pending),
  });
}
