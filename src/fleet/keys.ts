import { crc32 } from 'node:zlib';

/** Lanes of a workspace, fixed when the first operation comes. */
export const LANES = 64;

/**
 * The keys of a workspace in Redis. Their names and what they hold are a contract with producers in other languages, with monitoring and
 * with other versions (docs/scale.md). The part in braces keeps them on one node of a cluster.
 */
export interface FleetKeys {
  /** What all other names begin with. */
  readonly prefix: string;
  /** Hash: `format`, `lanes`, and what the budget keeps there. */
  readonly meta: string;
  /** Hash: `pending`, and operations that ended, by state. */
  readonly tally: string;
  /** Set: lanes with entries, or held by a worker. */
  readonly busy: string;
  /** List: lanes that have become busy and that no worker has heard of yet. */
  readonly wake: string;
  /** Stream: operations that did not arrive. */
  readonly undelivered: string;
  /** Hash: ordering keys with failed operations, and how many. */
  readonly held: string;
  /** Stream: operations on their way, in order. */
  lane(lane: number): string;
  /** Stream: undelivered operations that are to be sent again, before anything else in their lane. */
  again(lane: number): string;
}

/** `{cio:<workspace>}`, of the hash that a workspace is known by. */
export function fleetPrefix(workspace: string): string {
  return `{cio:${workspace.slice(0, 12)}}`;
}

export function fleetKeys(workspace: string): FleetKeys {
  const prefix = fleetPrefix(workspace);
  return {
    prefix,
    meta: `${prefix}:meta`,
    tally: `${prefix}:tally`,
    busy: `${prefix}:busy`,
    wake: `${prefix}:wake`,
    undelivered: `${prefix}:undelivered`,
    held: `${prefix}:held`,
    lane: (lane) => `${prefix}:lane:${lane}`,
    again: (lane) => `${prefix}:again:${lane}`,
  };
}

/** The lane of an ordering key. Every language has CRC-32. */
export function laneOf(orderingKey: string, lanes: number): number {
  return crc32(orderingKey) % lanes;
}
