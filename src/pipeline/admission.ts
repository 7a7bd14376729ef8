import type { PreparedChunk } from '../domain/chunk.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Flights } from './flight.ts';
import type { Halt } from './halt.ts';
import type { Intake } from './intake.ts';
import type { Lanes } from './lanes.ts';
import type { Links } from './links.ts';
import { createMixedKinds } from './mixed-kinds.ts';
import type { Resumption } from './resumption.ts';
import type { Settling } from './settling.ts';
import type { Window } from './window.ts';

/** Chunks in the window before reading pauses: settled ones that wait for an earlier one are stubs, but they add up. */
const CHUNKS_MAX = 32_768;
const WINDOW_BYTES_MAX = 48_000_000;

/** Lets chunks into the window as long as there is room, and their rows into the lanes. */
export interface Admission {
  takeIn(): void;
  /** No row comes in before one that is under way is settled. */
  isBlocked(): boolean;
  /** The source is read to its end, or has failed, and every row is in. */
  isOver(): boolean;
  /** When a row came in while none waited, the last time; monotonic. */
  filledAt(): number;
}

export interface AdmissionOptions {
  readonly intake: Intake;
  readonly resumption: Resumption;
  readonly window: Window;
  readonly links: Links;
  readonly lanes: Lanes;
  readonly flights: Flights;
  readonly settling: Settling;
  readonly halt: Halt;
  readonly clock: Clock;
  /** Rows that may wait in lanes and unsent batches before reading pauses. */
  readonly waitingMax: number;
}

export function createAdmission({
  intake,
  resumption,
  window,
  links,
  lanes,
  flights,
  settling,
  halt,
  clock,
  waitingMax,
}: AdmissionOptions): Admission {
  const mixedKinds = createMixedKinds();
  let next: PreparedChunk | undefined; // read, and not let in yet
  let filledAt = 0;

  const hasRoom = (): boolean =>
    lanes.waiting() < waitingMax && window.size() < CHUNKS_MAX && window.bytesHeld() < WINDOW_BYTES_MAX;

  function admit(prepared: PreparedChunk, isInOneLane: boolean): void {
    const chunk = window.admit(resumption.withoutSettledSkips(prepared), isInOneLane);
    const { count } = prepared.operations;
    if (lanes.waiting() === 0) filledAt = clock.monotonic();
    links.learn(prepared.operations);
    settling.leaveOut(chunk);
    for (let index = 0; index < count; index++) {
      if (resumption.recognises(chunk, index)) settling.skipSettled(chunk);
      else lanes.add(chunk, index);
    }
    if (chunk.unsettled === 0) settling.commitSoon();
  }

  return {
    takeIn() {
      try {
        while (hasRoom() && (next ??= intake.take())) {
          const way = mixedKinds.wayOf(next.operations.kinds, flights.underWay() === 0 && lanes.waiting() === 0);
          if (way === 'later') return;
          admit(next, way === 'in one lane');
          next = undefined;
        }
      } catch (error) {
        if (isCutShort(error))
          halt.remember(error); // the rows before the damage are good, and sent: nobody else would ever send them
        else halt.fail(error);
      }
    },
    isBlocked: () => next !== undefined || !hasRoom(),
    isOver: () => intake.ended() && next === undefined,
    filledAt: () => filledAt,
  };
}

/** The source breaks off: what came before is as good as ever. */
function isCutShort(error: unknown): boolean {
  return error instanceof CioBulkError && (error.code === 'input_undecodable' || error.code === 'input_unreadable');
}
