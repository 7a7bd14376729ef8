/** The bug of a hand-written load script: every iteration throws, k6 counts it as done and ends with 0. */
import { iterationOf, optionsOf, planOf, summaryOf } from '../../../k6/lib/scenario.ts';

export { setup, watchdog } from '../../../k6/lib/scenario.ts';

const plan = planOf('ramp');
const broken = {
  ...plan,
  get peoplePerIteration(): number {
    throw new ReferenceError('encoding is not defined');
  },
};

export const options = optionsOf(plan);
export const iteration = iterationOf(broken);
export const handleSummary = summaryOf(plan);
