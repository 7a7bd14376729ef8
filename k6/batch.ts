/** v2 batches instead of single requests; the rate counts batches. */
import { iterationOf, optionsOf, planOf, summaryOf } from './lib/scenario.ts';

export { setup, watchdog } from './lib/scenario.ts';

const plan = planOf('batch');

export const options = optionsOf(plan);
export const iteration = iterationOf(plan);
export const handleSummary = summaryOf(plan);
