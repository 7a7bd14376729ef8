import type { Clock } from '../domain/host.ts';
import { BEGINNING, type HeldLane } from './held-lane.ts';
import { insisting } from './insisting.ts';
import type { FleetKeys } from './keys.ts';
import { openLaneQueue, type LaneJob, type LaneQueue } from './lane-queue.ts';
import { HAND_BACK, OPEN_LANE } from './lane-scripts.ts';
import type { RedisLink } from './redis-link.ts';

/** A lease ends so long after it was renewed last. It is renewed often enough that one call may fail. */
const LOCK_MS = 20_000;
const RENEW_MS = 5_000;

export interface Lease {
  readonly lane: HeldLane;
  /** Whoever comes next has the lane, at once. */
  handBack(): Promise<void>;
}

/**
 * Who may send what is in which lane. A lane with work is a job of a queue; a job that is active is a lease, and the job's lock ends it when
 * the worker dies.
 *
 *   busy --wake--> waiting --take--> held --handBack--> waiting again, or not busy any more
 *                                    held --not renewed for 20 s--> waiting, within 5 s
 */
export interface LaneLeases {
  /** The next lane that waits; undefined when none came for a while. */
  take(): Promise<Lease | undefined>;
  /** These lanes have work. One that waits, or is held, is not affected. */
  wake(lanes: readonly number[]): Promise<void>;
  /** Whether every lease held here is known to last for so long. */
  outlast(ms: number): boolean;
  count(): number;
  /** When Redis last said that a lane waits, or that none does; monotonic. */
  lookedAt(): number;
  /** Leaves what is held to whoever finds it. */
  close(): Promise<void>;
}

interface Held extends LaneJob {
  /** It is ours until then; monotonic. */
  until: number;
  /** Handed back, or about to be: it is not missed. */
  isOver: boolean;
}

export interface LeaseOptions {
  readonly link: RedisLink;
  readonly keys: FleetKeys;
  readonly clock: Clock;
  /** A lease is somebody else's, or may be: nothing must be sent any more. */
  readonly onLost: () => void;
}

export async function openLaneLeases(options: LeaseOptions): Promise<LaneLeases> {
  const { link, keys, clock, onLost } = options;
  const queue = await openLaneQueue(link.place, keys, LOCK_MS);
  const held = new Set<Held>();
  let isClosed = false;
  let lookedAt = clock.monotonic();
  const insist = <T>(call: () => Promise<T>): Promise<T | undefined> => insisting(clock, () => isClosed, call);

  /** A Redis that is away for a moment ends no lease: time does. */
  async function renewAll(): Promise<void> {
    const isOurs = await renew([...held], queue, clock).catch(() => true);
    if (!isOurs) onLost();
  }
  const timer = setInterval(() => void renewAll(), RENEW_MS);

  async function handBack(lease: Held, lane: number): Promise<void> {
    await insist(async () => {
      const isBusy = await link.run(HAND_BACK, [keys.lane(lane), keys.again(lane), keys.busy, lane]);
      if (isBusy === 1) await queue.add([lane]);
    });
    if (isClosed) return;
    lease.isOver = true;
    held.delete(lease);
    await queue.complete(lease).catch(() => undefined); // whoever has it now keeps it
  }

  return {
    async take() {
      const next = await queue.next();
      lookedAt = clock.monotonic();
      if (!next) return undefined;
      const lease: Held = { ...next, until: 0, isOver: false };
      if (!(await renew([lease], queue, clock))) return undefined;
      held.add(lease);
      const { lane } = next.job.data;
      const opened = await insist(() => openLane(lane, options));
      if (opened) return { lane: opened, handBack: () => handBack(lease, lane) };
      await handBack(lease, lane);
      return undefined;
    },
    wake: queue.add,
    outlast(ms) {
      const until = clock.monotonic() + ms;
      for (const lease of held) if (lease.until <= until) return false;
      return true;
    },
    count: () => held.size,
    lookedAt: () => lookedAt,
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearInterval(timer);
      held.clear();
      await queue.close().catch(() => undefined);
    },
  };
}

/** False when one of them is somebody else's by now. A lease is counted from before the call that renews it. */
async function renew(leases: readonly Held[], queue: LaneQueue, clock: Clock): Promise<boolean> {
  if (leases.length === 0) return true;
  const askedAt = clock.monotonic();
  const lost = await queue.extend(leases, LOCK_MS);
  for (const lease of leases) if (!lost.includes(lease)) lease.until = askedAt + LOCK_MS;
  return leases.every((lease) => lease.isOver || !lost.includes(lease));
}

/** Which of its streams is read; undefined when both are empty. */
async function openLane(lane: number, { link, keys }: LeaseOptions): Promise<HeldLane | undefined> {
  const counts = await link.run(OPEN_LANE, [keys.lane(lane), keys.again(lane), keys.held]);
  const [entries = 0, again = 0, keysHeld = 0] = (counts as readonly unknown[]).map(Number);
  if (entries + again === 0) return undefined;
  const isAgain = again > 0;
  return {
    lane,
    stream: isAgain ? keys.again(lane) : keys.lane(lane),
    isAgain,
    checksHeld: !isAgain && keysHeld > 0,
    cursor: BEGINNING,
    isEnding: false,
  };
}
