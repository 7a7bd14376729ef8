/** Produces events one after the other, and says on stdout which of them Redis has: `node producer.mjs <redis> <site id> <first>`. */
import { createProducer } from '../../../dist/producer/index.js';

const [redis, workspace, first] = process.argv.slice(2);
const producer = createProducer({ redis, workspace, timeoutMs: 60_000 });
for (let n = Number(first); ; n++) {
  const taken = producer.track('7', 'step', { n }).then(() => process.stdout.write(`${n}\n`));
  if (n % 200 === 199) await taken;
}
