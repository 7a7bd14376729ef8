import type { Clock } from '../domain/host.ts';
import type { Batch } from './batch.ts';
import type { Courier } from '../domain/courier.ts';
import { deliver } from './deliver.ts';
import type { Halt } from './halt.ts';
import type { HeldPersons } from './held.ts';
import type { Lanes } from './lanes.ts';
import type { Settling } from './settling.ts';

/**
 * Batches under way. Each goes from lanes to journal:
 *
 *   launched --intent on disk--> intended --sent, answered--> delivered --lanes released--> settled
 *
 * The run may halt in between. Before the first byte has left, the batch is withdrawn, as if it had never been; after that, rows
 * without an answer stay in doubt.
 */
export interface Flights {
  /** Never rejects: what goes wrong halts the run. */
  launch(batch: Batch): Promise<void>;
  underWay(): number;
  /** When the last batch was launched, by the monotonic clock. */
  launchedAt(): number;
}

export interface FlightOptions {
  readonly settling: Settling;
  readonly lanes: Lanes;
  readonly courier: Courier;
  readonly held: HeldPersons;
  readonly halt: Halt;
  readonly clock: Clock;
  /** A batch has landed. */
  readonly ring: () => void;
}

export function createFlights({ settling, lanes, courier, held, halt, clock, ring }: FlightOptions): Flights {
  let underWay = 0;
  let launchedAt = clock.monotonic();

  async function fly(batch: Batch): Promise<void> {
    await settling.intend(batch);
    if (halt.signal.aborted) return settling.withdraw(batch);
    const delivery = await deliver(batch, courier, held, halt.signal);
    if (delivery.isUnsent) return settling.withdraw(batch);
    lanes.release(batch); // first: a chunk whose last row is settled loses the keys that are asked for here
    settling.settle(batch, delivery);
  }

  return {
    async launch(batch) {
      underWay++;
      launchedAt = clock.monotonic();
      try {
        await fly(batch);
      } catch (error) {
        halt.fail(error);
      } finally {
        underWay--;
        ring();
      }
    },
    underWay: () => underWay,
    launchedAt: () => launchedAt,
  };
}
