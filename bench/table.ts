import type { Finding, ProgramResult, Results, Unit } from './results.ts';
import { rowsPerSecond } from './results.ts';

/** Two parts: what every program took, and what it means next to targets and yardsticks. */
export function resultTable({ machine, options, programs, findings }: Results): string {
  const head = `${machine.cores} cores, Node ${machine.node}, ${count(options.rows)} rows (large file: ${count(options.largeRows)}), the middle of ${options.repeat}`;
  const first =
    programs.length === 0
      ? []
      : [
          '',
          columns(
            [
              'program',
              'file',
              'rows',
              'rows/s sending',
              'rows/s in all',
              'CPU s',
              'us/row',
              'peak MB',
              'journal kB',
              'requests',
            ],
            programs.map(programCells),
            2,
          ),
        ];
  const second =
    findings.length === 0
      ? []
      : ['', columns(['measurement', 'what', 'value', 'against', '', 'ratio', ''], findings.map(findingCells), 2)];
  return [head, ...first, ...second].join('\n');
}

function programCells(result: ProgramResult): string[] {
  const { program, file, rows, wallSeconds, sendingSeconds, cpuSeconds, peakRssBytes, journalBytes, requests } = result;
  return [
    program,
    file.replace(/-seed\d+-v\d+/, ''),
    count(rows),
    sendingSeconds === null ? '' : count(rowsPerSecond(result)),
    count(rows / wallSeconds),
    cpuSeconds.toFixed(2),
    ((cpuSeconds * 1e6) / rows).toFixed(2),
    (peakRssBytes / 1e6).toFixed(0),
    journalBytes === null ? '' : count(journalBytes / 1000),
    requests === 0 ? '' : count(requests),
  ];
}

function findingCells({ measurement, name, value, unit, against, ratio, isReached }: Finding): string[] {
  return [
    measurement,
    name,
    amount(value, unit),
    against ? amount(against.value, unit) : '',
    against?.what ?? '',
    ratio === null ? '' : `${ratio.toFixed(2)} x`,
    isReached === null ? '' : isReached ? 'reached' : 'MISSED',
  ];
}

function amount(value: number, unit: Unit): string {
  if (unit === 'rows/s') return `${count(value)} ${unit}`;
  return `${value.toFixed(unit === 'ms' ? 0 : 2)} ${unit}`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Text to the left, numbers to the right. The first `textColumns` columns are text, and so is what holds letters only. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[], textColumns: number): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isText = (i: number): boolean =>
    i < textColumns || head[i] === '' || rows.every((row) => !/^[\d-]/.test(row[i] ?? ''));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
