// A process that asks a shared budget for starts, as fast as it gives them, and writes down when each came: milliseconds of the clock that
// all processes of a machine share. SIGUSR2 is a 429 to it.
//   node sender.mjs '{"port":6379,"rate":80,"forMs":5000,"callers":15}'
import { setMaxListeners } from 'node:events';
import { createPacer } from '../../../dist/api/pacer.js';
import { openSharedBudget } from '../../../dist/fleet/open.js';
import { redisPlace } from '../../../dist/fleet/redis-url.js';
import { processHost } from '../../../dist/host.js';

const { port, rate, forMs, callers = 15 } = JSON.parse(process.argv[2]);
const { clock } = processHost();
const ending = new AbortController();
setMaxListeners(0, ending.signal);
const { budget, close } = await openSharedBudget({
  place: redisPlace(`redis://127.0.0.1:${port}`, 'test'),
  prefix: '{cio:test}',
  rate,
  defaultRate: rate,
  setRate: false,
  maxAttempts: 5,
  maxOutageMs: 60_000,
  fallback: undefined,
  lastStartAgoMs: undefined,
  clock,
  stopping: ending.signal,
  onAway: ({ message }) => process.stdout.write(`away ${message}\n`),
  onBack: () => process.stdout.write('back\n'),
});
const pacer = createPacer({ budget, rowsPerSecond: 0, clock });
process.on('SIGUSR2', () => {
  pacer.slowDown(1_000);
  process.stdout.write('slowed down\n');
});
setTimeout(() => ending.abort(), forMs);

async function call() {
  while (!ending.signal.aborted) {
    await pacer.start(1, false, ending.signal);
    if (!ending.signal.aborted) process.stdout.write(`start ${Number(process.hrtime.bigint()) / 1e6}\n`);
  }
}
process.stdout.write('ready\n');
await Promise.all(Array.from({ length: callers }, call));
close();
process.stdin.destroy();
