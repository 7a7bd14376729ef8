/** Two results as ratios, second over first: `node .cache/bench/js/bench/compare.js before.json after.json`. */
import { readFileSync } from 'node:fs';
import type { Finding, ProgramResult, Results } from './results.ts';
import { rowsPerSecond } from './results.ts';
import { columns } from './table.ts';

const [beforePath, afterPath] = process.argv.slice(2);
if (beforePath === undefined || afterPath === undefined) throw new Error('two files that --json wrote are needed');
const before = read(beforePath);
const after = read(afterPath);

for (const [what, results] of [
  ['before', before],
  ['after', after],
] as const)
  console.log(
    `${what}: ${results.machine.cores} cores, Node ${results.machine.node}, ${results.options.rows} rows, large ${results.options.largeRows}, the middle of ${results.options.repeat}`,
  );

const programKey = ({ measurement, program, file }: ProgramResult): string =>
  `${measurement}: ${program}, ${file.replace(/-seed\d+-v\d+/, '')}`;
const programRows = before.programs.flatMap((old) => {
  const now = after.programs.find((result) => programKey(result) === programKey(old));
  if (!now) return [];
  return [
    [
      programKey(old),
      ratio(rowsPerSecond(now), rowsPerSecond(old)),
      ratio(now.cpuSeconds, old.cpuSeconds),
      ratio(now.peakRssBytes, old.peakRssBytes),
      ratio(now.journalBytes, old.journalBytes),
    ],
  ];
});
if (programRows.length > 0)
  console.log(`\n${columns(['program', 'rows/s', 'CPU s', 'peak RSS', 'journal'], programRows, 1)}`);

const findingKey = ({ measurement, name, against }: Finding): string =>
  `${measurement}: ${name}${against ? ` (against ${against.what})` : ''}`;
const findingRows = before.findings.flatMap((old) => {
  const now = after.findings.find((finding) => findingKey(finding) === findingKey(old));
  if (!now) return [];
  const change = now.value / old.value;
  const verdict = Math.abs(change - 1) < 0.02 ? 'same' : change > 1 === (old.better === 'higher') ? 'better' : 'worse';
  return [[findingKey(old), ratio(now.value, old.value), ratio(old.ratio, 1), ratio(now.ratio, 1), verdict]];
});
if (findingRows.length > 0)
  console.log(`\n${columns(['finding', 'value', 'ratio before', 'ratio after', ''], findingRows, 1)}`);

function read(path: string): Results {
  return JSON.parse(readFileSync(path, 'utf8')) as Results;
}

function ratio(a: number | null, b: number | null): string {
  return a === null || b === null || b === 0 ? '' : `${(a / b).toFixed(2)} x`;
}
