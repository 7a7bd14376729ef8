import type { Context } from './context.ts';
import { inputFile, type Format, type Kind } from './files.ts';
import { measureImport, measureYardstick } from './programs.ts';
import { middleOf, rowsPerSecond, type ProgramFigures } from './results.ts';

const MB = 1e6;
const DEFAULT_RATE = 80;
const BATCH_ROWS = 1000;
/** A request per row is slow: so many rows are enough to know its speed. */
const IDENTIFY_ROWS = 20_000;
const SMALL_ROWS = 100_000;
const TEN_MILLION = 10_000_000;

/** Default settings against a service that takes 100 ms to answer. The sink counts the rows here: there is time. */
export async function defaultSettings({ sink, collect, rows }: Context): Promise<void> {
  const file = await inputFile({ kind: 'people', format: 'csv', rows });
  const run = collect.program(
    'default',
    'cio-bulk import',
    await measureImport({ sink, settings: { latencyMs: 100, countRows: true }, file, rows }),
  );
  // n requests have n - 1 gaps between them
  const share = (run.requests - 1) / (run.sendingSeconds ?? run.wallSeconds) / DEFAULT_RATE;
  const fullness = run.rows / (run.requests * BATCH_ROWS);
  collect.finding(
    'default',
    `share of ${DEFAULT_RATE} requests/s x 1,000 rows`,
    share * fullness * 100,
    '%',
    'higher',
    { what: 'target', value: 97 },
  );
  collect.finding('default', 'start to exit', run.wallSeconds, 's', 'lower', {
    what: '13 s per million',
    value: (13 * rows) / 1e6,
  });
}

/** As fast as it goes, next to what one would write without journal, order and retries. */
export async function unlimited({ sink, collect, rows, repeat }: Context): Promise<void> {
  const cases: [Kind, Format][] = [
    ['people', 'csv'],
    ['events', 'csv'],
    ['people', 'ndjson'],
    ['events', 'ndjson'],
  ];
  for (const [kind, format] of cases) {
    const file = await inputFile({ kind, format, rows });
    const cli = collect.program(
      'unlimited',
      'cio-bulk import',
      await middleOf(repeat, () => measureImport({ sink, file, rows, flags: ['--rate', '0'] })),
    );
    const bare = collect.program(
      'unlimited',
      'bare loop',
      await middleOf(repeat, () => measureYardstick('bare', { sink, file, rows })),
    );
    const name = `${kind} ${format.toUpperCase()}`;
    const speed = rowsPerSecond(cli);
    collect.finding('unlimited', name, speed, 'rows/s', 'higher', {
      what: 'bare loop',
      value: rowsPerSecond(bare),
      isTarget: format === 'csv',
    });
    collect.finding('unlimited', `${name}, start to exit`, rows / cli.wallSeconds, 'rows/s', 'higher', {
      what: 'bare loop',
      value: rows / bare.wallSeconds,
      isTarget: false,
    });
    if (format === 'csv')
      collect.finding('unlimited', name, speed, 'rows/s', 'higher', { what: 'target', value: 150_000 });
    if (kind === 'people' && format === 'csv') await againstSdk({ sink, collect, rows, repeat }, file, speed);
  }
}

async function againstSdk(
  { sink, collect, rows, repeat }: Omit<Context, 'largeRows'>,
  file: string,
  speed: number,
): Promise<void> {
  const few = Math.min(rows, IDENTIFY_ROWS);
  const identify = collect.program(
    'unlimited',
    'customerio-node identify',
    await middleOf(repeat, () => measureYardstick('sdk-identify', { sink, file, rows: few })),
  );
  const batch = collect.program(
    'unlimited',
    'customerio-node batch',
    await middleOf(repeat, () => measureYardstick('sdk-batch', { sink, file, rows })),
  );
  collect.finding('unlimited', 'people CSV', speed, 'rows/s', 'higher', {
    what: '30 x customerio-node identify',
    value: 30 * rowsPerSecond(identify),
  });
  collect.finding('unlimited', 'people CSV', speed, 'rows/s', 'higher', {
    what: 'customerio-node batch',
    value: rowsPerSecond(batch),
    isTarget: false,
  });
}

const perRow = (run: ProgramFigures, startSeconds: number): number =>
  ((run.cpuSeconds - startSeconds) * 1e6) / run.rows;
const byCpu = (run: ProgramFigures): number => run.cpuSeconds;

/** Does a row of a large file cost what a row of a small one does? */
export async function growth({ sink, collect, largeRows }: Context): Promise<void> {
  const flags = ['--rate', '0'];
  const largeFile = await inputFile({ kind: 'people', format: 'csv', rows: largeRows });
  const smallFile = await inputFile({ kind: 'people', format: 'csv', rows: SMALL_ROWS });
  const tinyFile = await inputFile({ kind: 'people', format: 'csv', rows: 10 });
  const tiny = collect.program(
    'growth',
    'cio-bulk import',
    await middleOf(5, () => measureImport({ sink, file: tinyFile, rows: 10, flags }), byCpu),
  );
  const small = collect.program(
    'growth',
    'cio-bulk import',
    await middleOf(5, () => measureImport({ sink, file: smallFile, rows: SMALL_ROWS, flags }), byCpu),
  );
  const large = collect.program(
    'growth',
    'cio-bulk import',
    await measureImport({ sink, file: largeFile, rows: largeRows, flags }),
  );
  const names = `${millions(largeRows)} rows`;
  collect.finding('growth', `CPU per row, ${names}`, perRow(large, 0), 'us/row', 'lower', {
    what: '1.05 x that of 100 k',
    value: 1.05 * perRow(small, 0),
  });
  collect.finding(
    'growth',
    `CPU per row, ${names}, without the start`,
    perRow(large, tiny.cpuSeconds),
    'us/row',
    'lower',
    {
      what: '1.05 x that of 100 k',
      value: 1.05 * perRow(small, tiny.cpuSeconds),
    },
  );
  collect.finding('growth', `peak RSS, ${names}`, large.peakRssBytes / MB, 'MB', 'lower', {
    what: '1.15 x that of 100 k',
    value: (1.15 * small.peakRssBytes) / MB,
  });
  collect.finding('growth', `peak RSS, ${names}`, large.peakRssBytes / MB, 'MB', 'lower', {
    what: 'target of 10 M',
    value: 200,
    isTarget: largeRows >= TEN_MILLION,
  });
  collect.finding('growth', `journal, ${names}`, (large.journalBytes ?? 0) / MB, 'MB', 'lower', {
    what: 'target of 10 M',
    value: 5,
  });
}

export function millions(rows: number): string {
  return rows >= 1e6 ? `${rows / 1e6} M` : `${rows / 1e3} k`;
}
