/** An ordinary day: warm up, ramp up, hold the rate for five minutes. */
import { iterationOf, optionsOf, planOf, summaryOf } from './lib/scenario.ts';

export { setup, watchdog } from './lib/scenario.ts';

const plan = planOf('average');

export const options = optionsOf(plan);
export const iteration = iterationOf(plan);
export const handleSummary = summaryOf(plan);
