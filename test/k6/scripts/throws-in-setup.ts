import { iterationOf, optionsOf, planOf, summaryOf } from '../../../k6/lib/scenario.ts';

export { watchdog } from '../../../k6/lib/scenario.ts';

const plan = planOf('ramp');

export const options = optionsOf(plan);
export const setup = (): never => {
  throw new Error('no');
};
export const iteration = iterationOf(plan);
export const handleSummary = summaryOf(plan);
