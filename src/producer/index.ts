/**
 * `cio-bulk/producer`: what an application says about people and events, on its way to Customer.io through Redis and `cio-bulk worker`.
 * Nobody waits for Customer.io. Order is kept per ordering key; an event that is told twice with the same id counts once.
 */
import { redisPlace } from '../fleet/redis-url.ts';
import { fleetKeys } from '../fleet/keys.ts';
import { createLaneWriter } from '../fleet/lane-writer.ts';
import { openRedisLink } from '../fleet/redis-link.ts';
import { workspaceHash } from '../domain/workspace.ts';
import { processClock } from '../runtime/clock.ts';
import { createBuffer } from './buffer.ts';
import { personOperation, toLaneOperation } from './operations.ts';
import { ProducerError, type ProducerErrorCode } from './producer-error.ts';
import type { Attributes, Operation, OperationOptions, Person, TimedOptions, TrackOptions } from './types.ts';

export { ProducerError };
export type { Attributes, Operation, OperationOptions, Person, ProducerErrorCode, TimedOptions, TrackOptions };

const PENDING_MAX = 1_000_000;
const TIMEOUT_MS = 10_000;
const BUFFER_MAX = 10_000;

export interface ProducerOptions {
  /** `redis://host:port`, or `rediss://` for TLS; with user and password where Redis wants them. */
  readonly redis: string;
  /** The site id of the workspace. */
  readonly workspace: string;
  /** So many operations may be pending in Redis; further ones are refused. A million, unless it is given. */
  readonly maxPending?: number;
  /** How long an operation is tried while Redis does not answer. Ten seconds, unless it is given. */
  readonly timeoutMs?: number;
  /** Never throws and never makes anybody wait: what cannot be taken is dropped, and counted by reason. */
  readonly fireAndForget?: boolean;
  /** With `fireAndForget`: operations that may wait for Redis. 10,000, unless it is given. */
  readonly bufferMax?: number;
  /** With `fireAndForget`: called for each operation that is dropped. */
  readonly onDrop?: (reason: ProducerErrorCode) => void;
}

/**
 * Each promise resolves when Redis has the operation, and rejects with a ProducerError; with `fireAndForget` it resolves at once.
 */
export interface Producer {
  identify(person: Person, attributes: Attributes, options?: TimedOptions): Promise<void>;
  track(person: Person, name: string, data?: Attributes, options?: TrackOptions): Promise<void>;
  delete(person: Person, options?: OperationOptions): Promise<void>;
  /** Customer.io deletes the person and refuses the identifier from then on. */
  suppress(person: Person, options?: OperationOptions): Promise<void>;
  /** Any operation of the Track API v2. */
  send(operation: Operation, options?: OperationOptions): Promise<void>;
  /** Operations dropped so far, by reason. */
  drops(): Readonly<Partial<Record<ProducerErrorCode, number>>>;
  /** Resolves when every operation is taken or refused. Nothing is taken from then on. */
  close(): Promise<void>;
}

/** Throws a CioBulkError when `redis` is no URL of a Redis. Redis need not be there yet. */
export function createProducer(options: ProducerOptions): Producer {
  const { redis, workspace, maxPending = PENDING_MAX, timeoutMs = TIMEOUT_MS } = options;
  const link = openRedisLink(redisPlace(redis, 'redis'), processClock);
  const keys = fleetKeys(workspaceHash(workspace));
  const writer = link.then((opened) => createLaneWriter(opened, keys, maxPending));
  const buffer = createBuffer(
    { write: async (operations) => (await writer).write(operations) },
    processClock,
    timeoutMs,
  );
  const drops = createDrops(options.onDrop);
  let isClosed = false;

  async function accept(operation: Operation, given: TrackOptions = {}): Promise<void> {
    if (isClosed) throw new ProducerError('closed', 'the producer is closed');
    await buffer.add(toLaneOperation(operation, given, processClock.now()));
  }

  function acceptOrDrop(operation: Operation, given?: TrackOptions): Promise<void> {
    if (buffer.size() >= (options.bufferMax ?? BUFFER_MAX)) drops.add('overflow');
    else accept(operation, given).catch((error: unknown) => drops.add(codeOf(error)));
    return Promise.resolve();
  }

  const take = options.fireAndForget === true ? acceptOrDrop : accept;
  return {
    identify: (who, attributes, given) => take(personOperation('identify', who, { attributes }), given),
    track: (who, name, data = {}, given) => take(personOperation('event', who, { name, attributes: data }), given),
    delete: (who, given) => take(personOperation('delete', who), given),
    suppress: (who, given) => take(personOperation('suppress', who), given),
    send: take,
    drops: drops.counts,
    async close() {
      isClosed = true;
      await buffer.close();
      (await link).close();
    },
  };
}

function createDrops(onDrop: ProducerOptions['onDrop']) {
  const counts: Partial<Record<ProducerErrorCode, number>> = {};
  return {
    counts: () => ({ ...counts }),
    add(reason: ProducerErrorCode): void {
      counts[reason] = (counts[reason] ?? 0) + 1;
      onDrop?.(reason);
    },
  };
}

function codeOf(error: unknown): ProducerErrorCode {
  return error instanceof ProducerError ? error.code : 'invalid';
}
