import { UNSENT, type Sender } from '../domain/wire.ts';

/**
 * Keeps a request from leaving when a lease could end before its answer: somebody else might send later operations of the same lane
 * meanwhile. Asked at the last moment, behind the pacer.
 */
export interface LeaseGate {
  guard(wire: Sender): Sender;
  /** `outlast`: whether all leases last for so many milliseconds. */
  watch(outlast: (ms: number) => boolean): void;
}

export function createLeaseGate(timeoutMs: number): LeaseGate {
  let outlast: ((ms: number) => boolean) | undefined;
  return {
    guard: (wire) => ({
      send: (request, signals) =>
        outlast?.(timeoutMs) !== false ? wire.send(request, signals) : Promise.resolve(UNSENT),
    }),
    watch: (leases) => void (outlast = leases),
  };
}
