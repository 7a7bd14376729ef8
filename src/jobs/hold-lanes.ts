import { laneOf } from '../fleet/keys.ts';
import type { Lease } from '../fleet/lane-leases.ts';
import { COUNT_BUSY } from '../fleet/lane-scripts.ts';
import type { Watch, WatchSetting } from './watch.ts';

/** A lane goes to another worker after so long, if one waits for it; nobody is shut out. */
const SLICE_MS = 30_000;
/** A lane in which nothing comes is given up: soon, where nothing more is expected. */
const IDLE_MS = 5_000;
const IDLE_SOON_MS = 100;
const LOOK_EVERY_MS = 100;
/** Without Redis for so long, no lease is sure any more. */
const AWAY_MS = 20_000;
/** What goes on beside the pipeline, until the watch ends. */
export function holdLanes(watch: Watch, setting: WatchSetting): Promise<unknown> {
  return Promise.allSettled([
    passOnWakes(watch),
    takeLanes(watch),
    leaveWhenEmpty(watch),
    loseWhenAway(watch, setting),
  ]);
}

async function passOnWakes({ wakes, leases, leaving }: Watch): Promise<void> {
  while (!leaving.aborted) {
    const lanes = await wakes.next();
    if (lanes.length > 0) await leases.wake(lanes);
  }
}

async function takeLanes(watch: Watch): Promise<void> {
  const { request, leases, host, leaving } = watch;
  const holding = new Set<Promise<void>>();
  while (!leaving.aborted) {
    if (holding.size >= request.lanesMax) await Promise.race(holding);
    const lease = await leases.take().catch(() => host.clock.sleep(LOOK_EVERY_MS, leaving));
    if (!lease) continue;
    const hold = holdLane(lease, watch).finally(() => holding.delete(hold));
    holding.add(hold);
  }
  await Promise.all(holding);
}

/** Until its time is over, or nothing comes. What was read is settled before the lane goes, unless the watch ends. */
async function holdLane(lease: Lease, { request, feed, ledger, held, host, leaving }: Watch): Promise<void> {
  const { lane } = lease;
  const { clock, random } = host;
  const idleMs = lane.isAgain || request.exitWhenEmpty ? IDLE_SOON_MS : IDLE_MS;
  const until = clock.monotonic() + SLICE_MS * (1 + random() / 4); // not all at once
  feed.add(lane);
  while (!leaving.aborted && clock.monotonic() < until && feed.idleMs(lane) < idleMs)
    await clock.sleep(LOOK_EVERY_MS, leaving);
  feed.end(lane);
  await ledger.written(lane);
  held.release((orderingKey) => laneOf(orderingKey, request.lanes) === lane.lane);
  await lease.handBack();
}

async function leaveWhenEmpty({
  request,
  session: { link, keys },
  leases,
  host,
  leaving,
  leave,
}: Watch): Promise<void> {
  while (request.exitWhenEmpty && !leaving.aborted) {
    await host.clock.sleep(LOOK_EVERY_MS, leaving);
    if (leases.count() === 0 && (await link.run(COUNT_BUSY, [keys.busy]).catch(() => 1)) === 0) leave();
  }
}

async function loseWhenAway(
  { session: { link }, host: { clock }, leaving, lose }: Watch,
  { options: { maxOutageMs } }: WatchSetting,
): Promise<void> {
  for (let since = clock.monotonic(); !leaving.aborted; await clock.sleep(LOOK_EVERY_MS, leaving)) {
    if (!link.fault()) since = clock.monotonic();
    else if (clock.monotonic() - since > Math.min(AWAY_MS, maxOutageMs)) lose();
  }
}
