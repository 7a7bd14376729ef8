/** Climbs straight to the rate and stops where the target gives way. */
import { iterationOf, optionsOf, planOf, summaryOf } from './lib/scenario.ts';

export { setup, watchdog } from './lib/scenario.ts';

const plan = planOf('breakpoint');

export const options = optionsOf(plan);
export const iteration = iterationOf(plan);
export const handleSummary = summaryOf(plan);
