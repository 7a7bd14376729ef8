/** Rows per second of CPU time (collector included) of the mapping alone: `npx tsc -p bench/tsconfig.json && node .cache/bench/js/bench/mapping.js`. */
import { createHash } from 'node:crypto';
import type { RawRow, RowBlock } from '../src/domain/block.ts';
import type { SourceLayout } from '../src/domain/plan.ts';
import type { PlanOptions } from '../src/mapping/plan/plan-options.ts';
import { inferPlan } from '../src/mapping/plan/plan.ts';
import { createPreparer } from '../src/mapping/rows/prepare.ts';

const ROWS_PER_BLOCK = 4_000;
const BLOCKS = Number(process.env['BLOCKS'] ?? 100);
const ROUNDS = 3;

const people = (i: number): string[] => [
  `user-${i}`,
  `person${i}@example.com`,
  `First${i % 97}`,
  i % 3 === 0 ? 'pro' : 'free',
  String(i % 1000),
  '2025-03-04T10:11:12Z',
];
const event = (i: number): string[] => [
  `user-${i % 50_000}`,
  'Order Completed',
  `2025-03-04T10:${String(i % 60).padStart(2, '0')}:12Z`,
  `sku-${i}`,
  String(i % 500),
  'EUR',
];
const PEOPLE = ['id', 'email', 'first_name', 'plan', 'score', 'created_at'];
const EVENTS = ['user_id', 'event', 'timestamp', 'sku', 'amount', 'currency'];

const asJson = (header: readonly string[], cells: readonly string[]): RawRow => ({
  json: Object.fromEntries(
    header.map((name, index) => [name, name === 'score' || name === 'amount' ? Number(cells[index]) : cells[index]]),
  ),
});

function run(
  title: string,
  header: readonly string[],
  isJson: boolean,
  row: (i: number) => RawRow,
  options: PlanOptions,
): void {
  const layout: SourceLayout = {
    path: '/bench',
    format: isJson ? 'ndjson' : 'csv',
    compression: 'none',
    encoding: 'utf-8',
    delimiter: ',',
    jsonArray: false,
    headerBytes: 0,
    headerLines: 1,
    header: isJson ? [] : header,
  };
  const { plan } = inferPlan(
    layout,
    Array.from({ length: 1_000 }, (_, i) => row(i)),
    options,
  );
  let best = 0;
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const preparer = createPreparer({
      layout,
      plan,
      identity: { target: 'site', dataset: 'bench', clockMs: 1_700_000_000_000 },
      skipRows: 0,
      recent: { policy: 'allow', sinceSeconds: 0 },
    });
    let ms = 0;
    bytes = 0;
    for (let block = 0; block < BLOCKS; block++) {
      const rows = Array.from({ length: ROWS_PER_BLOCK }, (_, i) => row(block * ROWS_PER_BLOCK + i));
      const position = { row: block * ROWS_PER_BLOCK, line: 0, offset: 0, hash: createHash('sha256').digest('hex') };
      const input: RowBlock = { start: position, end: position, raw: new Uint8Array(), rows, isLast: false };
      const before = process.cpuUsage();
      bytes += preparer.prepare(input).operations.body.length;
      const { user, system } = process.cpuUsage(before);
      ms += (user + system) / 1000;
    }
    best = Math.max(best, (BLOCKS * ROWS_PER_BLOCK * 1000) / ms);
  }
  console.log(
    `${title.padEnd(34)} ${Math.round(best).toLocaleString('en').padStart(10)} rows/s   ${Math.round(bytes / (BLOCKS * ROWS_PER_BLOCK))} bytes an operation`,
  );
}

run('people, CSV', PEOPLE, false, people, {});
run('people, CSV, non-ASCII', PEOPLE, false, (i) => people(i).with(2, `Zoë ${i} 日本`), {});
run('people, CSV, v1', PEOPLE, false, people, { api: 'v1' });
run('people, NDJSON', PEOPLE, true, (i) => asJson(PEOPLE, people(i)), {});
run('events, CSV', EVENTS, false, event, {});
run('events, NDJSON', EVENTS, true, (i) => asJson(EVENTS, event(i)), {});
run(
  'events, NDJSON track',
  EVENTS,
  true,
  (i) => ({
    json: {
      type: 'track',
      userId: `user-${i}`,
      event: 'Order',
      timestamp: '2025-03-04T10:11:12Z',
      properties: { sku: `sku-${i}`, amount: i, currency: 'EUR' },
    },
  }),
  {},
);
run(
  'events, NDJSON v2 operations',
  EVENTS,
  true,
  (i) => ({
    json: {
      type: 'person',
      identifiers: { id: `user-${i}` },
      action: 'event',
      name: 'Order',
      timestamp: 1_741_083_072,
      attributes: { sku: `sku-${i}`, amount: i },
    },
  }),
  {},
);
