/**
 * Measures the real program and prints one table: `npm run bench -- [flags]`. See docs/performance.md.
 * Ends with 1 when a program fails or a row is missing; a missed target is shown and is no failure of the benchmark.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { cleanup } from './cleanup.ts';
import type { Measurement } from './context.ts';
import { resume, retryFailed } from './interrupted.ts';
import { fleet } from './fleet.ts';
import { help, smallFile } from './latency.ts';
import { steps, validate } from './offline.ts';
import { createCollector, type Results } from './results.ts';
import { startSink } from './sink-process.ts';
import { resultTable } from './table.ts';
import { defaultSettings, growth, unlimited } from './throughput.ts';

const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  help,
  small: smallFile,
  default: defaultSettings,
  unlimited,
  growth,
  resume,
  retry: retryFailed,
  validate,
  steps,
  cleanup,
  fleet,
};

const USAGE = `npm run bench -- [flags]

  --only <name,...>   ${Object.keys(MEASUREMENTS).join(', ')} (default: all)
  --rows <n>          rows of the usual file, such as 100k, 1m, 10m (default 1m)
  --full              ten million rows for growth, resume and retry (default: as --rows)
  --repeat <n>        run what is compared by speed so often, and take the middle one (default 1)
  --json <file>       write the results, for: node .cache/bench/js/bench/compare.js before.json after.json`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rows: { type: 'string', default: '1m' },
    full: { type: 'boolean', default: false },
    repeat: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await bench();

async function bench(): Promise<void> {
  const only = values.only?.split(',') ?? Object.keys(MEASUREMENTS);
  const unknown = only.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
  if (unknown.length > 0)
    throw new Error(`--only knows ${Object.keys(MEASUREMENTS).join(', ')}, and not ${unknown.join(', ')}`);
  const rows = rowCount(values.rows);
  const largeRows = values.full ? 10_000_000 : rows;
  const repeat = Math.max(1, Math.floor(Number(values.repeat)) || 1);
  const collect = createCollector();
  const sink = await startSink();
  try {
    for (const name of only) {
      const startedAt = performance.now();
      try {
        await MEASUREMENTS[name]?.({ sink, collect, rows, largeRows, repeat });
        console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      } catch (error) {
        // the others still have something to say
        process.exitCode = 1;
        console.error(`${name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await sink.stop();
  }
  const results: Results = {
    machine: { cores: availableParallelism(), node: process.versions.node },
    options: { rows, largeRows, repeat, only },
    programs: collect.programs,
    findings: collect.findings,
  };
  console.log(resultTable(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

function rowCount(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([km]?)$/i.exec(text) ?? [];
  const rows = Number(digits) * (unit.toLowerCase() === 'k' ? 1e3 : unit.toLowerCase() === 'm' ? 1e6 : 1);
  if (digits === '' || rows < 20_000) throw new Error('--rows must be a number such as 100k or 1m, and at least 20k');
  return rows;
}
