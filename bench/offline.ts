import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from './context.ts';
import { inputFile } from './files.ts';
import { CLI, READ_AND_PREPARE } from './paths.ts';
import { inFolder, measureNode } from './processes.ts';
import { middleOf, type ProgramFigures } from './results.ts';

/** `validate` reads and prepares every row: it must take no longer than these two stages of an import. */
export async function validate({ collect, rows, repeat }: Context): Promise<void> {
  const file = await inputFile({ kind: 'people', format: 'csv', rows });
  const stages = collect.program(
    'validate',
    'read and prepare',
    await middleOf(repeat, () => measure([READ_AND_PREPARE, file], rows)),
  );
  const command = collect.program(
    'validate',
    'cio-bulk validate',
    await middleOf(repeat, () => measure([CLI, 'validate', file, '--quiet'], rows)),
  );
  collect.finding('validate', 'people CSV, start to exit', command.wallSeconds, 's', 'lower', {
    what: 'read and prepare',
    value: stages.wallSeconds,
  });
  collect.finding('validate', 'people CSV, CPU', command.cpuSeconds, 's', 'lower', {
    what: 'read and prepare',
    value: stages.cpuSeconds,
    isTarget: false,
  });
}

const STEPS = {
  null_values: ['-'],
  trim: true,
  strip_prefix: "'",
  values: { A: 'active', I: 'inactive' },
  default: 'none',
};
const COLUMNS = Array.from('abcdefghij');

/** Five value steps on each of ten columns, beside the same columns without any: at most twice the time. */
export async function steps({ collect, rows, repeat }: Context): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'ten.csv');
    writeFileSync(file, `id,${COLUMNS.join(',')}\n`);
    for (let row = 0; row < rows; row += 10_000)
      appendFileSync(
        file,
        Array.from({ length: Math.min(10_000, rows - row) }, (_, i) => tenColumns(row + i)).join(''),
      );
    const map = (name: string, column: object): string => {
      const path = join(folder, name);
      writeFileSync(
        path,
        JSON.stringify({ columns: Object.fromEntries(COLUMNS.map((key) => [key, { type: 'string', ...column }])) }),
      );
      return path;
    };
    const run = (path: string) =>
      middleOf(repeat, () => measure([CLI, 'validate', file, '--map', path, '--quiet'], rows));
    const without = collect.program('steps', 'ten columns', await run(map('none.json', {})));
    const five = collect.program('steps', 'five steps on each', await run(map('five.json', STEPS)));
    for (const [what, key] of [
      ['start to exit', 'wallSeconds'],
      ['CPU', 'cpuSeconds'],
    ] as const)
      collect.finding('steps', `five steps on ten columns, ${what}`, five[key], 's', 'lower', {
        what: 'twice that of no step',
        value: 2 * without[key],
      });
  });
}

function tenColumns(row: number): string {
  return `u${row}, value ${row % 97} ,'007${row},yes,2025-03-04T10:11:12Z,text ${row},A,1${row % 10}.5,-,city ${row % 50},n${row}\n`;
}

async function measure(args: readonly string[], rows: number): Promise<ProgramFigures> {
  return inFolder(async (folder) => {
    const { startedAt, endedAt, cpuSeconds, peakRssBytes, stdout } = await measureNode(args, { cwd: folder });
    if (!stdout.replaceAll(/[,\s]/g, '').includes(String(rows)))
      throw new Error(`${args.join(' ')} says nothing of ${rows} rows: ${stdout.slice(-1000)}`);
    return {
      file: String(
        args
          .find((arg) => arg.endsWith('.csv'))
          ?.split(/[/\\]/)
          .pop(),
      ),
      rows,
      wallSeconds: (endedAt - startedAt) / 1000,
      sendingSeconds: null,
      cpuSeconds,
      peakRssBytes,
      journalBytes: null,
      requests: 0,
      bodyBytes: 0,
    };
  });
}
