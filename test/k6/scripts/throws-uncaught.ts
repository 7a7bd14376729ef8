/** An exception that nothing counts: only the number of requests tells that this measured nothing. */
import { optionsOf, planOf, summaryOf } from '../../../k6/lib/scenario.ts';

export { setup, watchdog } from '../../../k6/lib/scenario.ts';

const plan = planOf('ramp');

export const options = optionsOf(plan);
export const iteration = (): never => {
  throw new ReferenceError('encoding is not defined');
};
export const handleSummary = summaryOf(plan);
