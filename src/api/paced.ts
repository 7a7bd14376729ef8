import { UNSENT, type Sender } from '../domain/wire.ts';
import type { Pacer } from './pacer.ts';
import type { Slots } from './slots.ts';

/**
 * One try, in its turn: it takes a slot, then waits for the pacer, and keeps the slot until it is over.
 *
 *   in line for a slot --a slot--> paced --its start--> under way --reply--> over, the slot is free
 *   in line or paced --stopping--> unsent
 *
 * Retries start before new work. Once under way, only what it wraps ends it.
 */
export function paced(inner: Sender, { pacer, slots }: { readonly pacer: Pacer; readonly slots: Slots }): Sender {
  return {
    async send(request, signals) {
      if (!(await slots.acquire(signals.stopping))) return UNSENT;
      try {
        await pacer.start(request.rows, request.attempt > 0, signals.stopping);
        return signals.stopping.aborted ? UNSENT : await inner.send(request, signals);
      } finally {
        slots.release();
      }
    },
  };
}
