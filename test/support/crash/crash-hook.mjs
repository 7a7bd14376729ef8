// Preloaded by tests (`node --import`): kills the process at the k-th time it comes to a named place. The variables are
// read here and nowhere else.
//   CIO_BULK_TEST_CRASH         "<point>:<k>"
import { subscribe } from 'node:diagnostics_channel';

const target = process.env['CIO_BULK_TEST_CRASH'];
const hits = new Map();

function hit(point) {
  hits.set(point, (hits.get(point) ?? 0) + 1);
  if (`${point}:${hits.get(point)}` !== target) return;
  process.kill(process.pid, 'SIGKILL');
  for (;;); // not one more step, however late the signal arrives
}

globalThis[Symbol.for('cio-bulk.crash-point')] = hit;
subscribe('undici:request:bodySent', () => hit('bytes left'));
subscribe('undici:request:headers', () => hit('answer begun'));
