/** What a user waits for when there is little to do. Without the probe, which would take part in it. */
import type { Context } from './context.ts';
import { inputFile } from './files.ts';
import { CLI } from './paths.ts';
import { cliEnvironment, importArgs } from './programs.ts';
import { assertExit, inFolder, startNode } from './processes.ts';
import { median } from './results.ts';

const HELP_RUNS = 15;
const IMPORT_RUNS = 9;
const TEN_ROWS = 10;

/** The two take turns, so that what else the machine does meets both. */
export async function help({ collect }: Context): Promise<void> {
  const helpMs: number[] = [];
  const nodeMs: number[] = [];
  await inFolder(async (cwd) => {
    for (let i = 0; i < HELP_RUNS; i++) {
      helpMs.push(await wallMs([CLI, '--help'], cwd));
      nodeMs.push(await wallMs(['-e', '0'], cwd));
    }
  });
  collect.finding('help', 'cio-bulk --help', median(helpMs), 'ms', 'lower', {
    what: '1.8 x node -e 0',
    value: 1.8 * median(nodeMs),
  });
}

async function wallMs(args: readonly string[], cwd: string): Promise<number> {
  const ended = await startNode(args, { cwd }).ended;
  assertExit(ended, 0, args);
  return ended.endedAt - ended.startedAt;
}

/** Ten rows at default settings: from the start to the first request and the first batch, and from the last byte to the exit. */
export async function smallFile({ sink, collect }: Context): Promise<void> {
  const file = await inputFile({ kind: 'people', format: 'csv', rows: TEN_ROWS });
  const first: number[] = [];
  const firstBatch: number[] = [];
  const end: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < IMPORT_RUNS; i++) {
    await inFolder(async (folder) => {
      await sink.reset({ latencyMs: 0, countRows: true });
      const args = importArgs(file, folder, []);
      const { startedAt, endedAt, ...ended } = await startNode(args, { cwd: folder, env: cliEnvironment(sink) }).ended;
      assertExit({ startedAt, endedAt, ...ended }, 0, args);
      const { rows, firstRequestAt, firstWriteAt, lastWriteAt } = await sink.counts();
      if (rows !== TEN_ROWS || firstRequestAt === null || firstWriteAt === null || lastWriteAt === null)
        throw new Error(`${TEN_ROWS} rows were sent, and ${rows} arrived`);
      first.push(firstRequestAt - startedAt);
      firstBatch.push(firstWriteAt - startedAt);
      end.push(endedAt - lastWriteAt);
      whole.push(endedAt - startedAt);
    });
  }
  collect.finding('small', 'ten rows, start to first request', median(first), 'ms', 'lower');
  collect.finding('small', 'ten rows, start to first batch', median(firstBatch), 'ms', 'lower');
  collect.finding('small', 'ten rows, last batch received to exit', median(end), 'ms', 'lower');
  collect.finding('small', 'ten rows, start to exit', median(whole), 'ms', 'lower');
}
