/** Half the rate for an hour: leaks, queues that grow, limits counted per hour. */
import { iterationOf, optionsOf, planOf, summaryOf } from './lib/scenario.ts';

export { setup, watchdog } from './lib/scenario.ts';

const plan = planOf('soak');

export const options = optionsOf(plan);
export const iteration = iterationOf(plan);
export const handleSummary = summaryOf(plan);
