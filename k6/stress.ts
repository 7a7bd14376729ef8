/** Past the ordinary: hold the rate, then 120 % of it. */
import { iterationOf, optionsOf, planOf, summaryOf } from './lib/scenario.ts';

export { setup, watchdog } from './lib/scenario.ts';

const plan = planOf('stress');

export const options = optionsOf(plan);
export const iteration = iterationOf(plan);
export const handleSummary = summaryOf(plan);
