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
