import { setMaxListeners } from 'node:events';
import type { Clock, Host } from '../domain/host.ts';
import { laneOf } from '../fleet/keys.ts';
import { createLaneFeed, type LaneFeed } from '../fleet/lane-feed.ts';
import { openLaneLeases, type LaneLeases, type Lease } from '../fleet/lane-leases.ts';
import { createLaneLedger, type LaneLedger } from '../fleet/lane-ledger.ts';
import { COUNT_BUSY } from '../fleet/lane-scripts.ts';
import { openLaneReader } from '../fleet/lane-reader.ts';
import { openWakeCalls, type WakeCalls } from '../fleet/wake-calls.ts';
import type { Terminal } from '../output/terminal.ts';
import { createHeldKeys, type HeldKeys } from '../pipeline/held-keys.ts';
import { runPipeline } from '../pipeline/run.ts';
import { closing } from '../session/closing.ts';
import type { FleetSession } from '../session/fleet-session.ts';
import type { SendingOptions } from '../session/options.ts';
import type { LeaseGate } from './lease-gate.ts';
import type { WorkDone } from './work-done.ts';
import type { WorkerHealth } from './worker-health.ts';

/** A lane goes to another worker after so long, if one waits for it; nobody is shut out. */
const SLICE_MS = 30_000;
/** A lane in which nothing comes is given up: soon, where nothing more is expected. */
const IDLE_MS = 5_000;
const IDLE_SOON_MS = 100;
const LOOK_EVERY_MS = 100;
/** Without Redis for so long, no lease is sure any more. */
const AWAY_MS = 20_000;
/** What is settled is told to Redis before the lanes go, if it answers by then. */
const DRAIN_MS = 2_000;
const HAND_OVER_MS = 3_000;

export interface WatchRequest {
  /** Of the workspace. */
  readonly lanes: number;
  /** Held at a time. */
  readonly lanesMax: number;
  /** A batch that is not full waits for so long. */
  readonly lingerMs: number;
  /** Ends when nothing is pending. */
  readonly exitWhenEmpty: boolean;
}

export interface WatchSetting {
  readonly options: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
  readonly gate: LeaseGate;
  readonly done: WorkDone;
  readonly health: Pick<WorkerHealth, 'watching'> | undefined;
}

interface Watch {
  readonly request: WatchRequest;
  readonly session: FleetSession;
  readonly leases: LaneLeases;
  readonly wakes: WakeCalls;
  readonly feed: LaneFeed;
  readonly ledger: LaneLedger;
  readonly held: HeldKeys;
  readonly host: Host;
  /** Aborts when no more lanes are taken, and those held are given up. */
  readonly leaving: AbortSignal;
  readonly leave: () => void;
  readonly lose: () => void;
}

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
  const { link, keys, place } = session;
  const { host, gate, health } = setting;
  const { clock } = host;
  return closing(async (defer) => {
    const ending = new AbortController();
    let isLost = false;
    const lose = (): void => {
      isLost = true;
      ending.abort();
    };
    const leaving = AbortSignal.any([host.stopping, ending.signal]);
    setMaxListeners(0, leaving); // every lane listens
    const [leases, wakes, reader] = await Promise.all([
      openLaneLeases({ link, keys, clock, onLost: lose }),
      openWakeCalls(place, keys, clock),
      openLaneReader(place, clock),
    ]);
    defer(() => within(HAND_OVER_MS, leases.close(), clock));
    defer(() => wakes.close());
    defer(() => reader.close());
    health?.watching(leases);
    defer(() => health?.watching(undefined));
    gate.watch((ms) => {
      const isSafe = leases.outlast(ms);
      if (!isSafe) lose();
      return isSafe;
    });
    const ledger = createLaneLedger(link, keys, clock);
    const held = createHeldKeys();
    const feed = createLaneFeed({ link, keys, reader, ledger, clock, stopping: leaving, onHeld: held.hold });
    const leave = (): void => ending.abort();
    const watch: Watch = { request, session, leases, wakes, feed, ledger, held, host, leaving, leave, lose };
    const loops = Promise.allSettled([
      passOnWakes(watch),
      takeLanes(watch),
      leaveWhenEmpty(watch),
      loseWhenAway(watch, setting),
    ]);
    try {
      await sendAll(watch, setting);
    } finally {
      ending.abort();
      if (isLost) void leases.close(); // first: nothing that is lost is handed back
      await within(DRAIN_MS, ledger.drain(), clock);
      ledger.close();
      setting.done.endWatch();
      wakes.close();
      if (!isLost) await within(HAND_OVER_MS, loops, clock);
    }
    return isLost ? 'lost' : 'over';
  });
}

/** Calls to a Redis that is away may never end: nobody waits for them any longer than this. */
async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const isDone = new AbortController();
  await Promise.race([work, clock.sleep(ms, isDone.signal)]);
  isDone.abort();
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
