/** The first two stages of an import alone, in one thread: `read-and-prepare.js <file>`. Prints how many rows it prepared. */
import { basename } from 'node:path';
import { preparedChunks } from '../src/reading/prepared-chunks.ts';
import type { RawRow } from '../src/domain/block.ts';
import { openBlocks } from '../src/input/records/blocks.ts';
import { detectLayout } from '../src/input/detect/layout.ts';
import { inferPlan } from '../src/mapping/plan/plan.ts';

const SAMPLE_ROWS = 1000;

const path = process.argv[2] ?? '';
const layout = await detectLayout(path, { format: 'auto', delimiter: 'auto', encoding: 'auto' });
const sample: RawRow[] = [];
for await (const block of openBlocks(layout, null)) {
  sample.push(...block.rows.slice(0, SAMPLE_ROWS - sample.length));
  if (sample.length >= SAMPLE_ROWS) break;
}
const { plan } = inferPlan(layout, sample, {});
let rows = 0;
for await (const { chunk } of preparedChunks({
  layout,
  plan,
  identity: { target: 'bench', dataset: basename(path), clockMs: Date.now() },
  timesFrom: 0,
  from: null,
  skipRows: 0,
  recent: { policy: 'allow', sinceSeconds: 0 },
  follow: false,
  name: basename(path),
  rowsMax: null,
}))
  rows += chunk.operations.count;
console.log(rows);
