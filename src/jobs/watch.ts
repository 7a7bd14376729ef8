import { setMaxListeners } from 'node:events';
import type { Host } from '../domain/host.ts';
import { createLaneFeed, type LaneFeed } from '../fleet/lane-feed.ts';
import { openLaneLeases, type LaneLeases } from '../fleet/lane-leases.ts';
import { createLaneLedger, type LaneLedger } from '../fleet/lane-ledger.ts';
import { openLaneReader } from '../fleet/lane-reader.ts';
import { openWakeCalls, type WakeCalls } from '../fleet/wake-calls.ts';
import type { Terminal } from '../output/terminal.ts';
import { createHeldKeys, type HeldKeys } from '../pipeline/held-keys.ts';
import type { Defer } from '../session/closing.ts';
import type { FleetSession } from '../session/fleet-session.ts';
import type { SendingOptions } from '../session/options.ts';
import type { LeaseGate } from './lease-gate.ts';
import { within } from './within.ts';
import type { WorkDone } from './work-done.ts';
import type { WorkerHealth } from './worker-health.ts';

/** Handing lanes over, and saying goodbye to Redis. */
export const HAND_OVER_MS = 3_000;

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

/** What a worker has from the first lease to the last. */
export interface Watch {
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
  /** A lease is somebody else's, or may be: nothing more is sent, and nothing is handed back. */
  readonly lose: () => void;
  isLost(): boolean;
}

export async function openWatch(
  request: WatchRequest,
  session: FleetSession,
  { host, gate, health }: WatchSetting,
  defer: Defer,
): Promise<Watch> {
  const { link, keys, place } = session;
  const { clock } = host;
  const ending = new AbortController();
  let isLost = false;
  const leave = (): void => ending.abort();
  const lose = (): void => {
    isLost = true;
    leave();
  };
  const leaving = AbortSignal.any([host.stopping, ending.signal]);
  setMaxListeners(0, leaving); // every lane listens
  const leases = await openLaneLeases({ link, keys, clock, onLost: lose });
  defer(() => within(HAND_OVER_MS, leases.close(), clock));
  const wakes = await openWakeCalls(place, keys, clock);
  defer(() => wakes.close());
  const reader = await openLaneReader(place, clock);
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
  return { request, session, leases, wakes, feed, ledger, held, host, leaving, leave, lose, isLost: () => isLost };
}
