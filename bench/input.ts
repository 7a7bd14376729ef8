/** Measures the reading of a file (its path is the argument): `npx tsc -p bench/tsconfig.json && node .cache/bench/js/bench/input.js <file>`. */
import { statSync } from 'node:fs';
import { openBlocks } from '../src/input/records/blocks.ts';
import { detectLayout } from '../src/input/detect/layout.ts';
import type { Position } from '../src/domain/chunk.ts';

const path = process.argv[2] ?? 'fixtures/users.csv';
const layout = await detectLayout(path, { format: 'auto', delimiter: 'auto', encoding: 'auto' });
const bytes = statSync(path).size;

let rows = 0;
let blocks = 0;
let peakBytes = 0;
let last: Position | null = null;
const startedAt = performance.now();
for await (const block of openBlocks(layout, null)) {
  rows += block.rows.length;
  blocks += 1;
  last = block.end;
  if (blocks % 50 === 0) peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  `read    ${rows} rows in ${blocks} blocks, ${Math.round(rows / seconds / 1000)}k rows/s, ${Math.round(bytes / seconds / 1e6)} MB/s, peak ${Math.round(peakBytes / 1e6)} MB`,
);

const resumedAt = performance.now();
for await (const block of openBlocks(layout, last)) rows += block.rows.length;
const verifySeconds = (performance.now() - resumedAt) / 1000;
console.log(`verify  ${Math.round(bytes / verifySeconds / 1e6)} MB/s`);
