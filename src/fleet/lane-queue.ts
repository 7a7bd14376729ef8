import type { Job, Queue, Worker } from 'bullmq';
import type { FleetKeys } from './keys.ts';
import { addressOf } from './redis-link.ts';
import type { RedisPlace } from './redis-url.ts';

const QUEUE = 'drain';
/** How often somebody looks for lanes whose worker has died. */
const STALLED_CHECK_MS = 5_000;
/** A job is lost to its worker only by that worker's end: no number of ends is too many. */
const STALLED_MAX = 1_000_000_000;
/** One look for a job waits for so long: who stops does not wait much longer. */
const LOOK_SECONDS = 1;

/** A job whose lock is ours: see `LaneLeases`. */
export interface LaneJob {
  readonly job: Job<{ readonly lane: number }>;
  readonly token: string;
}

/** The queue `drain`, with at most one job that waits and one that is active for each lane. */
export interface LaneQueue {
  /** The next job; undefined when none came for a while. */
  next(): Promise<LaneJob | undefined>;
  /** Keeps the locks for so long from now on. Returns the jobs whose lock is not ours any more. */
  extend(jobs: readonly LaneJob[], lockMs: number): Promise<readonly LaneJob[]>;
  /** The job is done; one that was added meanwhile waits now. */
  complete(job: LaneJob): Promise<void>;
  add(lanes: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export async function openLaneQueue(place: RedisPlace, keys: FleetKeys, lockMs: number): Promise<LaneQueue> {
  const { Queue, Worker } = await import('bullmq');
  const options = { connection: { ...addressOf(place), maxRetriesPerRequest: null }, prefix: keys.prefix };
  const queue: Queue = new Queue(QUEUE, { ...options, streams: { events: { maxLen: 100 } } });
  const worker: Worker = new Worker(QUEUE, null, {
    ...options,
    autorun: false,
    skipLockRenewal: true,
    lockDuration: lockMs,
    drainDelay: LOOK_SECONDS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: STALLED_MAX,
  });
  queue.on('error', () => undefined); // a connection that is lost comes back, or the leases end
  worker.on('error', () => undefined);
  await worker.startStalledCheckTimer();
  let tokens = 0;
  return {
    async next() {
      const token = `${worker.id}:${tokens++}`;
      const job = (await worker.getNextJob(token, { block: true })) as LaneJob['job'] | undefined;
      return job && { job, token };
    },
    async extend(jobs, forMs) {
      const failed = await worker.extendJobLocks(
        jobs.map(({ job }) => job.id ?? ''),
        jobs.map(({ token }) => token),
        forMs,
      );
      return jobs.filter(({ job }) => failed.includes(job.id ?? ''));
    },
    async complete({ job, token }) {
      await job.moveToCompleted(null, token, false);
    },
    async add(lanes) {
      await queue.addBulk(lanes.map((lane) => ({ name: QUEUE, data: { lane }, opts: optionsOf(lane) })));
    },
    async close() {
      await Promise.all([worker.close(true), queue.close()]);
    },
  };
}

function optionsOf(lane: number) {
  return {
    deduplication: { id: `lane-${lane}`, keepLastIfActive: true },
    attempts: 1,
    removeOnComplete: true,
    removeOnFail: true,
  };
}
