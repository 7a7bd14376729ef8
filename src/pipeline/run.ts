import { crashPoint } from '../domain/crash-point.ts';
import { assemble } from './assemble.ts';
import type { RunOptions } from './run-options.ts';
import type { RunEnd } from './progress.ts';

/** Batches under way per request slot, including those that wait for a retry. */
const BATCHES_PER_SLOT = 4;

/**
 * The life of a row:
 *
 * - *read*, in a chunk (`intake`), and let in as soon as there is room (`admission`), unless an earlier process has settled it (`resumption`)
 * - put into a *batch*, at once or after it has waited for its persons (`lanes`, `drafts`), unless it must not be sent (`gate`)
 * - *under way* with its batch, when that may leave (`departures`): intended, delivered, settled (`flight`, `deliver`, `settling`)
 * - *passed*: every row before it is settled as well, and the checkpoint moves (`window`)
 */
export async function runPipeline(options: RunOptions): Promise<RunEnd> {
  const { bell, halt, intake, admission, lanes, departures, flights, settling, progress, inDoubtResent } =
    assemble(options);
  const mayLaunch = (): boolean =>
    options.courier.hasRoom() && flights.underWay() < options.concurrency * BATCHES_PER_SLOT;
  try {
    while (!halt.signal.aborted) {
      admission.takeIn();
      while (mayLaunch() && !halt.signal.aborted) {
        const batch = lanes.next(departures.mayFlush());
        if (!batch) break;
        void flights.launch(batch);
      }
      if (admission.isOver() && flights.underWay() === 0 && lanes.waiting() === 0) break;
      await bell.rung(departures.askAgainMs());
    }
    while (flights.underWay() > 0) await bell.rung(departures.askAgainMs());
    settling.flush();
  } catch (error) {
    halt.remember(error);
  } finally {
    halt.release();
    await intake.close();
  }
  halt.rethrow();

  const end = progress();
  const finished = admission.isOver() && options.isComplete() && end.pending === 0;
  if (finished) {
    crashPoint('before finish');
    options.ledger.finish();
    crashPoint('after finish');
  }
  return { ...end, finished, inDoubtResent };
}
