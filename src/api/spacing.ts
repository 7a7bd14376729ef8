import Bottleneck from 'bottleneck';
import type { Clock } from '../domain/host.ts';
import { SPACING_SHARE } from '../domain/pacing.ts';

/** Bottleneck tops out near 400 jobs/s, and far lower on a busy machine; above this rate one step grants several starts. */
const STEPS_PER_SECOND_MAX = 100;
/** A wall clock that moved by more than this against the monotonic one has been set: Bottleneck must forget its schedule. */
const CLOCK_JUMP_MS = 500;

/** Even steps in time. */
export interface Spacing {
  /** Starts that one step grants. */
  startsPerStep(): number;
  /** Resolves when the next step may begin, or early when the signal aborts: nobody waits for it any more. */
  step(leaving: AbortSignal): Promise<void>;
  setRate(rate: number): void;
}

/**
 * Bottleneck spaces the steps (`minTime`; a reservoir would fire a second's worth at once). It looks at the wall clock some time after it
 * was asked, so that a clock that is set back in between would make it wait for as long: then it is replaced, as it is when nobody waits.
 */
export function createSpacing(firstRate: number, clock: Clock): Spacing {
  let rate = firstRate;
  let clockOffset = clock.now() - clock.monotonic();
  let bottleneck = newBottleneck();

  function startsPerStep(): number {
    return Math.max(1, Math.ceil(rate / STEPS_PER_SECOND_MAX));
  }

  function stepMs(): number {
    return rate > 0 ? ((1000 * startsPerStep()) / rate) * SPACING_SHARE : 0;
  }

  function newBottleneck(): Bottleneck {
    return new Bottleneck({ maxConcurrent: null, minTime: stepMs() });
  }

  function forgetAfterClockJump(): void {
    const offset = clock.now() - clock.monotonic();
    if (Math.abs(offset - clockOffset) > CLOCK_JUMP_MS) bottleneck = newBottleneck();
    clockOffset = offset;
  }

  return {
    startsPerStep,
    async step(leaving) {
      forgetAfterClockJump();
      const ending = new AbortController();
      const end = (): void => ending.abort();
      leaving.addEventListener('abort', end, { once: true });
      const isOver = await Promise.race([
        bottleneck
          .schedule(() => Promise.resolve())
          .then(
            () => true,
            () => true, // dropped below
          ),
        clock.sleep(stepMs() + CLOCK_JUMP_MS, ending.signal).then(() => false),
      ]);
      leaving.removeEventListener('abort', end);
      end();
      if (isOver) return;
      void bottleneck.stop({ dropWaitingJobs: true }).catch(() => undefined); // with its timer, which would keep the process
      bottleneck = newBottleneck();
    },
    setRate(next) {
      rate = next;
      bottleneck.updateSettings({ minTime: stepMs() });
    },
  };
}
